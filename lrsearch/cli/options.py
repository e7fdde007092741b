"""The options of the command line that say what to search with."""

from __future__ import annotations

from typing import Annotated, Any, NamedTuple

import typer

from lrsearch.rate import Rate
from lrsearch.search import Search
from lrsearch.searches import DigitSearch, GridSearch, RandomSearch

__all__ = [
    "Budget", "Digits", "Direction", "Epochs", "First", "Grid", "High", "Keep", "Low", "MaxEpochs",
    "Paper", "Random", "Repeats", "SearchOptions", "Seed", "needs_epochs",
]  # fmt: skip

_DIGITS, _RACE, _LISTS = "Digit by digit", "On a budget of epochs", "The paper, and baselines"

Digits = Annotated[
    str | None,
    typer.Option(
        metavar="N", help='Places to refine, or "auto".  [default: 3]', rich_help_panel=_DIGITS
    ),
]
Keep = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        help="Rates of a round that produce the next.  [default: 2]",
        rich_help_panel=_DIGITS,
    ),
]
Epochs = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        help="Epochs of each trial; with --grid and --random too.  [default: 50]",
        rich_help_panel=_DIGITS,
    ),
]
First = Annotated[
    str | None,
    typer.Option(
        metavar="RATES",
        help="First rates, with commas between.  [default: 10,1,0.1,…,1e-6]",
        rich_help_panel=_DIGITS,
    ),
]
Repeats = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        help="Trainings of each rate, from different inits.  [default: 1]",
        rich_help_panel=_DIGITS,
    ),
]
Budget = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        help="Epochs in all; drops rates on early evidence. Needs --max-epochs.",
        rich_help_panel=_RACE,
    ),
]
MaxEpochs = Annotated[
    int | None,
    typer.Option(metavar="N", help="Epochs of one full training.", rich_help_panel=_RACE),
]
Paper = Annotated[
    bool, typer.Option("--paper", help="The paper's search to the letter.", rich_help_panel=_LISTS)
]
Grid = Annotated[
    str | None,
    typer.Option(metavar="RATES", help="These rates, commas between.", rich_help_panel=_LISTS),
]
Random = Annotated[
    int | None,
    typer.Option(metavar="N", help="So many rates at random.", rich_help_panel=_LISTS),
]
Low = Annotated[
    str | None,
    typer.Option(
        metavar="RATE", help="The lowest for --random.  [default: 1e-6]", rich_help_panel=_LISTS
    ),
]
High = Annotated[
    str | None,
    typer.Option(
        metavar="RATE", help="The highest for --random.  [default: 10]", rich_help_panel=_LISTS
    ),
]
Seed = Annotated[
    int | None,
    typer.Option(metavar="N", help="Makes --random repeatable.", rich_help_panel=_LISTS),
]
Direction = Annotated[
    str | None,
    typer.Option(metavar="WAY", help='"minimize" or "maximize" the score.  [default: minimize]'),
]

_OF_ROUNDS = ("epochs", "repeats", "direction")
_FITTING = {
    "digits": ("digits", "keep", "first", *_OF_ROUNDS),
    "paper": ("paper", "digits", "keep", "first", *_OF_ROUNDS),
    "budget": ("budget", "max_epochs", "first", "direction"),
    "grid": ("grid", *_OF_ROUNDS),
    "random": ("random", "low", "high", "seed", *_OF_ROUNDS),
}


class SearchOptions(NamedTuple):
    """The options as they were given; None or False for those that were not."""

    digits: str | None = None
    keep: int | None = None
    epochs: int | None = None
    first: str | None = None
    repeats: int | None = None
    budget: int | None = None
    max_epochs: int | None = None
    paper: bool = False
    grid: str | None = None
    random: int | None = None
    low: str | None = None
    high: str | None = None
    seed: int | None = None
    direction: str | None = None

    @property
    def given(self) -> dict[str, Any]:
        """Those that were given."""
        return {k: v for k, v in self._asdict().items() if v is not None and v is not False}

    def search(self, stored: dict[str, Any] | None = None) -> Search:
        """The search that they describe.

        Parameters
        ----------
        stored : dict, optional
            The configuration of the study that exists. Its seed is taken where none was given.

        Raises
        ------
        typer.BadParameter
            If they do not fit each other, or a value is not right.

        Examples
        --------
        >>> SearchOptions(grid="0.1,0.01", epochs=3).search().config()["rates"]
        ['0.1', '0.01']
        """
        given = self.given
        kind = next(
            (name for name in ("budget", "paper", "grid", "random") if name in given), "digits"
        )
        misfits = [_flag(name) for name in given if name not in _FITTING[kind]]
        if misfits:
            raise typer.BadParameter(f"{', '.join(misfits)} does not go with {_named(kind)}")
        changes = {k: v for k, v in given.items() if k not in ("budget", "paper", "grid", "random")}
        if "first" in changes:
            changes["first"] = _rates(changes["first"])
        if "digits" in changes and changes["digits"] != "auto":
            if not changes["digits"].isdecimal():
                raise typer.BadParameter(
                    f'--digits has to be a whole number or "auto", got {changes["digits"]}'
                )
            changes["digits"] = int(changes["digits"])
        if kind == "random" and "seed" not in changes and (stored or {}).get("seed") is not None:
            changes["seed"] = (stored or {})["seed"]
        try:
            if kind == "budget":
                return self._race(changes)
            if kind == "grid":
                return GridSearch(_rates(given["grid"]), **changes)
            if kind == "random":
                return RandomSearch(given["random"], **changes)
            return (DigitSearch.paper if kind == "paper" else DigitSearch)(**changes)
        except (ValueError, TypeError) as error:
            raise typer.BadParameter(str(error)) from error

    def _race(self, changes: dict[str, Any]) -> Search:
        if self.max_epochs is None:
            raise typer.BadParameter("--budget needs --max-epochs: the length of a full training")
        from lrsearch.searches import DigitRace

        return DigitRace(self.budget, **changes)  # type: ignore[arg-type]


def needs_epochs(config: dict[str, Any]) -> str | None:
    """Why a program has to be told how long to train; None where every trial takes as long.

    Examples
    --------
    >>> needs_epochs(SearchOptions(grid="0.1,0.01").search().config()) is None
    True
    >>> needs_epochs(SearchOptions(grid="0.1,0").search().config())
    'rate 0 gets 1 epoch'
    """
    if config.get("search") == "DigitRace":
        return "a race hands out legs of different lengths"
    rates = {"DigitSearch": "first", "GridSearch": "rates"}.get(config.get("search", ""))
    if rates is not None and config["epochs"] > 1 and not all(map(Rate, config[rates])):
        return "rate 0 gets 1 epoch"
    return None


def _rates(text: str) -> list[str]:
    return text.replace(",", " ").split()


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")


def _named(kind: str) -> str:
    return "a search digit by digit" if kind == "digits" else _flag(kind)

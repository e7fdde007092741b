"""The options of the command line that say what to search with."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from typing import Annotated, Any, get_type_hints

import typer

from lrsearch.search import Search
from lrsearch.searches import DigitSearch, GridSearch, RandomSearch

__all__ = ["SearchOptions", "takes_search_options"]

_OF_ROUNDS = ("epochs", "repeats", "direction")
_FITTING = {
    "digits": ("digits", "keep", "first", *_OF_ROUNDS),
    "paper": ("paper", "digits", "keep", "first", *_OF_ROUNDS),
    "budget": ("budget", "max_epochs", "prior", "first", "direction"),
    "grid": ("grid", *_OF_ROUNDS),
    "random": ("random", "low", "high", "seed", *_OF_ROUNDS),
}


def _option(metavar: str | None, text: str, *flags: str, panel: str | None = None) -> Any:
    return typer.Option(*flags, metavar=metavar, help=text, rich_help_panel=panel)


_digits = functools.partial(_option, panel="Digit by digit")
_race = functools.partial(_option, panel="On a budget of epochs")
_lists = functools.partial(_option, panel="The paper, and baselines")


@dataclass(frozen=True)
class SearchOptions:
    """The options as they were given; None or False for those that were not."""

    digits: Annotated[str | None, _digits("N", 'Places to refine, or "auto".  [default: 3]')] = None
    keep: Annotated[
        int | None, _digits("N", "Rates of a round that produce the next.  [default: 2]")
    ] = None
    epochs: Annotated[
        int | None,
        _digits("N", "Epochs of each trial; with --grid and --random too.  [default: 50]"),
    ] = None
    first: Annotated[
        str | None,
        _digits("RATES", "First rates, with commas between.  [default: 10,1,0.1,…,1e-6]"),
    ] = None
    repeats: Annotated[
        int | None, _digits("N", "Trainings of each rate, from different inits.  [default: 1]")
    ] = None
    budget: Annotated[
        int | None,
        _race("N", "Epochs in all; drops rates on early evidence. Needs --max-epochs."),
    ] = None
    max_epochs: Annotated[int | None, _race("N", "Epochs of one full training.")] = None
    prior: Annotated[
        str | None, _race("RATE", "A rate to begin with, believed within a factor of ten.")
    ] = None
    paper: Annotated[bool, _lists(None, "The paper's search to the letter.", "--paper")] = False
    grid: Annotated[str | None, _lists("RATES", "These rates, commas between.")] = None
    random: Annotated[int | None, _lists("N", "So many rates at random.")] = None
    low: Annotated[str | None, _lists("RATE", "The lowest for --random.  [default: 1e-6]")] = None
    high: Annotated[str | None, _lists("RATE", "The highest for --random.  [default: 10]")] = None
    seed: Annotated[int | None, _lists("N", "Makes --random repeatable.")] = None
    direction: Annotated[
        str | None,
        _option("WAY", '"minimize" or "maximize" the score.  [default: minimize]'),
    ] = None

    @property
    def given(self) -> dict[str, Any]:
        """Those that were given."""
        return {k: v for k, v in asdict(self).items() if v is not None and v is not False}

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


def takes_search_options(command: Callable[..., None]) -> Callable[..., None]:
    """The command as typer is to see it: its parameter `options` is each of `SearchOptions`.

    Examples
    --------
    >>> @takes_search_options
    ... def show(options: SearchOptions) -> None:
    ...     print(options.given)
    >>> show(digits="2", epochs=20)
    {'digits': '2', 'epochs': 20}
    >>> list(inspect.signature(show).parameters)[:3]
    ['digits', 'keep', 'epochs']
    """
    hints = get_type_hints(SearchOptions, include_extras=True)
    options = [
        inspect.Parameter(
            field.name, inspect.Parameter.KEYWORD_ONLY,
            default=field.default, annotation=hints[field.name],
        )
        for field in fields(SearchOptions)
    ]  # fmt: skip
    parameters: list[inspect.Parameter] = []
    for parameter in inspect.signature(command, eval_str=True).parameters.values():
        own = parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY)
        parameters += options if parameter.name == "options" else [own]

    @functools.wraps(command)
    def taken(**values: Any) -> None:
        given = {name: values.pop(name) for name in hints.keys() & values.keys()}
        command(options=SearchOptions(**given), **values)

    taken.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return taken


def _rates(text: str) -> list[str]:
    return text.replace(",", " ").split()


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")


def _named(kind: str) -> str:
    return "a search digit by digit" if kind == "digits" else _flag(kind)

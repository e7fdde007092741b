"""OptunaSearch: any sampler of Optuna as a search, to compare with."""

from __future__ import annotations

import inspect
import math
import secrets
from collections.abc import Mapping
from importlib.metadata import entry_points
from types import ModuleType
from typing import Any

import optuna
from optuna.pruners import BasePruner, NopPruner
from optuna.samplers import BaseSampler
from optuna.trial import TrialState

from lrsearch import Direction, Rate, Search, TrialRecord
from lrsearch.checks import at_least

__all__ = ["OptunaSearch"]

_PARAM = "lr"


class OptunaSearch(Search):
    """Search the learning rate with a sampler of Optuna, on a budget of epochs.

    Parameters
    ----------
    sampler : str, BaseSampler class or BaseSampler
        A class of `optuna.samplers`, or its name ("TPESampler"); or the name under which a package
        registers one of its own in the entry point group ``lrsearch_optuna.samplers``. Another
        class, or a sampler object, serves as well, but nothing that is stored may say what to
        import, and an object's options cannot be known: such a search has no `config`, so that it
        can neither be stored nor replayed.
    pruner : str, BasePruner class or BasePruner, optional
        The same for a pruner, its group ``lrsearch_optuna.pruners``; `report` answers False where
        it prunes.
    budget : int
        Epochs that may be spent in all. The last trial is as short as it has to be. A released
        leg is trained again, which is charged, and may exceed the budget.
    epochs : int
        Epochs of each trial.
    low, high : rate
        The range to draw from, in the logarithm.
    digits : int
        Significant digits that the rates drawn are rounded to.
    direction : {"minimize", "maximize"}
        Whether a smaller or a larger score is better.
    seed : int, optional
        Seeds the sampler, if its class takes a seed. By default one is drawn, and stands in
        `config()`.
    sampler_options, pruner_options : mapping, optional
        Further arguments of the sampler's and the pruner's class, as JSON.

    Notes
    -----
    A trial that has diverged is told to the sampler as an infinite score: a failed one would be
    ignored, and its region tried again and again.

    Examples
    --------
    >>> import math
    >>> search = OptunaSearch("TPESampler", budget=100, epochs=5, seed=1)
    >>> for trial in search:
    ...     search.tell(trial, abs(math.log10(trial.rate / 0.002)))  # your training goes here
    >>> 0.001 < search.rate < 0.004, len(search.trials), search.spent
    (True, 20, 100)
    """

    def __init__(
        self,
        sampler: Any = "TPESampler",
        pruner: Any = None,
        budget: int = 1000,
        epochs: int = 50,
        low: Any = "1e-6",
        high: Any = 10,
        digits: int = 3,
        direction: Direction = "minimize",
        seed: int | None = None,
        sampler_options: Mapping[str, Any] | None = None,
        pruner_options: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(direction)
        self.budget = at_least(1, "budget", budget)
        self.epochs = at_least(1, "epochs", epochs)
        self.low, self.high = Rate(low), Rate(high)
        if not 0 < self.low < self.high:
            raise ValueError(
                f"low has to be above 0 and below high, got {self.low} and {self.high}"
            )
        self.digits = at_least(1, "digits", digits)
        self.seed = secrets.randbits(32) if seed is None else at_least(0, "seed", seed)
        self.sampler_options = dict(sampler_options or {})
        self.pruner_options = dict(pruner_options or {})
        self.sampler, built = _built(
            "sampler", sampler, BaseSampler, self.sampler_options, self.seed
        )
        self.pruner: Any = None
        pruning: BasePruner = NopPruner()
        if pruner is not None:
            self.pruner, pruning = _built("pruner", pruner, BasePruner, self.pruner_options, None)
        self._study = optuna.create_study(direction=direction, sampler=built, pruner=pruning)
        self._asked: dict[int, optuna.Trial] = {}
        self._shown: dict[int, int] = {}
        self._promised: dict[int, int] = {}
        self._round = self._begin_round()

    def config(self) -> dict[str, Any]:
        """The configuration as a JSON object.

        Raises
        ------
        TypeError
            If the sampler or the pruner was given as an object.
        """
        for kind, name in (("sampler", self.sampler), ("pruner", self.pruner)):
            if not isinstance(name, str | None):
                raise TypeError(
                    f"a search over a {kind} object, or a class of one's own "
                    f"({type(name).__name__}), has no configuration: give the name of its class "
                    f"(one of optuna.{kind}s, or an entry point of lrsearch_optuna.{kind}s), and "
                    f"{kind}_options"
                )
        return {
            "search": "OptunaSearch",
            "sampler": self.sampler,
            "pruner": self.pruner,
            "budget": self.budget,
            "epochs": self.epochs,
            "low": str(self.low),
            "high": str(self.high),
            "digits": self.digits,
            "direction": self.direction,
            "seed": self.seed,
            "sampler_options": self.sampler_options,
            "pruner_options": self.pruner_options,
        }

    @property
    def most_epochs(self) -> int:
        """Epochs that the search charges at the most, where no leg is released."""
        return self.budget

    @property
    def rate(self) -> Rate | None:
        """The rate of the best score; None while no trial has one."""
        return None if self.best is None else self.best.rate

    def _propose(self, resume: bool) -> tuple[TrialRecord, int] | None:
        left = self.budget - self.spent - sum(map(self._to_come, self._promised))
        if left <= 0:
            return None
        asked = self._study.ask()
        drawn = asked.suggest_float(_PARAM, float(self.low), float(self.high), log=True)
        rate = min(max(Rate(drawn).rounded(self.digits), self.low), self.high)
        record = self._new_record(rate, 1, 0, self.epochs)
        stop = min(self.epochs, left)
        self._add_rate(rate)
        self._asked[record.number] = asked
        self._shown[record.number] = 0
        self._promised[record.number] = stop
        return record, stop

    def _to_come(self, number: int) -> int:
        record = self.trials[number]
        return self._promised[number] - (record.epoch if record.state == "asked" else 0)

    def _show(self, record: TrialRecord) -> optuna.Trial:
        """Report to Optuna the scores that it has not seen."""
        asked, shown = self._asked[record.number], self._shown[record.number]
        for epoch, score in record.scores.items():
            if epoch > shown and math.isfinite(score):
                asked.report(score, epoch)
        self._shown[record.number] = record.epoch
        return asked

    def _drops(self, record: TrialRecord) -> bool:
        return self.pruner is not None and self._show(record).should_prune()

    def _told(self, record: TrialRecord) -> None:
        asked = self._show(record)
        worst = math.inf if self.direction == "minimize" else -math.inf
        if record.state == "diverged":
            self._study.tell(asked, worst)
        elif record.score is None:
            self._study.tell(asked, state=TrialState.FAIL)
        elif record.state == "stopped":
            self._study.tell(asked, state=TrialState.PRUNED)
        else:
            self._study.tell(asked, record.score)
        del self._asked[record.number], self._shown[record.number], self._promised[record.number]
        if self.spent >= self.budget and not self._promised:
            self._round.kept = () if self.rate is None else (self.rate,)
            self._finish(f"the budget of {self.budget} epochs is spent")


def _built(
    kind: str, given: Any, base: type, options: dict[str, Any], seed: int | None
) -> tuple[Any, Any]:
    """The name of a sampler or a pruner, or the object where it has none; and the object."""
    if isinstance(given, base):
        if options:
            raise ValueError(f"{kind}_options are for a {kind} given by name, got {options}")
        return given, given
    found = _found(kind, given) if isinstance(given, str) else given
    if not (inspect.isclass(found) and issubclass(found, base)):
        raise TypeError(
            f"{kind} has to be an optuna {base.__name__}, its class, or the name of that; "
            f"got {given!r}"
        )
    seeded = seed is not None and "seed" in inspect.signature(found).parameters
    made = found(**({"seed": seed} if seeded else {}), **options)
    if isinstance(given, str):
        return given, made
    own = getattr(_own(kind), found.__name__, None) is found
    return found.__name__ if own else made, made


def _found(kind: str, name: str) -> Any:
    """The class of this name: Optuna's own, or one that an installed package registers."""
    if name in _own(kind).__all__:
        return getattr(_own(kind), name)
    group = f"lrsearch_optuna.{kind}s"
    registered = tuple(entry_points(group=group, name=name))
    if not registered:
        raise ValueError(
            f"no {kind} is called {name!r}: give a class of optuna.{kind}s, or the name of an "
            f"entry point of the group {group!r}"
        )
    return registered[0].load()


def _own(kind: str) -> ModuleType:
    return optuna.samplers if kind == "sampler" else optuna.pruners

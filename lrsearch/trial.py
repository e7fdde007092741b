"""Trials: what a search hands out, and what it remembers of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal, NamedTuple, overload

from lrsearch.rate import Rate

__all__ = [
    "Direction", "Event", "LegState", "Round", "StaleTrial", "State", "Trial", "TrialRecord",
    "Trials",
]  # fmt: skip

Direction = Literal["minimize", "maximize"]
Event = tuple[Any, ...]

State = Literal["asked", "paused", "complete", "stopped", "diverged", "released"]


class StaleTrial(RuntimeError):
    """A leg was told or reported by a worker that it had been taken away from."""


class Trial(NamedTuple):
    """One leg of one rate under evaluation, as handed out by ``ask``; immutable.

    Attributes
    ----------
    number : int
        Which trial, from 0 in the order of first asking.
    leg : int
        How often this trial had been handed out before.
    rate : Rate
        The learning rate to train with.
    round : int
        The round that the rate belongs to, from 1.
    init : int
        The number of the initialisation to start from: equal numbers mean equal weights.
    start_epoch : int
        Epochs that the trial has behind it. 0: start anew from `init`; otherwise: continue from
        the checkpoint that was kept when the trial's last leg ended.
    stop_epoch : int
        Epochs that the trial has behind it when this leg is over.

    Examples
    --------
    >>> trial = Trial(0, 0, Rate("0.001"), 1, 0, 6, 18)
    >>> trial.epochs
    12
    """

    number: int
    leg: int
    rate: Rate
    round: int
    init: int
    start_epoch: int
    stop_epoch: int

    @property
    def epochs(self) -> int:
        """Epochs to train in this leg."""
        return self.stop_epoch - self.start_epoch


class LegState(StrEnum):
    """Whether a leg goes on after an epoch, and if not, why it has ended; true while it goes on.

    Each is also the string that `TrialRecord.state` has once the leg has ended.

    Examples
    --------
    >>> import lrsearch
    >>> race = lrsearch.DigitRace(budget=20, max_epochs=4)
    >>> state = race.report(race.ask(), 0.5)
    >>> bool(state), state is LegState.PAUSED, state == "paused"
    (False, True, True)
    """

    GOING_ON = "going on"
    """The leg has epochs left to train."""
    PAUSED = "paused"
    """All epochs of the leg are in, and the trial may get another one: keep a checkpoint."""
    COMPLETE = "complete"
    """All epochs of the trial are in."""
    STOPPED = "stopped"
    """The trial was ended early, by the search or by its worker."""
    DIVERGED = "diverged"
    """A score was not finite."""

    def __bool__(self) -> bool:
        return self is LegState.GOING_ON


@dataclass(slots=True)
class TrialRecord:
    """What a search knows of one trial. Read it, do not change it.

    Attributes
    ----------
    number, rate, round, init
        As in `Trial`.
    max_epochs : int
        Epochs of the whole trial, over all of its legs.
    state : str
        "asked" (a worker has it), "paused" (it can be continued), "complete" (all epochs in),
        "stopped" (ended early, by its worker or by the search), "diverged" (a score was not
        finite) or "released" (its worker is gone, it will be handed out again).
    legs : int
        How often it was handed out.
    epoch : int
        Epochs of the trial that have been reported.
    checkpoint : int
        Epochs at the end of the last leg that was finished: where the next one starts.
    spent : int
        Epochs charged, those of released legs included.
    scores : dict of int to float
        The score after each validated epoch, counted from 1.
    score : float or None
        The best score; None where there is none, or the trial has diverged.
    standard_error : float or None
        The standard error of the score, where it was told.
    """

    number: int
    rate: Rate
    round: int
    init: int
    max_epochs: int
    state: State = "asked"
    legs: int = 0
    epoch: int = 0
    checkpoint: int = 0
    spent: int = 0
    scores: dict[int, float] = field(default_factory=dict)
    score: float | None = None
    standard_error: float | None = None
    released_legs: tuple[int, ...] = ()


class Trials(Sequence[TrialRecord]):
    """The records of a search's trials, by number: not to be changed, and up to date at any time.

    To get it, or one record of it, costs the same however many trials there are.

    Examples
    --------
    >>> import lrsearch
    >>> search = lrsearch.GridSearch(["0.1", "0.01"])
    >>> trials = search.trials
    >>> trial = search.ask()
    >>> len(trials), trials[trial.number].state
    (1, 'asked')
    """

    __slots__ = ("_records",)

    def __init__(self, records: list[TrialRecord]) -> None:
        self._records = records

    @overload
    def __getitem__(self, index: int) -> TrialRecord: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[TrialRecord]: ...
    def __getitem__(self, index: Any) -> Any:
        found = self._records[index]
        return tuple(found) if isinstance(index, slice) else found

    def __len__(self) -> int:
        return len(self._records)

    def __iter__(self) -> Iterator[TrialRecord]:
        return iter(self._records)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence):
            return NotImplemented
        return len(self) == len(other) and all(map(TrialRecord.__eq__, self, other))

    def __repr__(self) -> str:
        return repr(tuple(self._records))


@dataclass(slots=True)
class Round:
    """One list of candidate rates. Read it, do not change it.

    Attributes
    ----------
    number : int
        From 1.
    digit : int
        How many places have been refined with this round; 0 for a round of decades.
    place : int or None
        The decimal exponent at which the round's rates differ, the finest one where there are
        several; None where the rates differ in no common place (decades, grids, random rates).
    rates : list of Rate
        The candidates, in the order in which they are handed out.
    kept : tuple of Rate
        The rates kept when the round was over, best first; empty before.
    """

    number: int
    digit: int
    place: int | None
    rates: list[Rate]
    kept: tuple[Rate, ...] = ()

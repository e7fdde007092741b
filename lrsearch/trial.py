"""Trials: what a search hands out, and what it remembers of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from lrsearch.rate import Rate

__all__ = ["Round", "StaleTrial", "State", "Trial", "TrialRecord"]

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

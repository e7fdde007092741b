"""Searches that work through lists of rates, each rate trained in full."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections import deque
from collections.abc import Iterable, Mapping

from lrsearch.checks import at_least
from lrsearch.rate import Rate
from lrsearch.search import Direction, Search
from lrsearch.trial import TrialRecord

__all__ = ["RoundSearch"]


class RoundSearch(Search):
    """A search that hands out a round's rates and looks at the scores when all are in.

    A strategy calls `_begin` with a list of rates, and decides in `_round_over` what comes next.

    Parameters
    ----------
    epochs : int
        Epochs of each trial, all in one leg.
    repeats : int
        How many inits each rate is trained from.
    direction : {"minimize", "maximize"}
        Whether a smaller or a larger score is better.
    """

    def __init__(self, epochs: int, repeats: int, direction: Direction) -> None:
        super().__init__(direction)
        self.epochs = at_least(1, "epochs", epochs)
        self.repeats = at_least(1, "repeats", repeats)
        self._queue: deque[Rate] = deque()
        self._repeat = 0
        self._measured: dict[Rate, list[TrialRecord]] = {}

    @abstractmethod
    def _round_over(self) -> None:
        """Every rate of the round has its scores: begin another round, extend it, or finish."""

    def _begin(self, rates: Iterable[Rate], digit: int = 0, place: int | None = None) -> None:
        round = self._begin_round(rates, digit, place)
        self._enqueue(rate for rate in round.rates if rate not in self._measured)

    def _enqueue(self, rates: Iterable[Rate]) -> None:
        self._queue.extend(rates)

    def _init(self, repeat: int) -> int:
        """The number of the initialisation for the trial that is about to be made."""
        return repeat

    def _propose(self, resume: bool) -> tuple[TrialRecord, int] | None:
        if not self._queue:
            return None
        rate, repeat = self._queue[0], self._repeat
        self._repeat = (repeat + 1) % self.repeats
        if self._repeat == 0:
            self._queue.popleft()
        epochs = self.epochs if rate else 1
        record = self._new_record(rate, len(self._rounds), self._init(repeat), epochs)
        return record, epochs

    def _told(self, record: TrialRecord) -> None:
        self._measured.setdefault(record.rate, []).append(record)
        if not self._queue and not self._out and not self._returned:
            self._round_over()

    def _rate_loss(self, rate: Rate) -> float:
        """The rate's mean score over its inits, to minimise; infinite if one has diverged."""
        records = self._measured.get(rate)
        if not records:
            return math.inf
        return sum(map(self._loss, records)) / len(records)

    def _ranked(self, rates: Iterable[Rate]) -> list[Rate]:
        """The rates best first; of equal ones, those in the middle of them first."""
        return rank({rate: self._rate_loss(rate) for rate in rates})

    @property
    def uneven(self) -> str | None:
        """Why trials differ in length: a rate of 0 takes one epoch."""
        zero = self.epochs > 1 and not all(self._rounds[0].rates)
        return "rate 0 gets 1 epoch" if zero else None

    @property
    def rate(self) -> Rate | None:
        """The rate with the best mean score; None while no positive rate has one.

        When the search is over, only the rates of the last round count.
        """
        if self.done:
            return self.kept[0] if self.kept else None
        losses = {rate: self._rate_loss(rate) for rate in self._measured if rate}
        finite = {rate: loss for rate, loss in losses.items() if math.isfinite(loss)}
        return rank(finite)[0] if finite else None


def rank(losses: Mapping[Rate, float]) -> list[Rate]:
    """Rates by their losses, smallest first.

    Of rates with equal losses, those nearest to the middle of them come first, counted in the
    logarithm; so a plateau of equal scores gives a rate well inside it.

    Examples
    --------
    >>> decades = [Rate.power(exponent) for exponent in (0, -1, -2, -3)]
    >>> [str(rate) for rate in rank(dict(zip(decades, [9.0, 2.0, 2.0, 2.0])))]
    ['0.01', '0.1', '0.001', '1']
    """
    logs = {rate: math.log10(rate) if rate else -math.inf for rate in losses}
    ends: dict[float, tuple[float, float]] = {}
    for rate, loss in losses.items():
        if rate:
            low, high = ends.get(loss, (math.inf, -math.inf))
            ends[loss] = min(low, logs[rate]), max(high, logs[rate])

    def key(rate: Rate) -> tuple[float, float]:
        loss = losses[rate]
        return loss, abs(logs[rate] - sum(ends[loss]) / 2) if rate else math.inf

    return sorted(losses, key=key)

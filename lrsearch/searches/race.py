"""DigitRace: the digits of a learning rate, on a budget of epochs."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace
from itertools import islice
from typing import Any

from lrsearch.checks import at_least, listed
from lrsearch.evidence import Curve, curve
from lrsearch.rate import Rate
from lrsearch.search import Direction, Search
from lrsearch.searches.choice import choose
from lrsearch.searches.digits import DECADES
from lrsearch.searches.levels import Plan, beginning, fills, levels, middle_out, plan, share
from lrsearch.trial import TrialRecord

__all__ = ["DigitRace"]

_LEAST_BUDGET = 10
_DIGITS = 2


class DigitRace(Search):
    """Find a learning rate with a budget of epochs, by racing trials against each other.

    The race begins with a few epochs of each decade; where the budget does not pay two epochs of
    each, with four about the middle, and with more of them where scores ask for it. It then climbs
    levels of doubling epochs; on each, with an equal part of the budget, it continues the trials
    whose rates the scores cannot rule out, and fills the gaps between them with rates of more
    digits (see `levels`).
    Slow rates stay in as long as the epochs to come can bring them to where the leader is; where
    scores have stopped moving early, higher rates are looked at, in case that is a plateau; where
    the best rate lies at an end of the range, the range moves.

    Parameters
    ----------
    budget : int
        Epochs that may be spent in all, at least 10. It is never overspent.
    max_epochs : int
        Epochs of one full training. The rate recommended is meant for so many.
    direction : {"minimize", "maximize"}
        Whether a smaller or a larger score is better.
    first : sequence of rates
        The rates to begin with. By default eight decades, 10 to 1e-6.
    prior : rate, optional
        A rate that is believed in within a factor of ten or so, such as an optimizer's default. The
        race begins with it and three others, and takes more of `first` only where scores ask for
        it; while they say little, the rate recommended is nearer to it. One that is three decades
        off costs a few epochs.

    Raises
    ------
    ValueError
        If the budget is below 10, `max_epochs` below 1, `first` has no rate above 0, or the prior
        is not within `first`.

    Notes
    -----
    With a budget below one training no rate is seen in full: the rate recommended has then a worse
    score than the leader's, most often, and is better after a full training.

    When every trial diverges, the race goes on below the range down to 1e-10, and ends without a
    rate. Of rates with equal scores it recommends one in the middle of them.

    All trials start from one init, so that a trial can be continued and compared. One init
    supports one digit at the most, so a rate gets no more than two; where standard errors are
    told, it gets one digit more than the evidence supports.

    References
    ----------
    Racing: O. Maron and A. Moore, "Hoeffding races", NIPS 1993. An equal part of the budget for
    each level: Z. Karnin, T. Koren and O. Somekh, "Almost optimal exploration in multi-armed
    bandits", ICML 2013; K. Jamieson and A. Talwalkar, "Non-stochastic best arm identification
    and hyperparameter optimization", AISTATS 2016.

    Examples
    --------
    >>> import math
    >>> race = DigitRace(budget=200, max_epochs=100)
    >>> for trial in race:  # each leg from epoch 0; with checkpoints: race.iterate(resume=True)
    ...     for epoch in range(1, trial.epochs + 1):
    ...         score = 1 / (1 + epoch * trial.rate) + trial.rate  # your training goes here
    ...         if not race.report(trial, score):
    ...             break
    >>> race.rate, race.spent
    (Rate('0.1'), 200)
    """

    def __init__(
        self,
        budget: int,
        max_epochs: int,
        direction: Direction = "minimize",
        first: Iterable[Any] = DECADES,
        prior: Any = None,
    ) -> None:
        super().__init__(direction)
        self.budget = at_least(_LEAST_BUDGET, "budget", budget)
        self.max_epochs = at_least(1, "max_epochs", max_epochs)
        self.first = tuple(dict.fromkeys(Rate(rate) for rate in listed("first", first)))
        if not self.first or not all(self.first):
            raise ValueError(f"first needs rates above 0, got {[str(r) for r in self.first]}")
        self.prior = None if prior is None else Rate(prior)
        if self.prior is not None and not min(self.first) <= self.prior <= max(self.first):
            raise ValueError(
                f"prior has to lie within first, {min(self.first)} to {max(self.first)}, got "
                f"{self.prior}: widen first, or leave the prior out"
            )
        self._believed = None if self.prior is None else math.log10(self.prior)
        few = self.budget < 2 * len(self.first)
        self.opening = tuple(beginning(self.first, self.prior, few))
        self._levels = levels(self.max_epochs, self.budget)
        self._level = -1
        self._tried: dict[Rate, TrialRecord] = {}
        self._curves: dict[int, Curve] = {}
        self._awaited: set[int] = set()
        self._plan: Plan
        self._begin(Plan(self._levels[0], self.opening, math.inf, False))

    def config(self) -> dict[str, Any]:
        prior = {} if self.prior is None else {"prior": str(self.prior)}
        return {
            "search": "DigitRace",
            "budget": self.budget,
            "max_epochs": self.max_epochs,
            "direction": self.direction,
            "first": [str(rate) for rate in self.first],
            **prior,
        }

    @property
    def least_epochs(self) -> int:
        """Epochs without which the race knows nothing: those of the first rates' first legs."""
        return min(self.budget, len(self.opening) * self._levels[0])

    @property
    def most_epochs(self) -> int:
        """Epochs that the race charges at the most: its budget."""
        return self.budget

    @property
    def uneven(self) -> str:
        """Why legs differ in length: their epochs double from level to level."""
        return "a race hands out legs of different lengths"

    @property
    def rate(self) -> Rate | None:
        """The rate recommended for a full training; None while no trial has a finite score.

        Once a trial has all epochs, the best score decides. Before, a rate below the leader's is
        recommended, the lower the more epochs are to come: early scores favour high rates (see
        `lrsearch.searches.choice`).
        """
        leaders = self._leaders(1)
        return leaders[0] if leaders else None

    def _leaders(self, count: int) -> tuple[Rate, ...]:
        numbers = sorted(self._curves, key=lambda number: self._curves[number].x)
        rates = [self._records[number].rate for number in numbers]
        curves = [self._curves[number] for number in numbers]
        return tuple(choose(rates, curves, self.max_epochs, self._believed)[:count])

    # Handing out ------------------------------------------------------------------------------

    def _propose(self, resume: bool) -> tuple[TrialRecord, int] | None:
        taken = self._committed() - self._begun_at
        stop = self._plan.stop
        job = self._fitting(self._plan, taken, resume)
        if job is None and not self._out:
            job = self._fitting(self._plan, taken, self._resume)
        ahead = job is None and bool(self._out)
        if ahead:
            job, stop = self._look_ahead(resume)
        if job is None:
            return None
        if isinstance(job, Rate):
            record = self._new_record(job, len(self._rounds), 0, self.max_epochs)
            self._tried[job] = record
        else:
            record = self._records[job]
        self._add_rate(record.rate)
        round = self._rounds[-1]
        if record.rate.coefficient > 1:
            round.digit = max(round.digit, record.rate.digits)
        start = record.checkpoint if resume else 0
        stop = min(stop, start + self._left())
        if ahead:
            self._ahead += stop - start
        else:
            self._awaited.add(record.number)
        return record, stop

    def _fitting(self, plan: Plan, taken: int, resume: bool) -> int | Rate | None:
        """The plan's first job that is still of use, and within the limit of the level."""
        left = self._left()
        for job in plan.jobs if left else ():
            if isinstance(job, Rate):
                if job not in self._tried and taken + plan.stop <= plan.limit:
                    return job
            elif self._records[job].state == "paused" and taken < plan.limit:
                done = self._records[job].checkpoint
                if done < min(plan.stop, left + (done if resume else 0)):
                    return job
        return None

    def _look_ahead(self, resume: bool) -> tuple[int | Rate | None, int]:
        """A job for a worker that would have to wait for others to end the level.

        It comes from the next level, within that level's limit; then from the ones above, which
        only trials of their windows are continued for.
        """
        if not self._curves:
            limit = share(self.budget, self._levels)
            rates = sorted({*self._tried, *self.first})
            spread = fills(rates, -math.inf, math.inf, 0.07, -3, _DIGITS)
            jobs = [*middle_out(self.first), *islice(spread, int(limit))]
            next = Plan(self._levels[0], jobs, limit)
            return self._fitting(next, self._ahead, resume), next.stop
        top = len(self._levels)
        for level in range(min(self._level + 1, top), top + 1):
            found = self._planned(level, everything=True)
            if level == top:
                found = Plan(found.stop, found.jobs, math.inf)
            elif level > self._level + 1:
                known = [job for job in found.jobs if not isinstance(job, Rate)]
                found = Plan(found.stop, known, math.inf)
            job = self._fitting(found, self._ahead, resume)
            if job is not None:
                return job, found.stop
        return None, 0

    # Climbing ---------------------------------------------------------------------------------

    def _told(self, record: TrialRecord) -> None:
        self._awaited.discard(record.number)
        shown = curve(record.rate, record.scores, self._sign)
        if shown is None:
            self._curves.pop(record.number, None)
        else:
            self._curves[record.number] = shown
        if record.state == "paused" and not record.scores:
            self._lengthen(record)
        self._settle()

    def _lengthen(self, record: TrialRecord) -> None:
        """Where not all epochs are validated, first legs end a level later, this trial's too."""
        if len(self._levels) > 1 and self._levels[0] <= record.epoch:
            del self._levels[0]
        jobs = [record.number, *self._plan.jobs]
        self._plan = replace(self._plan, stop=max(self._plan.stop, self._levels[0]), jobs=jobs)

    def _settle(self) -> None:
        """Climb, when the legs of the level are in, to the next level that has something to do."""
        if self.done or self._returned or self._awaited & self._out.keys():
            return
        if self._fitting(self._plan, self._committed() - self._begun_at, self._resume) is not None:
            return
        top = len(self._levels)
        for level in range(min(self._level + 1, top), top + 1) if self._left() else ():
            next = self._planned(level)
            if self._fitting(next, 0, self._resume) is not None:
                self._level = level if next.climbs else level - 1
                self._begin(next)
                return
            if any(job in self._out for job in next.jobs if not isinstance(job, Rate)):
                return
        if self._out:
            return
        if not self._curves:
            self._finish("no rate has a finite score: check the data and the model")
        elif not self._left():
            self._finish(f"the budget of {self.budget} epochs is spent")
        else:
            self._finish("every rate worth a full training has had one")

    def _planned(self, level: int, everything: bool = False) -> Plan:
        numbers = sorted(self._curves, key=lambda number: self._curves[number].x)
        curves = [self._curves[number] for number in numbers]
        digits = _DIGITS
        if level >= len(self._levels) and any(r.standard_error for r in self._records):
            evidence = self.evidence()
            digits = max(digits, 1 + (0 if evidence is None else evidence.digits))
        rates = sorted(self._tried)
        found = plan(
            curves, rates, self._levels, level, self._left(), digits, everything,
            self.first, self._believed,
        )  # fmt: skip
        jobs = [job if isinstance(job, Rate) else numbers[job] for job in found.jobs]
        return Plan(found.stop, jobs, found.limit, found.climbs)

    def _begin(self, plan: Plan) -> None:
        self._plan = plan
        self._begun_at = self._committed()
        self._awaited.clear()
        self._ahead = 0
        if self._rounds:
            self._rounds[-1].kept = self._leaders(2)
        if not self._rounds or self._rounds[-1].rates:
            self._begin_round()

    # The budget -------------------------------------------------------------------------------

    def _committed(self) -> int:
        """Epochs charged, and those of legs that are out or have to be handed out again."""
        out = sum(trial.stop_epoch - self._records[trial.number].epoch for trial in self.out)
        return self.spent + out + sum(leg.epochs for leg in self._returned.values())

    def _left(self) -> int:
        return max(0, self.budget - self._committed())

    def _stop_again(self, record: TrialRecord, start: int, stop: int) -> int | None:
        stop = min(stop, start + self._left())
        if record.state == "released" or stop > max(start, record.checkpoint):
            return stop
        self._settle()
        return None

"""GapSearch: a rate found with few trainings, each in full."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from lrsearch.checks import listed
from lrsearch.rate import Rate
from lrsearch.search import Direction
from lrsearch.searches.digits import DECADES
from lrsearch.searches.levels import between
from lrsearch.searches.rounds import RoundSearch, rank

__all__ = ["GapSearch", "widest_beside_the_best"]

_WIDEST = (0.5, 0.25, 0.12)
"""The gaps in log10 rate that the rounds after the first leave beside the best rates."""
_NEW = 3
"""New rates of such a round, at the most."""
_DIGITS = 2
_LOWEST, _HIGHEST = -10, 4
"""Exponents of the rates that the range is extended to at the most."""


class GapSearch(RoundSearch):
    """Find a rate, or any positive number, with few trainings: decades, then the gaps beside them.

    After a round of decades come three rounds of up to three rates. Each halves the gaps beside
    the rates that are best so far, so that what lies near the best rate is tried at any time, on
    both sides of it, and no list of nine digits is worked through. Where the best rate lies at an
    end of the range, and better than all others by more than a standard error where one was told,
    the range is extended.

    Parameters
    ----------
    first : sequence of rates
        The first round. By default eight decades, 10 to 1e-6.
    epochs : int
        Epochs of each trial; its score is the best of their validation results.
    direction : {"minimize", "maximize"}
        Whether a smaller or a larger score is better.

    Raises
    ------
    ValueError
        If `first` has no rate, or one that is not above 0.

    Examples
    --------
    >>> search = GapSearch(epochs=1)
    >>> for trial in search:
    ...     search.tell(trial, abs(math.log10(trial.rate / 0.0032)))
    >>> search.rate, len(search.trials)
    (Rate('0.003'), 17)
    >>> [str(rate) for rate in search.rounds[1].rates]
    ['0.03', '0.003', '0.0003']
    """

    def __init__(
        self,
        first: Iterable[Any] = DECADES,
        epochs: int = 50,
        direction: Direction = "minimize",
    ) -> None:
        super().__init__(epochs, 1, direction)
        self.first = tuple(dict.fromkeys(Rate(rate) for rate in listed("first", first)))
        if not self.first or not all(self.first):
            raise ValueError(f"first needs rates above 0, got {[str(r) for r in self.first]}")
        self._begin(self.first)

    def config(self) -> dict[str, Any]:
        return {
            "search": "GapSearch",
            "first": [str(rate) for rate in self.first],
            "epochs": self.epochs,
            "direction": self.direction,
        }

    @property
    def least_epochs(self) -> int:
        """Epochs without which the search knows nothing: those of the first round."""
        return len(self.first) * self.epochs

    @property
    def most_epochs(self) -> int:
        """Epochs that the search charges at the most, every extension included."""
        exponents = [rate.leading_place for rate in self.first]
        beyond = max(0, _HIGHEST - max(exponents)) + max(0, min(exponents) - _LOWEST)
        return (len(self.first) + beyond + _NEW * len(_WIDEST)) * self.epochs

    @property
    def rate(self) -> Rate | None:
        """The rate with the best score; None while none has one."""
        ranked = self._leaders()
        return ranked[0] if ranked else None

    def _losses(self) -> dict[Rate, float]:
        return {rate: self._rate_loss(rate) for rate in self._measured}

    def _leaders(self) -> list[Rate]:
        losses = self._losses()
        return rank({rate: loss for rate, loss in losses.items() if math.isfinite(loss)})

    def _round_over(self) -> None:
        leaders = self._leaders()
        beyond = self._beyond(leaders)
        if beyond is not None:
            self._add_rate(beyond)
            self._enqueue([beyond])
            return
        self._rounds[-1].kept = tuple(leaders[:2])
        if not leaders:
            self._finish(
                "no rate has a finite score: check the data and the model, or begin with lower "
                "rates"
            )
            return
        for widest in _WIDEST[len(self._rounds) - 1 :]:
            rates = widest_beside_the_best(self._losses(), widest, _NEW)
            self._begin(rates, max((rate.digits for rate in rates), default=1))
            if rates:
                return
        self._finish("the gaps beside the best rates are narrow enough")

    def _beyond(self, leaders: list[Rate]) -> Rate | None:
        """The decade beyond the end of the range at which the best rate lies."""
        if len(leaders) < 2:
            return None
        best, second = leaders[:2]
        (record,) = self._measured[best]
        if self._rate_loss(second) <= self._rate_loss(best) + (record.standard_error or 0.0):
            return None
        if best == max(self._measured):
            exponent = best.leading_place + 1
        elif best == min(self._measured):
            exponent = best.leading_place - (best.coefficient == 1)
        else:
            return None
        return Rate.power(exponent) if _LOWEST <= exponent <= _HIGHEST else None


def widest_beside_the_best(losses: Mapping[Rate, float], widest: float, most: int) -> list[Rate]:
    """Rates in the middle of the gaps beside the best rates.

    Parameters
    ----------
    losses : mapping of Rate to float
        Every rate tried, with a number that is smaller where the rate is better; infinite where
        it has diverged.
    widest : float
        Gaps in log10 rate up to this one may stay.
    most : int
        How many gaps to fill. Those with the best rate at an end come first; of equal ones the
        widest, then those next to the middle of the rates that are equally good.

    Examples
    --------
    >>> losses = {Rate("1"): 3.0, Rate("0.1"): 1.0, Rate("0.01"): 2.0, Rate("0.001"): 4.0}
    >>> [str(rate) for rate in widest_beside_the_best(losses, 0.5, 3)]
    ['0.3', '0.03', '0.003']
    """
    rates = sorted(losses)
    logs = [math.log10(rate) for rate in rates]
    centre = math.log10(rank(losses)[0])
    gaps = []
    for index in range(len(rates) - 1):
        low, high = logs[index : index + 2]
        loss = min(losses[rates[index]], losses[rates[index + 1]])
        if high - low > widest * (1 + 1e-6) and math.isfinite(loss):
            width = round(high - low, 6)
            gaps.append((loss, -width, abs((low + high) / 2 - centre), -index))
    middles = [between(rates[-i], rates[-i + 1], _DIGITS) for *_, i in sorted(gaps)]
    return [rate for rate in middles if rate is not None][:most]

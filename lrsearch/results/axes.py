"""The axes of charts: their limits and their ticks."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

from lrsearch.rate import Rate

__all__ = ["Axis", "linear_ticks", "log_ticks", "upper_limit"]

_FAR, _FAR_RATE = 5e307, 1e250


@dataclass(frozen=True)
class Axis:
    """One axis of a chart.

    Attributes
    ----------
    low, high : float
        The range shown.
    name : str
        What stands beside it.
    log : bool
        Whether it is logarithmic.
    whole : bool
        Whether its ticks are whole numbers.
    """

    low: float
    high: float
    name: str
    log: bool = False
    whole: bool = False

    @classmethod
    def around(cls, values: Sequence[float], name: str, log: bool = False) -> Axis:
        """An axis that shows all values, with some room beside them."""
        low, high = (max(-_FAR, min(_FAR, end)) for end in (min(values), max(values)))
        if log:
            low, high = (max(1 / _FAR_RATE, min(_FAR_RATE, end)) for end in (low, high))
            room = math.exp(0.06 * (math.log(high) - math.log(low))) if high > low else 1.5
            return cls(low / room, high * room, name, True)
        room = 0.06 * (high - low) if high > low else abs(high) * 0.1 or 1.0
        return cls(low - room, high + room, name)

    def part(self, value: float) -> float:
        """Where a value lies: 0 at the low end, 1 at the high end."""
        if self.log:
            low = math.log(self.low)
            return (math.log(value) - low) / (math.log(self.high) - low)
        return (value - self.low) / (self.high - self.low)

    def ticks(self, characters: float = math.inf) -> list[tuple[float, str]]:
        """Positions and labels.

        Parameters
        ----------
        characters : float
            How many characters the axis is long, where labels stand side by side: as many are
            left out between two as it takes to keep them apart.

        Examples
        --------
        >>> axis = Axis(0.0001, 0.01, "rate", log=True)
        >>> [label for _, label in axis.ticks()], [label for _, label in axis.ticks(12)]
        (['0.0001', '0.001', '0.01'], ['0.0001', '0.01'])
        """
        ticks = (log_ticks if self.log else linear_ticks)(self.low, self.high)
        ticks = [(value, label) for value, label in ticks if not self.whole or value == int(value)]
        every = 1
        while not self._are_apart(ticks[::every], characters):
            every += 1
        return ticks[::every]

    def _are_apart(self, ticks: Sequence[tuple[float, str]], characters: float) -> bool:
        return all(
            (self.part(value) - self.part(before)) * characters > (len(label) + len(text)) / 2 + 1
            for (before, text), (value, label) in itertools.pairwise(ticks)
        )


def upper_limit(losses: Sequence[float]) -> float:
    """Up to where losses are worth showing: beyond, the bad ones would flatten the good ones.

    Examples
    --------
    >>> upper_limit([1.0, 1.1, 1.2, 1e9])
    1.6
    >>> upper_limit([1.0, 2.0, 3.0])
    3.0
    """
    ordered = sorted(losses)
    best, worst = ordered[0], ordered[-1]
    middle = ordered[(len(ordered) - 1) // 2]
    if len(ordered) < 4 or worst - best <= 8 * (middle - best) or middle == best:
        return worst
    return round(best + 6 * (middle - best), 12)


def linear_ticks(low: float, high: float, most: int = 8) -> list[tuple[float, str]]:
    """Round numbers from low to high, with labels that tell them apart.

    Examples
    --------
    >>> linear_ticks(0, 1)
    [(0.0, '0'), (0.2, '0.2'), (0.4, '0.4'), (0.6, '0.6'), (0.8, '0.8'), (1.0, '1')]
    >>> [label for _, label in linear_ticks(0, 20000)][::4]
    ['0', '20000']
    """
    unit = max(1e-300, 10.0 ** math.floor(math.log10((high - low) / most)))
    step = next(unit * f for f in (1, 2, 5, 10, 20) if (high - low) / (unit * f) <= most)
    first = math.ceil(low / step - 1e-9)
    count = math.floor((high - low) / step + 1e-9) + 1
    values = [round((first + n) * step, 12 - math.floor(math.log10(step))) for n in range(count)]
    highest = max(abs(low), abs(high))
    whole = math.floor(math.log10(highest)) + 1
    digits = max(whole if whole <= 6 else 3, math.ceil(math.log10(highest / step)) + 1, 3)
    return [(v, f"{v + 0.0:.{digits}g}") for v in values if v <= high + 1e-9 * step]


def log_ticks(low: float, high: float, most: int = 8) -> list[tuple[float, str]]:
    """Round rates from low to high: decades, or finer where there are too few.

    Examples
    --------
    >>> [label for _, label in log_ticks(0.0001, 0.1)]
    ['0.0001', '0.001', '0.01', '0.1']
    >>> [label for _, label in log_ticks(0.003, 0.004, most=3)]
    ['0.003', '0.0035', '0.004']
    """
    exponents = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for leading in ((1,), (1, 3), (1, 2, 5), (1, 2, 3, 4, 5, 7)):
        rates = [Rate.power(e).step(d - 1, e) for e in exponents for d in leading]
        shown = [rate for rate in rates if low <= rate * (1 + 1e-9) and rate <= high * (1 + 1e-9)]
        if len(shown) >= 3:
            every = math.ceil(len(shown) / most)
            return [(rate, str(rate)) for rate in shown[::every]]
    return [(v, str(Rate(v).rounded(6))) for v, _ in linear_ticks(low, high, most) if v > 0]

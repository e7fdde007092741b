"""How many more trainings another digit would take, and at which rates."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from lrsearch.evidence.fits import Array
from lrsearch.evidence.intervals import Bottom
from lrsearch.rate import Rate

__all__ = ["NextDigit", "Sample", "next_digit"]

_PLACES = 7
_REACH = 0.6
"""Of the half width of the window that was fitted: further out it might not fit better data."""
_FURTHEST = 1.0
_MOST = 2000
"""Trainings of one rate beyond which none are proposed."""
_CAUTION = 0.84
"""Standard errors by which the curvature is taken to be smaller than it was found."""
_DRAWS, _REACHED = 40, 0.85
"""Simulations, and the part of them that has to reach the digit: for four of five in truth."""


@dataclass(frozen=True)
class NextDigit:
    """Trainings that would support one digit more.

    Attributes
    ----------
    trainings : int
        How many, beyond those that there are.
    rates : tuple of Rate
        Where: as many at each of them.
    sentence : str
        The same for people.
    """

    trainings: int
    rates: tuple[Rate, ...]
    sentence: str


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """The trainings that evidence was drawn from: arrays of shape (n,), smaller losses better."""

    rates: Array
    losses: Array
    inits: Array | None
    errors: Array

    def more(self, rates: Array, losses: Array, error: float) -> Sample:
        """With further trainings, each from an init of its own."""
        new = len(rates)
        known = np.zeros(len(self.rates), int) if self.inits is None else self.inits
        return Sample(
            np.concatenate([self.rates, rates]),
            np.concatenate([self.losses, losses]),
            np.concatenate([known, known.max() + 1 + np.arange(new)]),
            np.concatenate([self.errors, np.full(new, error)]),
        )


def next_digit(
    sample: Sample, bottom: Bottom, aim: int, digits_of: Callable[[Sample], int]
) -> NextDigit | None:
    """The fewest trainings, to a fifth, that reach the aim in simulations.

    Each simulation adds trainings at rates about the optimum to those that there are, with the
    noise as uncertain as it is, and judges all of them.

    Parameters
    ----------
    sample : Sample
        The trainings that there are.
    bottom : Bottom
        The fit about the best rate.
    aim : int
        The digits wanted.
    digits_of : callable
        Judges a sample: the digits that it supports.

    Returns
    -------
    NextDigit or None
        None where thousands of trainings would not do.
    """
    reach = min(_FURTHEST, _REACH * bottom.half)
    finest = max(2, 1 - math.floor(math.log10(reach / _PLACES)))
    places = bottom.place + reach * np.linspace(-1, 1, _PLACES)
    rates = tuple(sorted({Rate(float(10**place)).rounded(finest) for place in places}))
    floor = bottom.loss + float(sample.losses.min())
    bend = bottom.bend - _CAUTION * bottom.bend_error
    told = bottom.noise if (sample.errors > 0).mean() > 0.5 else math.nan

    def reaches(each: int) -> bool:
        generator = np.random.default_rng(0)
        missed = 0
        tried = np.tile(np.array(rates, float), each)
        for _ in range(_DRAWS):
            noise = bottom.noise / math.sqrt(generator.chisquare(bottom.freedom) / bottom.freedom)
            losses = floor + bend * (np.log10(tried) - bottom.place) ** 2
            losses += generator.normal(0, noise, len(tried))
            missed += digits_of(sample.more(tried, losses, told)) < aim
            if missed > (1 - _REACHED) * _DRAWS:
                return False
        return True

    low, high = 0, 1
    while not reaches(high):
        low, high = high, 2 * high
        if low >= _MOST:
            return None
    while high - low > max(1, high // 5):
        middle = (low + high) // 2
        low, high = (low, middle) if reaches(middle) else (middle, high)
    trainings = high * len(rates)
    listed = ", ".join(map(str, rates[:-1])) + f" and {rates[-1]}"
    times = "one" if high == 1 else f"{high:,}"
    return NextDigit(
        trainings,
        rates,
        f"Another digit would take about {trainings:,} more trainings, each from an init of its "
        f"own: {times} at each of {listed}.",
    )

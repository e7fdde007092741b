"""How many more trainings another digit would take, and at which rates."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from lrsearch.evidence.fits import normal_quantile
from lrsearch.evidence.intervals import Bottom
from lrsearch.rate import Rate

__all__ = ["NextDigit", "next_digit"]

_PLACES = 7
_REACH = 0.7
"""Of the half width of the window that a parabola fits: further out it would not fit better data."""
_FURTHEST = 1.0
_DOUBT = 0.84
"""Standard errors by which the noise may be larger, and the curvature smaller: four in five."""
_SLACK = 1.15
"""By how much narrower than asked for the interval is planned."""
_CONFIDENT, _GUARDED = normal_quantile(0.975), normal_quantile(0.96)


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


def next_digit(bottom: Bottom, low: Rate, high: Rate, digits: int) -> NextDigit:
    """The trainings after which the interval should be narrow enough, in four cases of five.

    The slope of a parabola at its minimum, from n trainings at places u about it, has the
    variance ``noise**2 / (n * mean(u**2))``, and the place of the minimum that of the slope over
    ``(2 * bend)**2``; the cubic that guards it has a larger one, which decides. What the
    interval owes to the trainings that there are counts in.
    """
    reach = min(_FURTHEST, _REACH * bottom.half)
    u = np.linspace(-1, 1, _PLACES)
    design = np.vander(u, 4, increasing=True)
    cubic = float(np.linalg.inv(design.T @ design / _PLACES)[1, 1])
    factor = max(_CONFIDENT / math.sqrt(float(np.mean(u**2))), _GUARDED * math.sqrt(cubic))
    noise = bottom.noise * (1 + _DOUBT / math.sqrt(2 * max(1, bottom.freedom)))
    bend = max(bottom.bend - _DOUBT * bottom.bend_error, bottom.bend / 3)
    half = _half_width(low, high, digits + 1) / _SLACK
    now = math.log10(high / low) / 2
    count = (factor * noise / (2 * bend * reach)) ** 2 * max(0.0, half**-2 - now**-2)
    each = max(1, math.ceil(count / _PLACES))
    centre = 10**bottom.place
    finest = max(2, 1 - math.floor(math.log10(reach / _PLACES)))
    rates = tuple(sorted({Rate(float(centre * 10 ** (reach * x))).rounded(finest) for x in u}))
    trainings = each * len(rates)
    listed = ", ".join(map(str, rates[:-1])) + f" and {rates[-1]}"
    times = "one training" if each == 1 else f"{each:,} trainings"
    return NextDigit(
        trainings,
        rates,
        f"Another digit would take about {trainings:,} more trainings, each from an init of its "
        f"own: {times} at each of {listed}.",
    )


def _half_width(low: Rate, high: Rate, digits: int) -> float:
    """Half the width in decades at which an interval supports so many digits.

    The lowest leading place in the interval counts, which is the hardest.

    Examples
    --------
    >>> round(_half_width(Rate("0.02"), Rate("0.06"), 1), 3)
    0.151
    >>> round(_half_width(Rate("0.025"), Rate("0.025"), 2), 3)
    0.086
    """
    if digits == 1:
        return math.log10(2) / 2
    ratio = 10.0 ** (low.leading_place + 2 - digits) / math.sqrt(low * high)
    return min(math.log10(2) / 2, math.asinh(ratio / 2) / math.log(10))

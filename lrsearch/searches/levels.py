"""The levels of a race, and the jobs on one: pure functions of arrays.

A race climbs levels of doubling epochs. On each it looks at an interval of rates, the window,
that the scores so far cannot rule out; it brings the trials inside to the level and fills the
widest gaps between them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise

from lrsearch.evidence import Curve, promises
from lrsearch.rate import Rate
from lrsearch.searches.choice import NEAR, aim
from lrsearch.searches.window import window

__all__ = ["Plan", "beginning", "between", "fills", "gap", "levels", "middle_out", "plan", "share"]

_SPACING = 0.4
"""Gap between rates on a level, in parts of the decades that the window may reach down."""
_HALF_A_DECADE = 0.4
"""Gaps in log10 rate that the sweep of a plateau fills are wider than this, and the first rates
about a prior are further away."""
_FAR = 2.95
"""In log10 rate; so far below a prior hardly anything is learnt early, to compare with."""
_MOST_NEW = 64
"""New rates that are planned at once."""
_LOWEST, _HIGHEST = -10, 4
"""Exponents of the rates that the range is moved to at the most."""
_NARROWEST = 0.07
"""Gaps in log10 rate that are never filled: less than a step of the second digit, mostly."""


def levels(max_epochs: int, budget: int) -> list[int]:
    """Epochs of each level, doubling up to a full training.

    The first level is about a 32nd of a full training, or less where the budget could not pay
    the eight decades twice.

    Examples
    --------
    >>> levels(100, 100)
    [4, 7, 13, 25, 50, 100]
    >>> levels(100, 10)
    [1, 2, 4, 7, 13, 25, 50, 100]
    """
    rising = [max_epochs]
    first = max(1, min(max_epochs / 20, budget / 16))
    while rising[-1] > first:
        rising.append(math.ceil(rising[-1] / 2))
    return rising[::-1]


def share(left: int, above: Sequence[int]) -> float:
    """Epochs for the next level: an equal part of those left, over the levels in reach.

    A level is in reach if its part pays most of one trial from the start.

    Examples
    --------
    >>> share(400, [25, 50, 100])
    133.33333333333334
    >>> share(90, [25, 50, 100])
    45.0
    """
    reach = 1
    while reach < len(above) and left / (reach + 1) >= 0.7 * above[reach]:
        reach += 1
    return left / reach


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do on a level.

    Attributes
    ----------
    stop : int
        Epochs to bring each trial to.
    jobs : sequence of int or Rate
        In order: the index of a curve to continue, or a rate to try.
    limit : float
        Epochs that the level may take: no new rate that would exceed it, and no trial continued
        once it is reached.
    climbs : bool
        False for a level in between, which only moves the range.
    """

    stop: int
    jobs: Sequence[int | Rate]
    limit: float
    climbs: bool = True


def plan(
    curves: Sequence[Curve], rates: Sequence[Rate], rising: Sequence[int], level: int,
    left: int, digits: int = 2, everything: bool = False, first: Sequence[Rate] = (),
    prior: float | None = None,
) -> Plan:  # fmt: skip
    """Plan a level of a race.

    Parameters
    ----------
    curves : sequence of Curve
        What the trials have shown that have not diverged, ascending in rate.
    rates : sequence of Rate
        Every rate tried, ascending; those of diverged trials too.
    rising : sequence of int
        Epochs of each level, ascending; the last one is a full training.
    level : int
        Which one, from 0. Beyond the last, the finest gaps about the best rate are filled, and
        the most promising trial is finished.
    left : int
        Epochs left in the budget.
    digits : int
        Significant digits that a new rate may have.
    everything : bool
        Beyond the last level, whether to list every unfinished trial, for workers that would wait.
    first : sequence of Rate
        The rates that the race would begin with if it had no prior.
    prior : float, optional
        The rate believed in, in log10.
    """
    max_epochs = rising[-1]
    stop = rising[min(level, len(rising) - 1)]
    below = rising[min(max(level - 1, 0), len(rising) - 1)]
    if not curves:
        return Plan(rising[0], _beyond(rates[0], -1), math.inf, False)
    xs = [math.log10(rate) for rate in rates]
    seen = window(curves, xs, stop, max_epochs)
    reached = curves[seen.best].epochs
    higher = [rate for rate in first if rate > rates[-1]] if seen.top else []
    if higher:
        return Plan(rising[0], [min(higher)], math.inf, False)
    if seen.end and (seen.end > 0 or reached >= below):
        beyond = _beyond(rates[0] if seen.end < 0 else rates[-1], seen.end)
        if beyond:
            return Plan(below if seen.end < 0 else rising[0], beyond, math.inf, False)
    leader, target = aim(curves, max_epochs, prior)
    if all(abs(x - target) > NEAR for x in xs):
        return Plan(rising[0], [Rate(10**target).rounded(1)], math.inf, False)
    last = level >= len(rising)
    limit = left if last else share(left, rising[level:])
    most = min(_MOST_NEW, int(limit // stop) + 1)
    jobs: list[int | Rate] = []
    if seen.sweep:
        top = curves[seen.sweep[0]].x
        jobs += seen.sweep
        jobs += islice(fills(rates, seen.floor, top, _HALF_A_DECADE, top, digits), most)
    promise = promises(curves, max_epochs)
    order = sorted(range(len(curves)), key=lambda i: (promise[i], -curves[i].x))
    jobs += [i for i in order if i in seen.inside]
    rates = sorted({*rates, *(job for job in jobs if isinstance(job, Rate))})
    widest = _NARROWEST * 10.0 ** (2 - digits) if last else gap(stop, max_epochs)
    jobs += islice(fills(rates, seen.low, seen.high, widest, leader.x, digits), most)
    if last:
        jobs += [i for i in order if curves[i].epochs < stop][: None if everything else 1]
    return Plan(stop, _to_do(jobs, curves, stop), limit)


def _to_do(jobs: list[int | Rate], curves: Sequence[Curve], stop: int) -> list[int | Rate]:
    unique = dict.fromkeys(jobs)
    return [job for job in unique if isinstance(job, Rate) or curves[job].epochs < stop]


def _beyond(end: Rate, direction: int) -> list[int | Rate]:
    """The decade beyond an end of the range; empty where the range is not moved any further."""
    exponent = end.leading_place + (direction if direction > 0 or end.coefficient == 1 else 0)
    return [Rate.power(exponent)] if _LOWEST <= exponent <= _HIGHEST else []


def gap(level: int, max_epochs: int) -> float:
    """The widest gap in log10 rate to leave on a level, in proportion to its window.

    Examples
    --------
    >>> [round(gap(level, 100), 2) for level in (12, 25, 50, 100)]
    [0.49, 0.36, 0.24, 0.12]
    """
    return max(_NARROWEST, _SPACING * math.log10(2 * max_epochs / level))


def fills(
    rates: Sequence[Rate], low: float, high: float, widest: float, centre: float, digits: int
) -> Iterator[Rate]:
    """Rates for the gaps of a window, one after the other; each counts as tried afterwards.

    The widest gap comes first, one that is a decade away from `centre` counting half; of equal
    ones the higher.

    Parameters
    ----------
    rates : sequence of Rate
        Every rate tried, ascending.
    low, high : float
        Only gaps that overlap this interval of log10 rate are filled.
    widest : float
        Gaps in log10 rate up to this one may stay.
    centre : float
        Where to be finest, in log10 rate.
    digits : int
        Significant digits that a rate may have.

    Examples
    --------
    >>> tried = [Rate("0.0001"), Rate("0.001"), Rate("0.01")]
    >>> list(fills(tried, -4, -2, 0.6, -3, digits=2))
    [Rate('0.003'), Rate('0.0003')]
    """
    rates = list(rates)
    xs = [math.log10(rate) for rate in rates]
    closed: set[float] = set()
    while True:
        chosen, weight = -1, 0.0
        for index, (below, above) in enumerate(pairwise(xs)):
            width = above - below
            if width <= widest * (1 + 1e-6) or above <= low + 1e-9 or below >= high - 1e-9:
                continue
            weighed = width / (1 + abs((below + above) / 2 - centre))
            if weighed >= weight - 1e-9 and below not in closed:
                chosen, weight = index, weighed
        if chosen < 0:
            return
        rate = between(rates[chosen], rates[chosen + 1], digits)
        if rate is None:
            closed.add(xs[chosen])
            continue
        yield rate
        rates.insert(chosen + 1, rate)
        xs.insert(chosen + 1, math.log10(rate))


def between(low: Rate, high: Rate, digits: int) -> Rate | None:
    """The rate of the fewest digits in the middle of a gap; None where `digits` are too few.

    The middle is taken in the logarithm; a seventh of the gap to either side of it is near enough.

    Examples
    --------
    >>> between(Rate("0.001"), Rate("0.01"), 1), between(Rate("0.001"), Rate("0.003"), 2)
    (Rate('0.003'), Rate('0.002'))
    >>> between(Rate("0.001"), Rate("0.0011"), 2) is None
    True
    """
    width = math.log10(high / low)
    middle = math.sqrt(low * high)
    for count in range(1, digits + 1):
        rate = Rate(middle).rounded(count)
        near = 0.15 if count < digits else 0.4
        if low < rate < high and abs(math.log10(rate / middle)) <= near * width:
            return rate
    return None


def middle_out(rates: Iterable[Rate]) -> list[Rate]:
    """The rates from the middle of the list outwards, so that an early end hurts least.

    Examples
    --------
    >>> [str(rate) for rate in middle_out(Rate.power(e) for e in range(-6, 2))][:4]
    ['0.001', '0.01', '0.0001', '0.1']
    """
    ordered = sorted(rates)
    middle = len(ordered) // 2 - (len(ordered) % 2 == 0)
    return sorted(ordered, key=lambda rate: (abs(ordered.index(rate) - middle), -rate))


def beginning(first: Iterable[Rate], prior: Rate | None = None, few: bool = False) -> list[Rate]:
    """The rates that a race begins with, in order.

    All, from the middle outwards. With a prior, or where there are to be `few`: the prior, or else
    the middle; its next below and above; and one three decades below, or else the lowest, beside
    which is seen what the others have learnt.

    Examples
    --------
    >>> decades = [Rate.power(e) for e in range(-6, 2)]
    >>> [str(rate) for rate in beginning(decades, Rate("0.003"))]
    ['0.003', '0.001', '0.01', '1e-6']
    >>> [str(rate) for rate in beginning(decades, few=True)]
    ['0.01', '0.001', '0.1', '0.00001']
    """
    ordered = sorted(first)
    if prior is None and not few:
        return middle_out(ordered)
    centre = ordered[len(ordered) // 2] if prior is None else prior
    below = [rate for rate in ordered if math.log10(centre / rate) > _HALF_A_DECADE]
    above = [rate for rate in ordered if math.log10(rate / centre) > _HALF_A_DECADE]
    far = [rate for rate in below if math.log10(centre / rate) > _FAR][-1:] or below[:1]
    return list(dict.fromkeys([centre, *below[-1:], *above[:1], *far]))

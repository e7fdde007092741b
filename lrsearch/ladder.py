"""The levels of a race, and what to do on one: pure functions of arrays.

A race climbs levels of doubling epochs. On each it looks at an interval of rates, the window,
that the scores so far cannot rule out; it brings the trials inside to the level and fills the
widest gaps between them. Two facts of training by gradient steps shape the window.

*Progress scales with the rate.* Below the rate where training becomes unstable, a rate ten times
smaller needs about ten times the epochs to get as far (exactly so for gradient flow). So a rate
can still get to where the leader is now if, and only if, the epochs left multiply its progress
enough: the window reaches down from the leader by the epochs to come over the epochs it needed,
and gets narrower by itself as the levels rise. This keeps the slow rates in that early scores
are biased against.

*A curve that has stopped moving says nothing about the rest.* Where even the best trial hardly
moves any more at an early level, it may be finished, or all may lie on a plateau. If it is a
plateau, higher rates leave it first, for the same reason. So the level goes to the higher rates
that are no worse than a fraction of what has been learnt so far, from the top down.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from lrsearch.curves import Curve, gain, scatter

__all__ = ["Window", "fills", "gap", "levels", "share", "window"]

_TIED = 0.005
"""Losses this close, as a fraction of all that was learnt, count as equal while epochs are left."""
_STALLED = 0.01
"""A best trial that gains less than this fraction of all that was learnt, as its epochs double."""
_EARLY = 0.26
"""Stalling matters up to this fraction of a full training: a rate that has shown nothing by then
leaves its plateau, if at all, when the others are through."""
_LEARNT = 0.8
"""A rate above the leader is still of interest if it has learnt this fraction of what was learnt."""
_SPACING = 0.4
"""Gap between rates on a level, in parts of the decades that the window may reach down."""
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
class Window:
    """The interval of rates that a level looks at, and what to look at first.

    Attributes
    ----------
    low, high : float
        Its ends in log10 rate. Nothing at or above `high` is of interest.
    best : int
        Index of the trial with the smallest loss.
    inside : tuple of int
        The trials to bring to the level.
    sweep : tuple of int
        On a plateau, the trials to bring there before those, highest rate first.
    floor : float
        On a plateau, where the sweep ends, in log10 rate.
    """

    low: float
    high: float
    best: int
    inside: tuple[int, ...]
    sweep: tuple[int, ...]
    floor: float


def window(curves: Sequence[Curve], xs: Sequence[float], level: int, max_epochs: int) -> Window:
    """Which rates the scores cannot rule out.

    Parameters
    ----------
    curves : sequence of Curve
        At least one, ascending in rate; trials that have diverged are not among them.
    xs : sequence of float
        log10 of every rate tried, ascending; those of diverged trials too.
    level : int
        Epochs of the level to come.
    max_epochs : int
        Epochs of a full training.
    """
    losses = np.array([curve.loss for curve in curves])
    best = int(np.argmin(losses))
    untrained = max(curves[0].first, float(np.median([curve.first for curve in curves])))
    learnt = untrained - float(losses[best])
    noise = scatter(curves)
    gains = np.array([gain(curve) for curve in curves])
    left = np.array([1 - curve.epochs / max_epochs for curve in curves])
    tolerance = np.fmax(gains, max(_TIED * learnt, 2 * noise) * left)
    tied = np.flatnonzero(losses <= losses[best] + tolerance)
    leader = curves[tied[-1]]
    needed = 1 + int(np.argmax(leader.best <= leader.loss + _TIED * learnt))
    low = min(curves[best].x, leader.x + math.log10(needed / max_epochs))
    high = next((x for x in xs if x > leader.x), leader.x + 1)
    inside = [i for i, curve in enumerate(curves) if low <= curve.x + 1e-9 and curve.x < high]
    if inside[0] == best and best > 0:
        inside.insert(0, best - 1)
    stalled = gains[best] < max(_STALLED * learnt, noise) and level <= _EARLY * max_epochs
    near = losses <= losses[best] + max((1 - _LEARNT) * learnt, 6 * noise)
    sweep = [int(i) for i in np.flatnonzero(near)[::-1] if i >= tied[0]] if stalled else []
    floor = max(low, curves[tied[0]].x)
    return Window(low, high, best, tuple(inside), tuple(sweep), floor)


def gap(level: int, max_epochs: int) -> float:
    """The widest gap in log10 rate to leave on a level, in proportion to its window.

    Examples
    --------
    >>> [round(gap(level, 100), 2) for level in (12, 25, 50, 100)]
    [0.49, 0.36, 0.24, 0.12]
    """
    return max(_NARROWEST, _SPACING * math.log10(2 * max_epochs / level))


def fills(
    xs: Sequence[float], low: float, high: float, widest: float, centre: float
) -> Iterator[tuple[float, float]]:
    """Gaps to fill, one after the other: each is taken as filled when the next is chosen.

    The widest gap comes first, one that is a decade away from `centre` counting half; of equal
    ones the higher.

    Parameters
    ----------
    xs : sequence of float
        log10 of every rate tried, ascending.
    low, high : float
        Only gaps that overlap this interval are filled.
    widest : float
        Gaps up to this one may stay.
    centre : float
        Where to be finest.

    Yields
    ------
    below, above : float
        The ends of the gap; a rate belongs in the middle.

    Examples
    --------
    >>> list(fills([-4, -3, -2], -4, -2, 0.6, -3))
    [(-3, -2), (-4, -3)]
    """
    points = list(xs)
    while True:
        chosen, weight = -1, 0.0
        for index, (below, above) in enumerate(zip(points, points[1:], strict=False)):
            width = above - below
            if width <= widest * (1 + 1e-6) or above <= low + 1e-9 or below >= high - 1e-9:
                continue
            weighed = width / (1 + abs((below + above) / 2 - centre))
            if weighed >= weight - 1e-9:
                chosen, weight = index, weighed
        if chosen < 0:
            return
        below, above = points[chosen], points[chosen + 1]
        yield below, above
        points.insert(chosen + 1, (below + above) / 2)

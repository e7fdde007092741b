"""The window of a race's level: which rates the scores cannot rule out. Pure functions of arrays.

Two facts of training by gradient steps shape it.

*Progress scales with the rate.* Below the rate where training becomes unstable, a rate ten times
smaller needs about ten times the epochs to get as far (exactly so for gradient flow). So a rate
can still get to where the leader is now if, and only if, the epochs left multiply its progress
enough: the window reaches down from the leader by the epochs to come over the epochs it needed,
and gets narrower by itself as the levels rise. This keeps the slow rates in that early scores
are biased against; so do their own trends, where these pass the leader's.

*A curve that has stopped moving says nothing about the rest.* Where even the best trial hardly
moves any more at an early level, it may be finished, or all may lie on a plateau. If it is a
plateau, higher rates leave it first, for the same reason. So the level goes to the higher rates
that are no worse than a fraction of what has been learnt so far, from the top down.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lrsearch.evidence import Curve, scatter

__all__ = ["Window", "window"]

_TIED = 0.005
"""Losses this close, as a fraction of all that was learnt, count as equal while epochs are left."""
_PACE = 0.5
"""A trial may gain this part of its last gain with each doubling to come."""
_STALLED = 0.01
"""A best trial that gains less than this fraction of all that was learnt, as its epochs double."""
_EARLY = 0.26
"""Stalling matters up to this fraction of a full training: a rate that has shown nothing by then
leaves its plateau, if at all, when the others are through."""
_LEARNT = 0.85
"""On a plateau, a rate is still of interest if it has learnt this fraction of what was learnt."""
_APART = 0.28
"""Trials that sweep a plateau are this far apart in log10 rate."""


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
    end : {-1, 0, 1}
        Whether the best trial, better than all others, is the one of the lowest rate (-1) or of
        the highest (1).
    top : bool
        Whether the highest rate tried is as good as the best; or has not diverged, while nothing
        has been learnt: no trial is better than that of the lowest rate was after its first epoch.
    """

    low: float
    high: float
    best: int
    inside: tuple[int, ...]
    sweep: tuple[int, ...]
    floor: float
    end: int
    top: bool


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
    gains = np.array([curve.gain for curve in curves])
    gains = np.minimum(gains, np.fmax(0.0, untrained - losses))  # no recovery from an explosion
    left = np.array([1 - curve.epochs / max_epochs for curve in curves])
    tolerance = np.fmax(gains, max(_TIED * learnt, 2 * noise) * left)
    tied = np.flatnonzero(losses <= losses[best] + tolerance)
    leader = curves[tied[-1]]
    needed = 1 + int(np.argmax(leader.best <= leader.loss + _TIED * learnt))
    doublings = np.log2([max_epochs / curve.epochs for curve in curves])
    trend = losses - _PACE * np.nan_to_num(gains) * doublings
    even = (losses <= losses[best] + 2 * noise * left) | (trend <= trend[best])
    low = min(leader.x + math.log10(needed / max_epochs), curves[int(np.argmax(even))].x)
    high = next((x for x in xs if x > leader.x), leader.x + 1)
    inside = [i for i, curve in enumerate(curves) if low <= curve.x + 1e-9 and curve.x < high]
    if inside[0] == best and best > 0:
        inside.insert(0, best - 1)
    stalled = gains[best] < max(_STALLED * learnt, noise) and level <= _EARLY * max_epochs
    near = losses <= losses[best] + max((1 - _LEARNT) * learnt, 6 * noise)
    sweep: list[int] = []
    for index in np.flatnonzero(near)[::-1] if stalled else ():
        if index >= tied[0] and not (sweep and curves[sweep[-1]].x - curves[index].x < _APART):
            sweep.append(int(index))
    floor = max(low, curves[tied[0]].x)
    end = 0
    if len(tied) == 1:
        lowest, highest = curves[best].x <= xs[0], curves[best].x >= xs[-1]
        end = -1 if lowest else int(highest and not stalled)
    leads = tied[-1] if losses[best] < curves[0].first else -1
    top = bool(curves[leads].x >= xs[-1])
    return Window(low, high, best, tuple(inside), tuple(sweep), floor, end, top)

"""Which rate a race recommends, by what its trials have shown: pure functions of arrays.

Early scores favour high rates: what a high rate costs, the noise of the gradient that it lets
through, shows only when the way is gone that it saves. The best constant rate of stochastic
gradient descent falls with the number of steps, by a power from 0, where there is no noise, to 1/2,
where the bound of convex problems is reached (A. Nemirovski, A. Juditsky, G. Lan and A. Shapiro,
"Robust stochastic approximation approach to stochastic programming", SIAM J. Optim. 19, 2009). So
from a leader that has seen few epochs the race aims at a lower rate, the less so the more it has
seen, and at its own after a full training.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from lrsearch.evidence import Curve, finals, scatter
from lrsearch.rate import Rate
from lrsearch.searches.rounds import rank

__all__ = ["NEAR", "aim", "choose"]

NEAR = 0.3
"""Rates this close to the aim, in decades, are near enough: the better score decides there."""

_POWER = 0.3
"""By which the best rate falls with the epochs: about midway between 0 and 1/2."""
_BELIEF = 1.0
"""A prior is believed within so many decades: its standard deviation, and how far it is heard."""
_PROVEN = 0.5
"""Trials with fewer epochs are credited with half of what their nearest deeper neighbour gained
meanwhile: a promise has to be better than what is proven."""
_UNSEEN = 0.1
"""What a trial of one score may gain with the next, as a fraction of all that was learnt."""
_TIED = 0.005
"""Losses this close, as a fraction of all that was learnt, count as equal."""
_EARLY = 0.26
"""A plateau matters up to this fraction of a full training."""
_MARGIN = 0.05
"""What a trial may be behind the leader, at steps that went as far, as a fraction of all that was
learnt."""


def aim(
    curves: Sequence[Curve], max_epochs: int, prior: float | None = None
) -> tuple[Curve, float]:
    """The trial that leads, and the rate to recommend for a full training if it had been tried.

    Early, the highest rate leads that would be level with the best if it gained once more what it
    gained last, what only made good an explosion not counted: where scores lie on a plateau, higher
    rates leave it first. The aim lies as far
    below the leader as epochs are to come; it is as uncertain as it is far, so a prior within a
    decade of it counts by how certain both are (the mean of two normal estimates). Of losses that
    are equal the prior says which one leads. Where several are equal because nothing was learnt,
    nothing speaks for a higher rate or a lower one: the aim is the prior, or else their middle.

    Parameters
    ----------
    curves : sequence of Curve
        At least one, ascending in rate; trials that have diverged are not among them.
    max_epochs : int
        Epochs of a full training.
    prior : float, optional
        The rate believed in, in log10.

    Returns
    -------
    leader : Curve
    target : float
        In log10 of the rate.

    Examples
    --------
    >>> from lrsearch.evidence import curve
    >>> after_one = [curve(rate, {1: score}) for rate, score in ((0.01, 3.0), (0.1, 2.0))]
    >>> [round(10 ** aim(after_one, epochs)[1], 3) for epochs in (1, 100)]
    [0.1, 0.025]
    """
    losses = finals(curves, _PROVEN)
    best = _best(curves, losses, prior)
    leader = curves[best]
    untrained = _untrained(curves)
    learnt = untrained - float(losses[best])
    level = np.flatnonzero(losses == losses[best])
    if learnt <= 0 and len(level) > 1:
        middle = (curves[level[0]].x + curves[level[-1]].x) / 2 if prior is None else prior
        leader = min((curves[int(place)] for place in level), key=lambda c: abs(c.x - middle))
        return leader, leader.x
    if leader.epochs <= _EARLY * max_epochs:
        gains = np.array([curve.gain for curve in curves])
        gains = np.where(np.isnan(gains), _UNSEEN * learnt, gains)
        gains = np.fmin(gains, np.fmax(0.0, untrained - losses))
        left = np.array([1 - curve.epochs / max_epochs for curve in curves])
        near = np.fmax(gains, max(_TIED * learnt, 2 * scatter(curves))) * left
        leader = curves[int(np.flatnonzero(losses <= losses[best] + near)[-1])]
    lower = _POWER * math.log10(max_epochs / leader.epochs)
    target = leader.x - lower
    if prior is not None and abs(prior - target) <= _BELIEF:
        target += (prior - target) * lower**2 / (lower**2 + _BELIEF**2)
    return leader, target


def choose(
    rates: Sequence[Rate], curves: Sequence[Curve], max_epochs: int, prior: float | None = None
) -> list[Rate]:
    """The rates in the order in which a race recommends them, the best first.

    Once the best has seen a full training, the order is that of the losses. Before, it is that of
    the distance to `aim`, the losses among those near it, and trials that are behind come last.

    Parameters
    ----------
    rates : sequence of Rate
        Ascending.
    curves : sequence of Curve
        What they have shown; trials that have diverged are not among them.
    max_epochs : int
        Epochs of a full training.
    prior : float, optional
        The rate believed in, in log10.
    """
    if not curves:
        return []
    losses = finals(curves, _PROVEN)
    ranked = rank(dict(zip(rates, losses.tolist(), strict=True)))
    if curves[int(np.argmin(losses))].epochs >= max_epochs:
        return ranked
    leader, target = aim(curves, max_epochs, prior)
    untrained = _untrained(curves)
    learnt = untrained - float(losses.min())
    behind = np.array([_behind(curve, leader, untrained, _MARGIN * learnt) for curve in curves])
    distance = np.abs([curve.x - target for curve in curves])
    near = ~behind & (distance <= NEAR)
    good = losses <= np.min(losses[near], initial=math.inf) + _TIED * learnt
    keys = zip(behind, np.fmax(distance, NEAR), near & ~good, distance, strict=True)
    by_rate = dict(zip(rates, keys, strict=True))
    return sorted(ranked, key=by_rate.__getitem__)


def _best(curves: Sequence[Curve], losses: np.ndarray, prior: float | None) -> int:
    """The place of the least loss, or of one that counts as equal and is nearer to the prior."""
    best = int(np.argmin(losses))
    if prior is None:
        return best
    tied = _TIED * (_untrained(curves) - float(losses[best]))
    level = np.flatnonzero(losses <= losses[best] + tied)
    return int(min(level, key=lambda place: abs(curves[int(place)].x - prior)))


def _behind(curve: Curve, leader: Curve, untrained: float, margin: float) -> bool:
    """Whether a trial has learnt less than the leader had when its steps had gone as far."""
    epochs = min(int(curve.epochs * 10 ** (curve.x - leader.x)), leader.epochs)
    if epochs < 1:
        return curve.loss > untrained - margin
    return curve.loss > float(leader.best[epochs - 1]) + margin


def _untrained(curves: Sequence[Curve]) -> float:
    return max(curves[0].first, float(np.median([curve.first for curve in curves])))

"""Learning curves as a race reads them: pure functions of arrays.

Everything here works on losses, scores turned so that smaller is better, and compares only
differences of them, so that neither the scale nor the offset of a score matters.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["Curve", "credited", "curve", "finals", "promises", "reached", "scatter"]

Array = npt.NDArray[np.float64]

_MAD = 1.4826
"""Median absolute deviation to standard deviation, for a normal distribution."""


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """What one trial has shown so far.

    Attributes
    ----------
    x : float
        log10 of the rate.
    best : array of shape (epochs,)
        The smallest loss up to each epoch; epochs without a score are filled in, linearly in the
        logarithm of the epoch.
    first : float
        The loss of the first epoch that has one.
    noise : float
        The scatter of the loss from epoch to epoch (see `scatter`); nan where there are too few.
    validated : int
        How many epochs have a score.
    gain : float
        How much the loss fell while the epochs doubled last; nan where one score says nothing. A
        learning curve is close to straight in the logarithm of the epochs over such a stretch, so
        this is also what the next doubling may bring, and seldom less than that.
    """

    x: float
    best: Array
    first: float
    noise: float
    validated: int
    gain: float

    @property
    def epochs(self) -> int:
        """Epochs that the trial has behind it."""
        return len(self.best)

    @property
    def loss(self) -> float:
        """The smallest loss so far."""
        return float(self.best[-1])


def curve(rate: float, scores: Mapping[int, float], sign: float = 1.0) -> Curve | None:
    """The curve of a trial that has not diverged; None for one that has, or has no score.

    Parameters
    ----------
    rate : float
        Its learning rate, above 0.
    scores : mapping of int to float
        The score by epoch, from 1.
    sign : float
        1 where a smaller score is better, -1 where a larger one is.

    Examples
    --------
    >>> curve(0.01, {1: 4.0, 2: 3.0, 3: 3.5}).best
    array([4., 3., 3.])
    >>> curve(0.1, {1: 8.0, 2: 6.0, 3: 5.5, 4: 5.0}).gain
    1.0
    >>> curve(0.01, {2: 4.0, 8: 2.0}).best.round(2).tolist()
    [4.0, 4.0, 3.42, 3.0, 2.68, 2.42, 2.19, 2.0]
    """
    if not scores:
        return None
    epochs = np.array(sorted(scores))
    losses = sign * np.array([scores[epoch] for epoch in epochs])
    if not np.isfinite(losses).all():
        return None
    every = np.arange(1, epochs[-1] + 1)
    smallest = np.minimum.accumulate(losses)
    whole = len(every) == len(epochs)
    best = smallest if whole else np.interp(np.log(every), np.log(epochs), smallest)
    noise = math.nan
    if whole and len(losses) >= 3:
        noise = _MAD * float(np.median(np.abs(np.diff(losses, 2)))) / math.sqrt(6)
    validated = len(losses)
    return Curve(math.log10(rate), best, float(losses[0]), noise, validated, _gain(best, validated))


def _gain(best: Array, validated: int) -> float:
    if validated < 2:
        return math.nan
    half = len(best) // 2
    return float(best[half - 1] - best[-1]) / math.log2(len(best) / half)


def scatter(curves: Sequence[Curve]) -> float:
    """The noise of one score: the median over trials of its scatter in time.

    Each trial's is the median absolute second difference of its losses, as a standard deviation:
    the second difference of independent noise has six times its variance, and that of a smooth
    curve is next to none (Gasser, Sroka and Jennen-Steinmetz, "Residual variance and residual
    pattern in nonlinear regression", Biometrika 73, 1986). 0 where no trial has three scores.
    """
    noises = [curve.noise for curve in curves if not math.isnan(curve.noise)]
    return float(np.median(noises)) if noises else 0.0


def finals(curves: Sequence[Curve], share: float = 1.0) -> Array:
    """Losses made comparable: what each trial would have at the deepest one's epochs.

    Trials are compared at equal epochs. A trial that has fewer epochs than another is credited
    with what its nearest deeper neighbour in log rate gained since that many epochs.

    Parameters
    ----------
    curves : sequence of Curve, length n
    share : float
        How much of the neighbour's gain to credit. 1 is the fair estimate; less favours the
        trials that have proven what others only promise.

    Returns
    -------
    array of shape (n,)

    Examples
    --------
    >>> deep = curve(0.01, {1: 8.0, 2: 6.0, 3: 5.0, 4: 4.0})
    >>> shallow = curve(0.02, {1: 7.0, 2: 5.5})
    >>> finals([deep, shallow])
    array([4. , 3.5])
    """
    return credited(
        np.array([curve.x for curve in curves]),
        np.array([curve.epochs for curve in curves]),
        np.array([curve.loss for curve in curves]),
        lambda index, epoch: float(curves[index].best[epoch - 1]),
        share,
    )


def credited(
    xs: Array,
    epochs: npt.NDArray[np.intp],
    losses: Array,
    reached: Callable[[int, int], float],
    share: float = 1.0,
) -> Array:
    """`finals`, for trials of which little is known: no curve is made that is not looked at.

    Parameters
    ----------
    xs, epochs, losses : arrays of shape (n,)
        log10 of the rates, the epochs that they have behind them, their smallest losses.
    reached : callable
        Gives the smallest loss of a trial, by its index, up to an epoch.
    share : float
        As for `finals`.
    """
    estimate = losses.copy()
    done = np.zeros(0, int)
    for depth in np.unique(epochs)[::-1]:
        members = np.flatnonzero(epochs == depth)
        if len(done):
            neighbours = done[_nearest(xs[done], xs[members])]
            there = [reached(int(index), int(depth)) for index in neighbours]
            estimate[members] -= share * (there - estimate[neighbours])
        done = np.concatenate([done, members])
    return estimate


def reached(scores: Mapping[int, float], epoch: int, sign: float) -> float:
    """The smallest loss of a trial that has not diverged, up to an epoch that it has behind it.

    Examples
    --------
    >>> reached({1: 4.0, 2: 3.0, 4: 2.0}, 2, 1.0), round(reached({2: 4.0, 8: 2.0}, 4, 1.0), 2)
    (3.0, 3.0)
    """
    if epoch in scores:
        return min(sign * score for known, score in scores.items() if known <= epoch)
    shown = curve(1.0, scores, sign)
    return math.nan if shown is None else float(shown.best[epoch - 1])


def _nearest(xs: Array, places: Array) -> npt.NDArray[np.intp]:
    """For each place the index of the nearest x: of several, the first."""
    values, first = np.unique(xs, return_index=True)
    right = np.searchsorted(values, places).clip(0, len(values) - 1)
    left = (right - 1).clip(0)
    nearer = np.abs(values[left] - places) - np.abs(values[right] - places)
    leftwards = (nearer < 0) | ((nearer == 0) & (first[left] < first[right]))
    return np.asarray(np.where(leftwards, first[left], first[right]))


def promises(curves: Sequence[Curve], max_epochs: int) -> Array:
    """Losses that the trials promise for a full training: `finals`, less their own trend.

    Each doubling to come is expected to gain half of what the one before it did. Good for the
    order in which trials are continued, too optimistic to recommend a rate by.

    Parameters
    ----------
    curves : sequence of Curve, length n
    max_epochs : int
        Epochs of a full training.

    Returns
    -------
    array of shape (n,)

    Examples
    --------
    >>> fast, slow = curve(0.1, {1: 4.0, 2: 4.0}), curve(0.01, {1: 6.0, 2: 4.0})
    >>> promises([fast, slow], 8).tolist()
    [4.0, 2.5]
    """
    epochs = np.array([curve.epochs for curve in curves])
    gains = np.nan_to_num(np.array([curve.gain for curve in curves]))
    coming = 1 - epochs.max() / max_epochs
    trend: Array = gains * (epochs / epochs.max()) * coming
    return finals(curves) - trend

"""A sweep as the statistics see it: one place for each rate, its mean loss, its trainings.

Failures are no noise. A training that failed among good ones of its own rate, or the only one of
its rate, between two rates that did well, is set aside here; rates that all fail stay, since that
is what tells them from the good ones.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from lrsearch.evidence.fits import Array, normal_quantile

__all__ = ["Sweep", "swept"]

_FAR = 10.0
"""Noises beyond the rest from which on a score is a failure."""
_MAD = 1 / normal_quantile(0.75)
_MOST_PLACES = 1000
"""More rates than these are gathered into as many places of equal width."""
_LARGEST = 1e140
"""Losses are cut off so far above the best, where their squares still are numbers."""


@dataclass(frozen=True, slots=True, eq=False)
class Sweep:
    """The places of a sweep, by rate.

    Attributes
    ----------
    x : array of shape (k,)
        log10 of the rate, ascending.
    losses : array of shape (k,)
        The mean loss of the place's trainings, above that of the best score.
    counts : array of shape (k,)
        How many trainings that is.
    errors : array of shape (k,) or None
        The standard error of each mean, where standard errors were told.
    squares : array of shape (k,)
        The sum of squares of the trainings about their mean.
    aside : tuple of float
        log10 of the rates of trainings set aside as failures.
    """

    x: Array
    losses: Array
    counts: Array
    errors: Array | None
    squares: Array
    aside: tuple[float, ...] = ()

    def __len__(self) -> int:
        return len(self.x)

    def __getitem__(self, part: Any) -> Sweep:
        errors = None if self.errors is None else self.errors[part]
        return Sweep(
            self.x[part], self.losses[part], self.counts[part], errors, self.squares[part],
            self.aside,
        )  # fmt: skip

    @property
    def repeats(self) -> int:
        """Degrees of freedom of the noise within places."""
        return int(self.counts.sum()) - len(self)

    @property
    def pure(self) -> float:
        """The standard deviation of trainings of one rate; nan where none is repeated."""
        return math.sqrt(self.squares.sum() / self.repeats) if self.repeats else math.nan

    @property
    def near(self) -> Sweep:
        """The better places: what is far from the best is no evidence about the noise there."""
        return self if len(self) < 4 else self[self.losses <= self._far]

    @property
    def _far(self) -> float:
        """Losses beyond this are far: twice the 60th percentile, so that noise is not cut off."""
        return 2 * float(np.quantile(self.losses, 0.6))

    @property
    def roughness(self) -> float:
        """The noise of one score: the median departure from the line through the neighbours.

        From Gasser, Sroka and Jennen-Steinmetz, "Residual variance and residual pattern in
        nonlinear regression", Biometrika 73, 1986; the median, so that a cliff is not taken for
        noise, and of the better places alone, wherever there are enough.
        """
        x, y, counts = self.x, self.losses, self.counts
        left = (x[2:] - x[1:-1]) / (x[2:] - x[:-2])
        right = 1 - left
        departures = np.abs(y[1:-1] - left * y[:-2] - right * y[2:])
        departures /= np.sqrt(1 / counts[1:-1] + left**2 / counts[:-2] + right**2 / counts[2:])
        highest = np.maximum(np.maximum(y[:-2], y[2:]), y[1:-1])
        near = highest <= self._far
        return float(np.median(departures[near] if near.sum() >= 3 else departures)) * _MAD

    def without_failures(self, noise: Array) -> Sweep:
        """Without single trainings that lie far above both of their neighbours.

        Parameters
        ----------
        noise : array of shape (k,)
            The standard error of each place.
        """
        keep = np.arange(len(self))
        while len(keep) > 2:
            y = self.losses[keep]
            above = y[1:-1] - np.maximum(y[:-2], y[2:])
            above[self.counts[keep[1:-1]] > 1] = -np.inf
            far = above / np.maximum(noise[keep[1:-1]], 1e-300)
            worst = int(np.argmax(far))
            if far[worst] <= _FAR:
                break
            keep = np.delete(keep, worst + 1)
        lost = np.delete(self.x, keep).tolist()
        return replace(self[keep], aside=(*self.aside, *lost))


def swept(x: Array, losses: Array, errors: Array | None) -> Sweep:
    """The sweep of some trainings.

    Parameters
    ----------
    x : array of shape (n,)
        log10 of the rates.
    losses : array of shape (n,)
        Finite scores, smaller is better.
    errors : array of shape (n,) or None
        Their standard errors, above zero.

    Examples
    --------
    >>> rates = np.array([-3.0, -3, -3, -3, -2, -2, -2, -2])
    >>> losses = np.array([0.21, 0.23, 1e30, 0.22, 0.31, 0.33, 0.32, 0.31])
    >>> sweep = swept(rates, losses, None)
    >>> sweep.x.tolist(), (sweep.losses + 0.21).round(3).tolist(), sweep.aside
    ([-3.0, -2.0], [0.22, 0.318], (-3.0,))
    """
    order = np.lexsort((losses, x))
    losses = np.minimum(losses[order] - losses.min(), _LARGEST)
    errors = None if errors is None else errors[order]
    place = _places(x[order])
    keep = ~_failed(place, losses)
    kept, y = place[keep], losses[keep]
    counts = np.bincount(kept).astype(float)
    xs = np.bincount(kept, x[order][keep]) / counts
    if errors is None:
        means = np.bincount(kept, y) / counts
    else:
        weights = errors[keep] ** -2.0
        total = np.bincount(kept, weights)
        means, errors = np.bincount(kept, weights * y) / total, np.asarray(total**-0.5, float)
    squares = np.bincount(kept, (y - means[kept]) ** 2).astype(float)
    return Sweep(xs, means, counts, errors, squares, tuple(x[order][~keep].tolist()))


def _places(x: Array) -> npt.NDArray[np.intp]:
    """The number of each training's place; `x` ascends."""
    values, place = np.unique(x, return_inverse=True)
    if len(values) > _MOST_PLACES:
        edges = np.linspace(values[0], values[-1], _MOST_PLACES + 1)[1:-1]
        _, place = np.unique(np.searchsorted(edges, x), return_inverse=True)
    return place


def _failed(place: npt.NDArray[np.intp], losses: Array) -> npt.NDArray[np.bool_]:
    """Whether a training failed among good ones of its place; both arrays are sorted."""
    counts = np.bincount(place)
    first = np.cumsum(counts) - counts
    medians = (losses[first + (counts - 1) // 2] + losses[first + counts // 2]) / 2
    repeated = counts > 1
    if not repeated.any():
        return np.zeros(len(losses), bool)
    near = repeated & (medians <= np.median(medians[repeated]))
    spread = np.abs(losses - medians[place])[near[place]]
    noise = _MAD * float(np.median(spread[spread > 0])) if (spread > 0).any() else 0.0
    shrunk = math.sqrt(1 - 1 / float(np.median(counts[near])))
    return np.asarray((losses - medians[place] > _FAR * noise / shrunk) & (counts > 2)[place]
                      & (noise > 0))  # fmt: skip

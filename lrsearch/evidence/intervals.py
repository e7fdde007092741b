"""Where the optimum of noisy scores lies: local fits, and where their slope may be zero.

Scores near their optimum follow a smooth curve in the logarithm of the rate. A polynomial, of the
second degree where that will do, is fitted to the places about the best one, over the widest
window in which higher terms are not significant and no more is left than noise. The interval holds
every place that the optimum may have at 95 %: those where the slope of the fit is not
significantly different from zero, ``|f'(x)| <= t * se(f'(x))``. For a parabola that is Fieller's
interval of the ratio ``-b / 2c``, exact for normal noise and unbounded where the curvature cannot
be told from zero; for local fits in general it is where SiZer sees neither an increase nor a
decrease. A lopsided optimum biases a fit before its next term gets significant, so the interval
is the union of that fit's with two that guard it: of one degree more, and over the next smaller
window, which may leave a side open and then doubles the interval on that side. The
guards are asked for 90 %.

A window ends at a wall, a step between neighbouring rates that is far larger than all that the
scores do on its near side: what lies behind a cliff says nothing about the bottom before it.

A rate is worse beyond doubt if its mean lies above the best one by more than the noise near the
best explains, by Student's t at a level shared between all pairs of rates (Tukey's question,
answered by Bonferroni): in 95 of 100 sweeps over a plateau none of its rates is called worse. No
such rate lies inside the interval. The interval ends at the last rate before it if the rates
before it lie on a plateau at least twice as wide as the step to it, and just inside it otherwise,
since the optimum may lie between. A failed training between two rates that did well is no such
rate (see `sweep`).

References
----------
E. C. Fieller, "Some problems in interval estimation", JRSS B 16, 1954.
P. Chaudhuri and J. S. Marron, "SiZer for exploration of structures in curves", JASA 94, 1999.
J. C. Hsu, "Multiple Comparisons: Theory and Methods", 1996.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from lrsearch.evidence.fits import Array, Fit, f_score, fitted, t_quantile
from lrsearch.evidence.sweep import Sweep, swept

__all__ = ["Bottom", "Interval", "interval"]

_FEWEST = 5
"""Places that a fit needs."""
_WINDOWS = (8.0, 3.0, 2.0, 1.4, 1.0, 0.7, 0.5, 0.35, 0.25, 0.17, 0.12, 0.08)
"""Half widths of the window in decades, widest first."""
_DEGREES = ((2, 2), (2, 0), (3, 2), (3, 0), (4, 2), (4, 0))
"""Degrees to try, and how many places each asks for beyond those that it needs."""
_GRID = 801
_OPEN = 2.0
"""By how much the guard over the smaller window, which may be open, can widen the interval."""
_CONFIDENT, _GUARDED, _TERM = 0.975, 0.95, 0.95
"""One-sided significance of the slope, of a guard's slope, and of a term that is left out."""
_SHARED = 0.1
"""What all pairs of rates may share of doubt. Bonferroni's bound is so far from sharp, all pairs
being judged by one noise, that 5 % or fewer plateaus have a rate called worse."""
_CURVED = 0.995
"""Significance asked of the curvature: the window was chosen about the best score."""
_UNLIKELY = 2.33
"""Normal deviate from which on a fit leaves more than noise."""
_WALL = 6.0
_CLIFF = 10.0
"""Noises that a step to be called a wall, or a cliff, has at least."""
_SURE = 10
"""Degrees of freedom that the noise of a fit needs, to be the one that rates are judged by."""
_OWN_ERROR = 10.0
"""A told error counts for no more than so many times those near the best."""


@dataclass(frozen=True, slots=True, eq=False)
class Bottom:
    """The fit about the optimum, for who asks what more trainings would give.

    Attributes
    ----------
    place : float
        Where the minimum of the fit lies, in log10 rate.
    loss : float
        The loss there, above the best score.
    half : float
        The half width of the window in decades, to its nearer end.
    bend, bend_error : float
        Half the second derivative there, and its standard error.
    noise : float
        The standard deviation of one score.
    freedom : int
        Its degrees of freedom.
    """

    place: float
    loss: float
    half: float
    bend: float
    bend_error: float
    noise: float
    freedom: int


@dataclass(frozen=True, slots=True)
class Interval:
    """Where the optimum lies.

    Attributes
    ----------
    low, high : float
        The ends of the interval in log10 rate; infinite where it is not bounded.
    noise : float
        The standard deviation of one score; nan where nothing tells.
    source : str
        What the noise contains: "repeats", "told", "inits", "one init" or "unknown".
    worse : tuple of two floats
        log10 of the nearest rates on either side that are worse beyond doubt; infinite where
        there is none. An end equal to it is meant to exclude it.
    cliffs : tuple of two bools
        Whether a plateau ends there at a cliff.
    equal : bool
        Whether all scores are equal.
    aside : tuple of float
        log10 of the rates of failed trainings that were set aside.
    bottom : Bottom or None
        The fit about the best rate, where it is curved beyond doubt.
    """

    low: float
    high: float
    noise: float
    source: str
    worse: tuple[float, float] = (-math.inf, math.inf)
    cliffs: tuple[bool, bool] = (False, False)
    equal: bool = False
    aside: tuple[float, ...] = ()
    bottom: Bottom | None = None

    @property
    def bounded(self) -> bool:
        """Whether the scores say anything about the place of the optimum."""
        return math.isfinite(self.low) and math.isfinite(self.high)


def interval(x: Array, losses: Array, inits: Array | None, errors: Array) -> Interval:
    """The 95 % interval of the place of the optimum.

    Parameters
    ----------
    x : array of shape (n,)
        log10 of the rates.
    losses : array of shape (n,)
        Finite scores, smaller is better.
    inits : array of shape (n,) or None
        The init of each training; None where nobody knows.
    errors : array of shape (n,)
        The standard error of each score; nan where none was told. Used if most are known; the
        others then have their median.

    Examples
    --------
    >>> x = np.linspace(-4, -2, 9)
    >>> wobble = 0.02 * np.array([1, -1, -1, 1, 1, -1, 1, -1, 1])
    >>> found = interval(x, (x + 3.1) ** 2 + wobble, np.arange(9), np.full(9, np.nan))
    >>> found.low < -3.1 < found.high, found.source
    (True, 'inits')
    """
    known = errors > 0
    told = None
    if 2 * known.sum() > len(errors):
        told = np.where(known, errors, np.median(errors[known]))
    sweep = swept(x, losses, told)
    source = _source(sweep, inits)
    if np.ptp(losses) == 0 and len(x) > 1:
        noise = 0.0 if told is None else float(np.mean(told))
        return Interval(-math.inf, math.inf, noise, source, equal=True)
    if sweep.errors is None and not sweep.repeats and len(sweep) < _FEWEST:
        return Interval(-math.inf, math.inf, math.nan, source)
    sweep = sweep.without_failures(_errors(sweep, _near_noise(sweep)[0]))
    noise, freedom = _near_noise(sweep)
    found = Interval(-math.inf, math.inf, _of_one(sweep, noise), source, aside=sweep.aside)
    fits = _fits(sweep, _errors(sweep, noise))
    if fits is not None:
        part, (fit, *guards), centre = fits
        if fit.freedom >= min(freedom, _SURE):
            noise, freedom = fit.noise, fit.freedom
        low, high = _flat(part.x - centre, fit, guards)
        one = part.pure if source == "repeats" and part.repeats else _of_one(part, fit.noise)
        found = replace(found, low=centre + low, high=centre + high, noise=one)
        found = replace(found, bottom=_bottom(part, fit, centre, one))
    return _cut(found, sweep, _errors(sweep, noise), freedom)


def _source(sweep: Sweep, inits: Array | None) -> str:
    if sweep.errors is not None:
        return "told"
    if sweep.repeats and sweep.pure > 0 and (inits is None or len(np.unique(inits)) > 1):
        return "repeats"
    if inits is None:
        return "unknown"
    return "inits" if len(np.unique(inits)) > 1 and not sweep.repeats else "one init"


def _near_noise(sweep: Sweep) -> tuple[float, int]:
    """The noise of one score near the best, and its degrees of freedom; 1 where it was told."""
    near = sweep.near
    if sweep.errors is not None:
        return 1.0, 60
    if near.repeats:
        return near.pure, near.repeats
    return sweep.roughness, max(3, len(near) // 2)


def _errors(sweep: Sweep, noise: float) -> Array:
    """The standard error of each place's mean."""
    if sweep.errors is None:
        return np.asarray(noise / np.sqrt(sweep.counts))
    return np.asarray(noise * np.minimum(sweep.errors, _OWN_ERROR * _typical(sweep)))


def _of_one(sweep: Sweep, noise: float) -> float:
    """The noise of one training near the best."""
    return noise if sweep.errors is None else noise * _typical(sweep)


def _typical(sweep: Sweep) -> float:
    near = sweep.near
    return float(np.median(near.errors * np.sqrt(near.counts)))


def _centre(sweep: Sweep) -> int:
    """The best place; of told scores, the one that is sure to be as good as any."""
    return int(np.argmin(sweep.losses if sweep.errors is None else sweep.losses + sweep.errors))


# Windows and fits -------------------------------------------------------------------------------


def _fits(sweep: Sweep, errors: Array) -> tuple[Sweep, list[Fit], float] | None:
    """The widest window that a polynomial fits, its fit and the guards, and its centre."""
    if len(sweep) < _FEWEST:
        return None
    index = _centre(sweep)
    centre = float(sweep.x[index])
    windows = list(_windows(sweep, index, errors))
    for degree, more in _DEGREES:
        for number, part in enumerate(windows):
            if len(part) < degree + 3 + (more if part.repeats < 4 else 0):
                break
            fit = _fit(part, centre, degree)
            if not _adequate(part, fit, centre):
                continue
            fits = [fit, _fit(part, centre, degree + 1)]
            if part.errors is None and number + 1 < len(windows):
                inner = windows[number + 1]
                if len(inner) + inner.repeats >= degree + 3 and len(inner) > degree:
                    fits.append(_fit(inner, centre, degree))
            return part, fits, centre
    return None


def _windows(sweep: Sweep, centre: int, errors: Array) -> Iterator[Sweep]:
    x = sweep.x
    bottom, top = _basin(sweep.losses, centre, errors)
    before = None
    for width in _WINDOWS:
        ends = np.searchsorted(x, [x[centre] - width - 1e-9, x[centre] + width + 1e-9])
        first, last = max(int(ends[0]), bottom), min(int(ends[1]), top)
        if last - first >= _FEWEST and (first, last) != before:
            before = first, last
            yield sweep[first:last]


def _basin(losses: Array, centre: int, errors: Array) -> tuple[int, int]:
    """The places between the walls on either side; all of them, where these are too few."""
    steps = []
    for side in (-1, 1):
        ahead, noise = losses[centre::side], errors[centre::side]
        behind = (
            losses[max(0, centre - 3) : centre + 1] if side > 0 else losses[centre : centre + 4]
        )
        reach = np.maximum(np.maximum.accumulate(ahead), behind.max())[:-1] - losses[centre]
        usual = 4 * np.maximum(0, reach - 4 * noise[:-1])
        walls = np.flatnonzero(np.diff(ahead) > _WALL * noise[:-1] + usual)
        steps.append(int(walls[0]) if len(walls) else len(ahead) - 1)
    bottom, top = centre - steps[0], centre + steps[1] + 1
    return (bottom, top) if top - bottom >= _FEWEST else (0, len(losses))


def _fit(part: Sweep, centre: float, degree: int) -> Fit:
    return fitted(part.x - centre, part.losses, part.counts, part.errors, part.squares, degree)


def _adequate(part: Sweep, fit: Fit, centre: float) -> bool:
    """Whether a fit leaves no more than noise, and the next two terms are not significant."""
    places, degree = len(part), len(fit.coefficients) - 1
    between = places - degree - 1
    tiny = 1e-9 * float(np.ptp(part.losses))
    if part.errors is not None:
        ratio = float(((fit.residuals / part.errors) ** 2).sum()) / between
        if f_score(ratio, between, math.inf) > _UNLIKELY:
            return False
    elif part.repeats >= 3 and part.pure > 0:
        ratio = float((part.counts * fit.residuals**2).sum()) / between / part.pure**2
        if f_score(ratio, between, part.repeats) > _UNLIKELY:
            return False
    elif fit.noise > (1 + 3 / math.sqrt(places - 2)) * part.roughness + tiny:
        return False
    terms = min(2, between)
    while terms and between - terms + part.repeats < 2:
        terms -= 1
    if not terms:
        return True
    higher = _fit(part, centre, degree + terms)
    powers = np.arange(degree + 1.0, degree + terms + 1)
    errors = np.sqrt(np.diag(higher.covariance))[degree + 1 :]
    bound = t_quantile(higher.freedom, _TERM) * errors
    bound += tiny * float(np.abs(part.x - centre).max()) ** -powers
    return bool((np.abs(higher.coefficients[degree + 1 :]) <= bound).all())


def _flat(u: Array, fit: Fit, guards: list[Fit]) -> tuple[float, float]:
    """Where the slope of the fits over the window may be zero, about their minimum."""
    if len(fit.coefficients) == 3:
        bend, error = fit.bend(0.0)
        if bend <= t_quantile(fit.freedom, _CURVED) * error:
            return -math.inf, math.inf
    grid = np.linspace(u.min(), u.max(), _GRID)
    low, high = _union(grid, fit, guards)
    step = float(grid[1] - grid[0])
    if math.isfinite(low) and math.isfinite(high):
        low, high = _union(np.linspace(low - step, high + step, _GRID), fit, guards)
    return low, high


def _union(grid: Array, fit: Fit, guards: list[Fit]) -> tuple[float, float]:
    low, high = _ends(grid, fit, _CONFIDENT)
    bottom = float(grid[np.argmin(fit(grid))])
    wider = bottom - _OPEN * (bottom - low), bottom + _OPEN * (high - bottom)
    for guard in guards:
        lower, higher = _ends(grid, guard, _GUARDED)
        if len(guard.coefficients) == len(fit.coefficients):
            lower = wider[0] if lower == -math.inf else lower
            higher = wider[1] if higher == math.inf else higher
        low, high = min(low, lower), max(high, higher)
    return low, high


def _ends(grid: Array, fit: Fit, level: float) -> tuple[float, float]:
    """The places nearest to a fit's minimum where it falls, and where it rises, significantly."""
    slope, error = fit.slope(grid)
    bound = t_quantile(fit.freedom, level) * error
    bottom = int(np.argmin(fit(grid)))
    falling = np.flatnonzero(slope[:bottom] < -bound[:bottom])
    rising = np.flatnonzero(slope[bottom:] > bound[bottom:])
    low = float(grid[falling[-1]]) if len(falling) else -math.inf
    high = float(grid[bottom + rising[0]]) if len(rising) else math.inf
    return low, high


def _bottom(part: Sweep, fit: Fit, centre: float, noise: float) -> Bottom | None:
    """The minimum of a fit and its curvature there, where that is significant."""
    grid = np.linspace(part.x[0], part.x[-1], _GRID)
    place = float(grid[np.argmin(fit(grid - centre))])
    half = min(place - part.x[0], part.x[-1] - place)
    bend, error = fit.bend(place - centre)
    if half <= 0 or bend <= t_quantile(fit.freedom, _CURVED) * error:
        return None
    loss = float(fit(np.array([place - centre]))[0])
    return Bottom(place, loss, float(half), bend, error, noise, fit.freedom)


# Rates that are worse beyond doubt --------------------------------------------------------------


def _cut(found: Interval, sweep: Sweep, errors: Array, freedom: int) -> Interval:
    """End the interval before the nearest rates that are worse beyond doubt."""
    places = len(sweep)
    if places < 2 or not np.isfinite(errors).all():
        return found
    x, losses = sweep.x, sweep.losses
    beyond = t_quantile(max(2, freedom), 1 - _SHARED / (places * (places - 1)))
    best = int(np.argmin(losses + beyond * errors))
    tiny = 1e-9 * float(np.median(losses))
    worse = losses - losses[best] > beyond * np.hypot(errors, errors[best]) + tiny
    below, above = np.flatnonzero(worse[:best]), best + np.flatnonzero(worse[best:])
    first = int(below[-1]) + 1 if len(below) else 0
    last = int(above[0]) - 1 if len(above) else places - 1
    ends, nearest, cliffs = [found.low, found.high], [-math.inf, math.inf], [False, False]
    for side, (good, bad) in enumerate(((first, first - 1), (last, last + 1))):
        if not 0 <= bad < places:
            continue
        nearest[side] = float(x[bad])
        plateau = abs(x[bad] - x[good]) <= (x[last] - x[first]) / 2
        end = float(x[good] if plateau else x[bad])
        if (ends[side] - end) * (1 if side else -1) >= 0:
            ends[side] = end
            cliffs[side] = bool(plateau and losses[bad] - losses[good] > _CLIFF * errors[good])
    if ends[0] > ends[1]:
        ends = [float(x[first]), float(x[last])]
    return replace(
        found, low=ends[0], high=ends[1], worse=(nearest[0], nearest[1]),
        cliffs=(cliffs[0], cliffs[1]),
    )  # fmt: skip

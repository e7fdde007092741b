"""Where the optimum of noisy scores lies: local fits, and where their slope may be zero.

Scores near their optimum follow a smooth curve in the logarithm of the rate. A parabola is fitted
by least squares (weighted, if standard errors were told) to the scores about the best one, over
the widest window in which cubic and quartic terms are not significant, and in which it leaves no
more than the noise between neighbours. The interval holds every
place that the optimum may have at 95 %: those where the slope of the fit is not significantly
different from zero, ``|f'(x)| <= t * se(f'(x))``. For a parabola that is Fieller's interval of
the ratio ``-b / 2c``, exact for normal noise and unbounded where the curvature cannot be told
from zero; for local fits in general it is where SiZer sees neither an increase nor a decrease. A
lopsided optimum biases the parabola before its cubic term gets significant, so the interval is
the union of the parabola's and the cubic's. A side that the slope leaves open ends at the next
rate whose score is worse beyond doubt.

References
----------
E. C. Fieller, "Some problems in interval estimation", JRSS B 16, 1954.
P. Chaudhuri and J. S. Marron, "SiZer for exploration of structures in curves", JASA 94, 1999.
R. T. Birge, "The calculation of errors by the method of least squares", Phys. Rev. 40, 1932 (the
scaling of standard errors that turn out too small).
G. W. Hill, "Algorithm 396: Student's t-quantiles", CACM 13, 1970.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

__all__ = ["Interval", "interval", "t_quantile"]

Array = npt.NDArray[np.float64]
_Fit = tuple[Array, Array, float, int]

_FEWEST = 5
"""Distinct rates that a fit needs."""
_WINDOWS = (8.0, 3.0, 2.0, 1.4, 1.0, 0.7, 0.5, 0.35, 0.25, 0.17, 0.12, 0.08)
"""Half widths of the window in decades, widest first."""
_GRID = 801
_ONE_SIDED = 0.975
_CURVED = 0.995
"""Significance asked of the curvature: the window was chosen about the best score."""


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
        What the noise contains: "repeats", "told", "inits" or "one init".
    cut : bool
        Whether an end is a rate that is worse beyond doubt, rather than where the slope says.
    equal : bool
        Whether all scores are equal.
    """

    low: float
    high: float
    noise: float
    source: str
    cut: bool = False
    equal: bool = False

    @property
    def bounded(self) -> bool:
        """Whether the scores say anything about the place of the optimum."""
        return math.isfinite(self.low) and math.isfinite(self.high)


def interval(x: Array, losses: Array, inits: Array, errors: Array) -> Interval:
    """The 95 % interval of the place of the optimum.

    Parameters
    ----------
    x : array of shape (n,)
        log10 of the rates.
    losses : array of shape (n,)
        Finite scores, smaller is better.
    inits : array of shape (n,)
        The init of each training.
    errors : array of shape (n,)
        The standard error of each score; nan where none was told. Used if all are known.

    Examples
    --------
    >>> x = np.linspace(-4, -2, 9)
    >>> wobble = 0.02 * np.array([1, -1, -1, 1, 1, -1, 1, -1, 1])
    >>> found = interval(x, (x + 3.1) ** 2 + wobble, np.arange(9), np.full(9, np.nan))
    >>> found.low < -3.1 < found.high, found.source
    (True, 'inits')
    """
    told = bool((errors > 0).all())
    pure, repeated = _within(x, losses)
    source = "one init"
    if told:
        source = "told"
    elif len(np.unique(inits)) > 1:
        source = "inits" if not repeated else "repeats" if pure > 0 else "one init"
    spread = float(np.ptp(losses))
    if len(np.unique(x)) < _FEWEST or spread == 0:
        noise = float(np.mean(errors)) if told else pure if repeated else math.nan
        if spread == 0 and len(x) > 1 and not told:
            noise = 0.0
        equal = spread == 0 and len(x) > 1
        return Interval(-math.inf, math.inf, noise, source, equal=equal)
    weights = 1 / errors**2 if told else np.ones_like(losses)
    centre = x[np.argmin(_pooled(x, losses))]
    chosen, smooth = None, False
    for half in _WINDOWS:
        inside = np.abs(x - centre) <= half
        if len(np.unique(x[inside])) < _FEWEST:
            break
        chosen = inside
        part = x[inside] - centre, losses[inside], weights[inside]
        smooth = _fits(*part, told, 2) and (told or not _rougher_than_noise(*part))
        if smooth:
            break
    if chosen is None:
        return Interval(-math.inf, math.inf, math.nan, source)
    if smooth or told:
        found = _flat(x[chosen], losses[chosen], weights[chosen], told, float(centre), source)
    else:
        noise = pure if source == "repeats" else _between_neighbours(x, losses)
        found = Interval(-math.inf, math.inf, noise, source)
    return _cut(found, x, losses, float(centre))


def t_quantile(freedom: int, level: float = _ONE_SIDED) -> float:
    """The quantile of Student's t distribution (Hill's expansion; 3 % off at 2 degrees).

    Examples
    --------
    >>> [round(t_quantile(freedom), 2) for freedom in (3, 10, 1000)]
    [3.18, 2.23, 1.96]
    """
    z = NormalDist().inv_cdf(level)
    if freedom == 1:
        return math.tan(math.pi * (level - 0.5))
    if freedom == 2:
        return (2 * level - 1) * math.sqrt(2 / (4 * level * (1 - level)))
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    return z + sum((term / freedom**power for power, term in enumerate(terms, 1)), 0.0)


def _within(x: Array, losses: Array) -> tuple[float, bool]:
    """The pooled standard deviation of scores at equal rates, and whether there are any."""
    squares, freedom = 0.0, 0
    for value in np.unique(x):
        group = losses[x == value]
        squares += float(((group - group.mean()) ** 2).sum())
        freedom += len(group) - 1
    return (math.sqrt(squares / freedom), True) if freedom else (math.nan, False)


def _pooled(x: Array, losses: Array) -> Array:
    """For each score, the mean of those at its rate."""
    _, index = np.unique(x, return_inverse=True)
    means: Array = np.bincount(index, losses) / np.bincount(index)
    return means[index]


def _least_squares(u: Array, y: Array, weights: Array, degree: int, told: bool) -> _Fit:
    """Coefficients from the constant up, their covariance, the noise, degrees of freedom."""
    design = np.vander(u, degree + 1, increasing=True)
    root = np.sqrt(weights)
    left, right = design * root[:, None], y * root
    inverse = np.linalg.pinv(left.T @ left)
    coefficients = inverse @ (left.T @ right)
    freedom = len(y) - degree - 1
    squares = float(((right - left @ coefficients) ** 2).sum())
    variance = squares / freedom if freedom else 0.0
    if told:
        variance = max(1.0, variance)
    covariance = np.asarray(inverse * variance, float)
    return coefficients, covariance, math.sqrt(variance), freedom


def _fits(u: Array, y: Array, weights: Array, told: bool, degree: int) -> bool:
    """Whether the two terms above a degree are not significant, or cannot be tried."""
    if len(np.unique(u)) < degree + 5:
        return True
    scale = float(np.abs(u).max()) or 1.0
    higher, covariance, _, freedom = _least_squares(u / scale, y, weights, degree + 2, told)
    errors = np.sqrt(np.diag(covariance)) + 1e-9 * float(np.ptp(y))
    beyond = slice(degree + 1, None)
    return bool((np.abs(higher[beyond]) <= t_quantile(freedom) * errors[beyond]).all())


def _between_neighbours(u: Array, y: Array) -> float:
    """The noise of one score: the median departure from the line through the neighbours.

    From Gasser, Sroka and Jennen-Steinmetz, "Residual variance and residual pattern in nonlinear
    regression", Biometrika 73, 1986; the median, so that a cliff is not taken for noise.
    """
    places, index, counts = np.unique(u, return_inverse=True, return_counts=True)
    means = np.bincount(index, y) / counts
    left = (places[2:] - places[1:-1]) / (places[2:] - places[:-2])
    right = 1 - left
    departures = np.abs(means[1:-1] - left * means[:-2] - right * means[2:])
    departures /= np.sqrt(1 / counts[1:-1] + left**2 / counts[:-2] + right**2 / counts[2:])
    return float(np.median(departures)) / NormalDist().inv_cdf(0.75)


def _rougher_than_noise(u: Array, y: Array, weights: Array) -> bool:
    """Whether a parabola leaves more than the noise that neighbouring scores show."""
    left_over = _least_squares(u, y, weights, 2, told=False)[2]
    allowed = (1 + 3 / math.sqrt(len(np.unique(u)) - 2)) * _between_neighbours(u, y)
    return left_over > allowed + 1e-9 * float(np.ptp(y))


def _flat(x: Array, y: Array, weights: Array, told: bool, centre: float, source: str) -> Interval:
    """Where the slope of the fits over the window may be zero, about their minimum."""
    u = x - centre
    parabola = _least_squares(u, y, weights, 2, told)
    fits = [parabola]
    if len(np.unique(u)) >= _FEWEST + 2:
        fits.append(_least_squares(u, y, weights, 3, told))
    noise = parabola[2]
    pure, repeated = _within(x, y)
    if told:
        noise *= float(np.mean(weights**-0.5))
    elif repeated and source == "repeats":
        noise = pure
    bend, error = parabola[0][2], math.sqrt(parabola[1][2, 2])
    if bend <= t_quantile(parabola[3], _CURVED) * error:
        return Interval(-math.inf, math.inf, noise, source)
    grid = np.linspace(u.min(), u.max(), _GRID)
    low, high = _union(grid, fits)
    step = float(grid[1] - grid[0])
    if math.isfinite(low) and math.isfinite(high):
        low, high = _union(np.linspace(low - step, high + step, _GRID), fits)
    return Interval(centre + low, centre + high, noise, source)


def _cut(found: Interval, x: Array, losses: Array, centre: float) -> Interval:
    """Bound the sides that the slope left open at the next rates that are worse beyond doubt.

    A curve with one optimum has it between rates that are worse than the best on either side.
    Worse means: than the best score, which may be the luckiest of n by about ``sqrt(2 log n)``
    noises, by Student's t at a level shared between all rates (Bonferroni).
    """
    places = np.unique(x)
    means = np.array([losses[x == place].mean() for place in places])
    level = 1 - (1 - _ONE_SIDED) / len(places)
    noises = math.sqrt(2 * math.log(len(places))) + t_quantile(max(2, len(places) - 3), level)
    worse = means > means.min() + noises * found.noise
    below, above = places[worse & (places < centre)], places[worse & (places > centre)]
    low = float(below[-1]) if found.low == -math.inf and len(below) else found.low
    high = float(above[0]) if found.high == math.inf and len(above) else found.high
    return replace(found, low=low, high=high, cut=(low, high) != (found.low, found.high))


def _union(grid: Array, fits: list[_Fit]) -> tuple[float, float]:
    lows, highs = zip(*(_ends(grid, fit) for fit in fits), strict=True)
    return min(lows), max(highs)


def _ends(grid: Array, fitted: _Fit) -> tuple[float, float]:
    """The places nearest to a fit's minimum where it falls, and where it rises, significantly."""
    fit, covariance, _, freedom = fitted
    powers = np.arange(1, len(fit))
    slopes = np.zeros((len(grid), len(fit)))
    slopes[:, 1:] = powers * grid[:, None] ** (powers - 1)
    slope = slopes @ fit
    bound = t_quantile(freedom) * np.sqrt(np.einsum("ij,jk,ik->i", slopes, covariance, slopes))
    bottom = int(np.argmin(np.vander(grid, len(fit), increasing=True) @ fit))
    falling = np.flatnonzero(slope[:bottom] < -bound[:bottom])
    rising = np.flatnonzero(slope[bottom:] > bound[bottom:])
    low = float(grid[falling[-1]]) if len(falling) else -math.inf
    high = float(grid[bottom + rising[0]]) if len(rising) else math.inf
    return low, high

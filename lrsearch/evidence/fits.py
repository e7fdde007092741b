"""Polynomials fitted to a sweep, and the quantiles that judge them: pure functions of arrays.

References
----------
M. Abramowitz and I. A. Stegun, "Handbook of Mathematical Functions", 26.7.3 and 26.7.4 (Student's
t for whole degrees of freedom).
E. B. Wilson and M. M. Hilferty, "The distribution of chi-square", PNAS 17, 1931; E. Paulson, "An
approximate normalization of the analysis of variance distribution", Ann. Math. Stat. 13, 1942.
R. T. Birge, "The calculation of errors by the method of least squares", Phys. Rev. 40, 1932 (the
scaling of standard errors that turn out too small).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

__all__ = ["Fit", "f_score", "fitted", "normal_quantile", "t_quantile"]

Array = npt.NDArray[np.float64]
_LARGE = 200
"""Degrees of freedom from which on Student's t is close enough to the normal's expansion."""

normal_quantile = NormalDist().inv_cdf


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """A polynomial through the losses of places.

    Attributes
    ----------
    coefficients : array of shape (degree + 1,)
        From the constant up.
    covariance : array of shape (degree + 1, degree + 1)
    residuals : array of shape (k,)
    noise : float
        The standard deviation of one score; with told errors, what they have to be multiplied by.
    freedom : int
        Degrees of freedom of that noise, those of repeated trainings among them.
    """

    coefficients: Array
    covariance: Array
    residuals: Array
    noise: float
    freedom: int

    def slope(self, at: Array) -> tuple[Array, Array]:
        """The slope at each point, and its standard error."""
        powers = np.arange(1, len(self.coefficients))
        terms = np.zeros((len(at), len(self.coefficients)))
        terms[:, 1:] = powers * at[:, None] ** (powers - 1)
        return terms @ self.coefficients, np.sqrt(((terms @ self.covariance) * terms).sum(1))

    def bend(self, at: float) -> tuple[float, float]:
        """Half the second derivative at a point, and its standard error."""
        powers = np.arange(2, len(self.coefficients))
        terms = np.zeros(len(self.coefficients))
        terms[2:] = powers * (powers - 1) / 2 * at ** (powers - 2)
        return float(terms @ self.coefficients), math.sqrt(float(terms @ self.covariance @ terms))

    def __call__(self, at: Array) -> Array:
        return np.asarray(np.vander(at, len(self.coefficients), increasing=True)
                          @ self.coefficients)  # fmt: skip


def fitted(
    u: Array, losses: Array, counts: Array, errors: Array | None, squares: Array, degree: int
) -> Fit:
    """The polynomial of least squares.

    Parameters
    ----------
    u : array of shape (k,)
        Where the places lie, about zero.
    losses : array of shape (k,)
        Their mean losses.
    counts : array of shape (k,)
        The trainings behind each.
    errors : array of shape (k,) or None
        The standard errors of the means, where they were told. They may have been measured from
        a few folds, and be small by luck: places are weighted by them and their median together,
        while the covariance is that of the errors as told, scaled up if they are too small.
    squares : array of shape (k,)
        The sum of squares of each place's trainings about its mean.
    degree : int

    Examples
    --------
    >>> u = np.arange(-2.0, 3.0)
    >>> found = fitted(u, 1 + u**2, np.ones(5), None, np.zeros(5), 2)
    >>> (found.coefficients.round(6) + 0.0).tolist()
    [1.0, 0.0, 1.0]
    """
    scale = float(np.abs(u).max()) or 1.0
    design = np.vander(u / scale, degree + 1, increasing=True)
    weights = counts if errors is None else 1 / (errors**2 + float(np.median(errors)) ** 2)
    root = np.sqrt(weights)
    q, r = np.linalg.qr(design * root[:, None])
    inverse = np.linalg.pinv(r)
    gain = inverse @ (q.T * root)
    coefficients = gain @ losses
    residuals = losses - design @ coefficients
    freedom = len(u) - degree - 1
    if errors is None:
        freedom += int(counts.sum()) - len(u)
        total = float((counts * residuals**2).sum() + squares.sum())
        variance = total / freedom if freedom else 0.0
        covariance = inverse @ inverse.T * variance
    else:
        variance = float(((residuals / errors) ** 2).sum()) / freedom if freedom else 1.0
        if not freedom or f_score(variance, freedom, math.inf) < 1.64:
            variance, freedom = 1.0, 60
        covariance = (gain * errors**2) @ gain.T * variance
    powers = scale ** -np.arange(degree + 1.0)
    return Fit(
        coefficients * powers,
        covariance * np.outer(powers, powers),
        residuals,
        math.sqrt(variance),
        freedom,
    )


@lru_cache(maxsize=4096)
def t_quantile(freedom: int, level: float = 0.975) -> float:
    """The quantile of Student's t distribution.

    Examples
    --------
    >>> [round(t_quantile(freedom), 3) for freedom in (1, 2, 3, 10, 1000)]
    [12.706, 4.303, 3.182, 2.228, 1.962]
    >>> round(t_quantile(4, 0.9999), 2)
    13.03
    """
    if freedom > _LARGE:
        z = normal_quantile(level)
        return z + (z**3 + z) / (4 * freedom)
    low, high = 0.0, math.pi / 2
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _within(freedom, middle) < 2 * level - 1 else (low, middle)
    return math.sqrt(freedom) * math.tan(low)


def _within(freedom: int, angle: float) -> float:
    """The probability that ``|t|`` is at most ``sqrt(freedom) * tan(angle)``."""
    cosine = math.cos(angle)
    term = total = cosine if freedom % 2 else 1.0
    if freedom == 1:
        total = 0.0
    for k in range(2 + freedom % 2, freedom - 1, 2):
        term *= (k - 1) / k * cosine**2
        total += term
    within = math.sin(angle) * total
    return (angle + within) * 2 / math.pi if freedom % 2 else within


def f_score(ratio: float, freedom: int, other: float) -> float:
    """How many standard deviations a ratio of two variances lies above what is expected.

    Examples
    --------
    >>> round(f_score(3.33, 5, 10), 2), round(f_score(2.2, 5, math.inf), 1)
    (1.65, 1.6)
    """
    a, b, root = 2 / (9 * freedom), 2 / (9 * other), ratio ** (1 / 3)
    return float(((1 - b) * root - (1 - a)) / math.sqrt(b * root**2 + a))

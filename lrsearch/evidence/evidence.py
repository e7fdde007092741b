"""Evidence: which rates the scores cannot tell apart from the best, and how many digits that is."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import compress
from typing import Any

import numpy as np

from lrsearch.checks import number, sign
from lrsearch.evidence.curves import Array, credited, reached
from lrsearch.evidence.intervals import Interval, interval
from lrsearch.evidence.next_digit import NextDigit, Sample, next_digit
from lrsearch.evidence.sentences import sentence
from lrsearch.rate import Rate
from lrsearch.trial import TrialRecord

__all__ = ["Evidence", "digits_supported"]

_COMPARABLE = 4
"""Trials with less than this part of the deepest trial's epochs are no evidence."""
_MOST_DIGITS = 6
_ALIKE = 4.0
"""Noises of one training that scores may differ by and still be called equally good."""
_MANY = 10
"""Rates whose scatter is enough to know the noise by, where nothing else tells of it."""
_WIDEST = 2.0
"""The ratio of an interval's ends beyond which it supports no digit."""
_MARGIN = math.log10(3)
"""How far from a cliff a rate is recommended, in decades, or else a third of the interval."""


@dataclass(frozen=True)
class Evidence:
    """What the scores of a search, or of any sweep, say about its best rate.

    Attributes
    ----------
    rate : Rate
        The rate to use: the best one, or one further inside if that lies at the edge of a cliff.
    low, high : Rate
        The interval of rates that the scores cannot tell apart from the best at 95 %; the rate
        lies inside, and no rate that is worse beyond doubt.
    noise : float
        The standard deviation of the score of one training near the best; nan where nothing tells.
    digits : int
        Significant digits of the rate that the scores support; 0 is an honest answer.
    sentence : str
        The same for people, and what the noise contains.
    direction : {"minimize", "maximize"}
        Whether a smaller or a larger score is better.

    Notes
    -----
    For scores with one optimum, the interval covers it in 95 of 100 sweeps. On a plateau of
    equally good rates it is meant to hold all of them that were tried, and ends before the cliff.

    What the noise contains, best first: trainings of equal rates from different inits; standard
    errors that were told; the scatter about a smooth fit. Where all trials share one init, that
    scatter does not contain the noise of the initialisation: the sentence says "for this one
    initialisation", and at most one digit is claimed. What is far from the best is no evidence
    about the noise there.

    Rates of zero, diverged trials, and trials that a race left behind are no evidence. With fewer
    than five rates, with equal scores, or where no curvature can be told from noise, the interval
    ends at rates that are worse beyond doubt, or else is the whole range tried. An interval wider
    than a factor of two supports no digit.

    See `lrsearch.evidence.intervals` for the statistics.

    Examples
    --------
    >>> import lrsearch
    >>> search = lrsearch.DigitSearch(digits=1, epochs=1)
    >>> for trial in search:
    ...     wobble = 0.05 * math.sin(1e6 * trial.rate)
    ...     search.tell(trial, math.log10(trial.rate / 0.004) ** 2 + wobble)
    >>> search.evidence().low, search.evidence().high, search.evidence().digits
    (Rate('0.0038'), Rate('0.005'), 1)
    """

    rate: Rate
    low: Rate
    high: Rate
    noise: float
    digits: int
    sentence: str
    direction: str = field(default="minimize", repr=False, compare=False)
    _basis: tuple[Sample, Interval] | None = field(default=None, repr=False, compare=False)

    @classmethod
    def of(
        cls, records: Sequence[TrialRecord], direction: str, rate: Rate | None = None
    ) -> Evidence | None:
        """The evidence of a search's trials; None where no positive rate has a finite score.

        Parameters
        ----------
        records : sequence of TrialRecord
        direction : {"minimize", "maximize"}
        rate : Rate, optional
            The rate that the search would recommend; by default the one of the best mean score.
        """
        turned = sign(direction)
        used = [r for r in records if r.score is not None and r.rate and r.state != "diverged"]
        if not used:
            return None
        epochs = np.array([max(record.scores) for record in used])
        comparable = epochs * _COMPARABLE >= epochs.max()
        used = list(compress(used, comparable))
        rates = np.array([record.rate for record in used], float)
        losses = credited(
            np.log10(rates),
            epochs[comparable],
            turned * np.array([record.score for record in used], float),
            lambda index, epoch: reached(used[index].scores, epoch, turned),
        )
        errors = [math.nan if r.standard_error is None else r.standard_error for r in used]
        inits = np.array([record.init for record in used])
        return _judged(Sample(rates, losses, inits, np.array(errors)), rate, direction)

    @classmethod
    def of_scores(
        cls,
        rates: Iterable[Any],
        scores: Iterable[Any],
        inits: Iterable[Any] | None = None,
        errors: Iterable[Any] | None = None,
        direction: str = "minimize",
    ) -> Evidence | None:
        """The evidence of any sweep, whoever ran it; None where no positive rate has a score.

        Parameters
        ----------
        rates : sequence of rates, length n
            One for each training; equal ones are repeats.
        scores : sequence of numbers, length n
            One for each training, all after as many epochs. nan and ±inf: it has diverged.
        inits : sequence, length n, optional
            What each training started from, its random seed, say: equal ones mean equal weights.
            Unknown by default: then trainings of equal rates that scored differently count as
            different inits, and without any at most one digit is claimed.
        errors : sequence of numbers, length n, optional
            The standard error of each score; None or nan where it is not known.
        direction : {"minimize", "maximize"}
            Whether a smaller or a larger score is better.

        Raises
        ------
        ValueError
            If the lengths differ, a rate is negative, or the direction is another word.
        TypeError
            If a score or an error is no number.

        Examples
        --------
        >>> rates = ["0.1", "0.03", "0.01", "0.003", "0.001", "0.0003"] * 2
        >>> scores = [0.9, 0.42, 0.22, 0.21, 0.4, 0.81, 0.88, 0.4, 0.21, 0.2, 0.41, 0.79]
        >>> evidence = Evidence.of_scores(rates, scores)
        >>> evidence.low, evidence.high, evidence.digits
        (Rate('0.003'), Rate('0.0059'), 1)
        """
        turned = sign(direction)
        tried = [rate if type(rate) is float else Rate(rate) for rate in rates]
        told = [number(score) for score in scores]
        spread = [math.nan] * len(tried)
        if errors is not None:
            spread = [math.nan if error is None else number(error) for error in errors]
        seeds = None if inits is None else list(inits)
        for name, given in (("scores", told), ("inits", seeds), ("errors", spread)):
            if given is not None and len(given) != len(tried):
                raise ValueError(f"{name} has to be as long as rates, {len(tried)}: {len(given)}")
        values, losses = np.array(tried, float), turned * np.array(told, float)
        if not (values >= 0).all() or np.isinf(values).any():
            raise ValueError(
                f"rates have to be finite and not negative, got {float(values[~(values >= 0)][0])}"
                if not (values >= 0).all() else "rates have to be finite, got inf"
            )  # fmt: skip
        usable = np.flatnonzero(np.isfinite(losses) & (values > 0))
        if not len(usable):
            return None
        numbers = None
        if seeds is not None:
            named = {seed: index for index, seed in enumerate(dict.fromkeys(seeds))}
            numbers = np.array([named[seed] for seed in seeds])[usable]
        sample = Sample(values[usable], losses[usable], numbers, np.array(spread)[usable])
        return _judged(sample, direction=direction)

    @property
    def trainings(self) -> list[tuple[float, float, float | None]]:
        """Each training that it was drawn from: its rate, its score, its standard error.

        A trial that a race left behind is credited what its further epochs would have brought.

        Examples
        --------
        >>> Evidence.of_scores(["0.1", "0.01"], [0.9, 0.8], direction="maximize").trainings
        [(0.1, 0.9, None), (0.01, 0.8, None)]
        """
        if self._basis is None:
            return []
        sample, turned = self._basis[0], sign(self.direction)
        errors = [None if math.isnan(error) else float(error) for error in sample.errors]
        scores = (turned * sample.losses).tolist()
        return list(zip(sample.rates.tolist(), scores, errors, strict=True))

    def plot(self, ax: Any = None, name: str = "score") -> Any:
        """Draw the scores that it was drawn from, and the interval.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Where to draw; by default on a figure of its own.
        name : str
            What the score is called.

        Returns
        -------
        matplotlib.axes.Axes

        Raises
        ------
        ImportError
            If matplotlib is not installed.

        Examples
        --------
        >>> Evidence.of_scores(["0.1", "0.01"], [0.9, 0.8]).plot().get_xlabel()
        'learning rate'
        """
        from lrsearch.results import charts, png

        return png.plot(charts.evidence_chart(self, name), ax)

    def next_digit(self) -> NextDigit | None:
        """How many more trainings another digit would take, and at which rates.

        Reckoned from the noise and the curvature by simulation, which takes a second or some, so
        that as many trainings as it says, each from an init of its own, support the next digit
        in at least four of five cases.

        Returns
        -------
        NextDigit or None
            None where no curvature can be told from the noise (on a plateau no number of
            trainings makes a digit, and elsewhere rates further out would have to show it first),
            and where thousands of trainings would not do.

        Examples
        --------
        >>> rates = ["0.1", "0.03", "0.01", "0.003", "0.001", "0.0003"] * 2
        >>> scores = [0.9, 0.45, 0.22, 0.21, 0.4, 0.81, 0.88, 0.4, 0.25, 0.16, 0.41, 0.79]
        >>> more = Evidence.of_scores(rates, scores).next_digit()
        >>> more.trainings, len(more.rates)
        (35, 7)
        """
        if self._basis is None or self.digits >= _MOST_DIGITS:
            return None
        sample, found = self._basis
        if found.bottom is None:
            return None
        return next_digit(sample, found.bottom, self.digits + 1, lambda more: _judged(more).digits)


def digits_supported(rate: Rate, low: float, high: float) -> int:
    """How many significant digits of a rate an interval supports.

    A digit is supported if the interval is at most ten units of its place wide: if it is any
    wider, every value of that digit lies inside, and the digit is arbitrary. It may be one that
    the rate does not have yet. An interval wider than a factor of two supports none.

    Examples
    --------
    >>> digits_supported(Rate("0.00041"), 0.0003, 0.0006)
    1
    >>> digits_supported(Rate("0.00041"), 0.00039, 0.00043)
    2
    >>> digits_supported(Rate("0.9"), 1e-6, 0.9)
    0
    """
    if high > _WIDEST * low * (1 + 1e-9):
        return 0
    width = max(high - low, float(rate) * 10.0**-_MOST_DIGITS)
    return min(_MOST_DIGITS, max(0, 2 + math.floor(rate.leading_place - math.log10(width) + 1e-9)))


@np.errstate(over="ignore", invalid="ignore")
def _judged(sample: Sample, rate: Rate | None = None, direction: str = "minimize") -> Evidence:
    values, losses = sample.rates, sample.losses
    found = interval(np.log10(values), losses, sample.inits, sample.errors)
    places, index = np.unique(values, return_inverse=True)
    means = np.bincount(index, losses) / np.bincount(index)
    best = Rate(float(places[np.argmin(means)])) if rate is None else rate
    low, high = float(min(places[0], best)), float(max(places[-1], best))
    if found.low > -math.inf:
        low = min(max(low, float(10**found.low)), high)
    if found.high < math.inf:
        high = max(min(high, float(10**found.high)), low)
    if rate is None and not low <= best <= high:
        inside = (places >= low) & (places <= high)
        if inside.any():
            best = Rate(float(places[inside][np.argmin(means[inside])]))
    best = _off_the_cliff(best, places, means, low, high, found)
    low, high = min(low, float(best)), max(high, float(best))
    digits = digits_supported(best, low, high) if found.bounded else 0
    if found.source in ("one init", "unknown"):
        digits = min(digits, 1)
    shown = _shown(low, high, -1, places, found), _shown(high, low, 1, places, found)
    ends = min(shown[0], best), max(shown[1], best)
    within = (places >= ends[0]) & (places <= ends[1]) & ~np.isin(np.log10(places), found.aside)
    known = found.source in ("repeats", "told") or within.sum() >= _MANY
    alike = bool(known and np.ptp(means[within]) <= _ALIKE * found.noise)
    text = sentence(best, *ends, digits, found, alike, rate)
    return Evidence(best, *ends, found.noise, digits, text, direction, (sample, found))


def _off_the_cliff(
    best: Rate, places: Array, means: Array, low: float, high: float, found: Interval
) -> Rate:
    """The best rate, or one further inside where it lies at an edge of a plateau with a cliff."""
    if not any(found.cliffs) or high <= _WIDEST * low:
        return best
    margin = 10 ** min(_MARGIN, math.log10(high / low) / 3)
    bottom, top = low * margin, high / margin
    if bottom <= best <= top:
        return best
    inside = (places >= bottom) & (places <= top)
    if not inside.any():
        return Rate(math.sqrt(bottom * top)).rounded(1)
    return Rate(float(places[inside][np.argmin(means[inside])]))


def _shown(end: float, other: float, side: int, places: Array, found: Interval) -> Rate:
    """An end of the interval: a rate that was tried, or one rounded outwards.

    It is rounded to a fifth of the interval or finer, and to two digits at least; never so far
    that a rate that is worse beyond doubt lies inside.
    """
    nearest = float(places[np.argmin(np.abs(places - end))])
    bound = float(10 ** found.worse[side > 0])
    excluded = math.isclose(end, bound, rel_tol=1e-9)
    if math.isclose(nearest, end, rel_tol=1e-9) and not excluded:
        return Rate(nearest)
    exact = Rate(nearest) if excluded else Rate(float(end))
    width = abs(other - end) or end
    place = min(exact.leading_place - 1, math.floor(math.log10(width / 5)))
    place = max(place, exact.leading_place - _MOST_DIGITS + 1)
    rounded = exact.rounded(exact.leading_place - place + 1)
    if excluded:
        return rounded.step(-side, place)
    if (rounded - exact) * side < 0:
        rounded = rounded.step(side, place)
    return exact.rounded(_MOST_DIGITS) if (rounded - bound) * side >= 0 else rounded

"""Evidence: which rates the scores cannot tell apart from the best, and how many digits that is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lrsearch.evidence.curves import Array, curve, finals
from lrsearch.evidence.intervals import Interval, interval
from lrsearch.rate import Rate
from lrsearch.trial import TrialRecord

__all__ = ["Evidence", "digits_supported"]

_COMPARABLE = 4
"""Trials with less than this part of the deepest trial's epochs are no evidence."""
_MOST_DIGITS = 6
_WORDS = ("no digit is", "one digit is", "two digits are", "three digits are")
_NOISE = {
    "repeats": "trainings repeated from different inits",
    "inits": "the scatter about a smooth fit, every training from an init of its own",
    "told": "standard errors that were told",
    "one init": "only the scatter about a smooth fit, for this one initialisation",
}


@dataclass(frozen=True)
class Evidence:
    """What the scores of a search say about its best rate.

    Attributes
    ----------
    rate : Rate
        The best rate.
    low, high : Rate
        The interval of rates that the scores cannot tell apart from the best at 95 %, rounded
        outwards; the best rate lies inside.
    noise : float
        The standard deviation of the score of one training; nan where nothing tells.
    digits : int
        Significant digits of the rate that the scores support; 0 is an honest answer.
    sentence : str
        The same for people, and what the noise contains.

    Notes
    -----
    What the noise contains, best first: trainings of equal rates from different inits; standard
    errors that were told; the scatter about a smooth fit. Where all trials share one init, that
    scatter does not contain the noise of the initialisation: the sentence says "for this one
    initialisation", and at most one digit is claimed.

    Rates of zero, diverged trials, and trials that a race left behind are no evidence. With fewer
    than five rates, with equal scores, or where no curvature can be told from noise, the interval
    is the whole range tried and no digit is supported.

    See `lrsearch.fit` for the statistics.

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

    @classmethod
    @np.errstate(over="ignore", invalid="ignore")
    def of(
        cls, records: Sequence[TrialRecord], direction: str, rate: Rate | None = None
    ) -> Evidence | None:
        """The evidence of a search's trials; None where no positive rate has a finite score.

        Parameters
        ----------
        records : sequence of TrialRecord
        direction : {"minimize", "maximize"}
        rate : Rate, optional
            The rate recommended; by default the one of the best mean score.
        """
        sign = 1.0 if direction == "minimize" else -1.0
        used = [r for r in records if r.score is not None and r.rate and r.state != "diverged"]
        curves = [curve(record.rate, record.scores, sign) for record in used]
        known = [(r, c) for r, c in zip(used, curves, strict=True) if c is not None]
        if not known:
            return None
        deepest = max(shown.epochs for _, shown in known)
        known = [(r, c) for r, c in known if c.epochs * _COMPARABLE >= deepest]
        losses = finals([shown for _, shown in known])
        found = interval(
            np.array([shown.x for _, shown in known]),
            losses,
            np.array([record.init for record, _ in known]),
            np.array(
                [math.nan if r.standard_error is None else r.standard_error for r, _ in known]
            ),
        )
        if rate is None:
            rate = _best([record.rate for record, _ in known], losses)
        return _judged(rate, [record.rate for record, _ in known], found)


def digits_supported(rate: Rate, low: float, high: float) -> int:
    """How many significant digits of a rate an interval supports.

    A digit is supported if the interval is at most ten units of its place wide: if it is any
    wider, every value of that digit lies inside, and the digit is arbitrary. It may be one that
    the rate does not have yet.

    Examples
    --------
    >>> digits_supported(Rate("0.00041"), 0.0003, 0.0007)
    1
    >>> digits_supported(Rate("0.00041"), 0.00039, 0.00043)
    2
    >>> digits_supported(Rate("0.00041"), 0.00008, 0.0021)
    0
    """
    width = max(high - low, float(rate) * 10.0**-_MOST_DIGITS)
    return min(_MOST_DIGITS, max(0, 2 + math.floor(rate.leading_place - math.log10(width) + 1e-9)))


def _best(rates: Sequence[Rate], losses: Array) -> Rate:
    means = {rate: np.mean([v for r, v in zip(rates, losses, strict=True) if r == rate])
             for rate in rates}  # fmt: skip
    return min(means, key=lambda rate: (means[rate], rate))


def _judged(rate: Rate, rates: Sequence[Rate], found: Interval) -> Evidence:
    lowest, highest = min(rates), max(rates)
    low, high = float(lowest), float(highest)
    if found.low > -math.inf:
        low = min(max(low, 10**found.low), high)
    if found.high < math.inf:
        high = max(min(high, 10**found.high), low)
    low, high = min(low, float(rate)), max(high, float(rate))
    digits = digits_supported(rate, low, high) if found.bounded else 0
    if found.source == "one init":
        digits = min(digits, 1)
    shown = _outwards(low, digits + 1, -1), _outwards(high, digits + 1, 1)
    return Evidence(rate, *shown, found.noise, digits, _sentence(rate, *shown, digits, found))


def _outwards(value: float, digits: int, direction: int) -> Rate:
    """A number as a rate of so many digits, at least two, on the given side of it."""
    exact = Rate(float(value))
    rounded = exact.rounded(max(2, digits))
    short = (rounded > exact) if direction < 0 else (rounded < exact)
    return rounded.step(direction, rounded.leading_place - max(2, digits) + 1) if short else rounded


def _sentence(rate: Rate, low: Rate, high: Rate, digits: int, found: Interval) -> str:
    supported = f"{_WORDS[digits] if digits < len(_WORDS) else f'{digits} digits are'} supported"
    if low == high:
        return f"{rate}; too few scores to tell it from other rates: {supported}"
    if math.isnan(found.noise):
        return f"{rate}; too few scores to tell it from {low} to {high}: {supported}"
    if found.equal:
        return f"{rate}; all scores from {low} to {high} are equal: {supported}"
    if found.cut:
        where = f"the best rate lies between {low} and {high}, as far as this noise"
        told = f"({found.noise:.2g} a training) lets tell"
    else:
        where = f"{low} to {high} cannot be told apart at this noise"
        told = f"({found.noise:.2g} a training)"
    return f"{rate}; {where} {told}: {supported}. The noise is {_NOISE[found.source]}."

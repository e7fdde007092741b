"""The sentence of the evidence."""

from __future__ import annotations

import math

from lrsearch.evidence.intervals import Interval
from lrsearch.rate import Rate

__all__ = ["sentence"]

_WORDS = ("no digit is", "one digit is", "two digits are", "three digits are")
_NOISE = {
    "repeats": "trainings repeated from different inits",
    "inits": "the scatter about a smooth fit, every training from an init of its own",
    "told": "standard errors that were told",
    "one init": "only the scatter about a smooth fit, for this one initialisation",
    "unknown": "only the scatter about a smooth fit, which inits it contains is not known",
}


def sentence(
    rate: Rate, low: Rate, high: Rate, digits: int, found: Interval, alike: bool = True,
    chosen: Rate | None = None,
) -> str:  # fmt: skip
    """What the scores say of a rate, for people.

    Parameters
    ----------
    rate : Rate
        The rate recommended.
    low, high : Rate
        The interval as it is shown.
    digits : int
        The digits that it supports.
    found : Interval
        Where it comes from.
    alike : bool
        Whether the scores inside it are all as good as the best, as far as the noise goes. Too few
        scores may leave rates inside that look far worse.
    chosen : Rate, optional
        The rate that the search has chosen, which may lie nearer to a cliff.
    """
    supported = f"{_WORDS[digits] if digits < len(_WORDS) else f'{digits} digits are'} supported"
    if low == high and not digits:
        return f"{rate}; too few scores to tell it from other rates: {supported}"
    if math.isnan(found.noise):
        return f"{rate}; too few scores to tell it from {low} to {high}: {supported}"
    if found.equal:
        return f"{rate}; all scores from {low} to {high} are equal: {supported}"
    noise = f"at this noise ({found.noise:.2g} a training)"
    contains = f"The noise is {_NOISE[found.source]}{_aside(low, high, found)}."
    if digits:
        return f"{rate}; {low} to {high} cannot be told apart {noise}: {supported}. {contains}"
    ends = zip((found.low, found.high), found.worse, strict=True)
    exclusive = any(math.isfinite(worse) and end == worse for end, worse in ends)
    where = f"the best rate lies between {low} and {high}"
    if not alike:
        where += ", as far as so few scores can tell"
    elif not exclusive:
        where = f"{low} to {high} all do"
    good = f"{rate} is a {_choice(rate, chosen)}{_cliffs(low, high, found)}"
    return f"{where}; {good}. {noise[0].upper()}{noise[1:]} {supported}. {contains}"


def _choice(rate: Rate, chosen: Rate | None) -> str:
    """Whoever is shown both rates is told why they differ."""
    if chosen is None or chosen == rate:
        return "good choice"
    return f"safer choice than {chosen}"


def _cliffs(low: Rate, high: Rate, found: Interval) -> str:
    """Where the interval ends at a cliff: the last rate that does, and the first that does not."""
    ends = [
        f"{end} still does and {Rate(float(10**worse)).rounded(3)} falls off a cliff"
        for end, worse, cliff in zip((low, high), found.worse, found.cliffs, strict=True)
        if cliff
    ]
    return f", well inside: {' and '.join(ends)}" if ends else ""


def _aside(low: Rate, high: Rate, found: Interval) -> str:
    """How many trainings inside the interval failed, where the rates about them did well."""
    count = sum(low <= 10**x <= high for x in found.aside)
    if not count:
        return ""
    return f"; {count} training{'s' * (count > 1)} that failed among good ones set aside"

"""The searches that LRSearchCV begins with, built anew for each fit."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from lrsearch import DigitRace, Evidence, GapSearch, Rate, Search, from_config

__all__ = ["TRAININGS", "as_search", "evidence_of", "last_epochs", "new_search", "races"]

TRAININGS = 3.5
"""A race's budget, in full trainings, where none is given."""

LEAST = 10
"""Epochs that a race needs at the least."""


def races(search_cv: Any) -> bool:
    """Whether the options of a fit without a search ask for a race on a budget of epochs."""
    bounded = search_cv.budget is not None or search_cv.resume or search_cv.truncated
    return search_cv.resource is not None and bounded


def new_search(search_cv: Any, max_resource: int | None) -> Search:
    """A search that was not asked yet, and that maximises.

    The one given is rebuilt from its configuration, and stays as it is.

    Parameters
    ----------
    search_cv : LRSearchCV
        Whose options say which search it is.
    max_resource : int or None
        Epochs of a full training, where a resource is given.

    Raises
    ------
    ValueError
        If the search given minimises and cannot be turned, or a budget is given where there is
        nothing to spend it on, or one that is too small.

    Examples
    --------
    >>> from sklearn.linear_model import Ridge
    >>> from lrsearch_sklearn import LRSearchCV
    >>> new_search(LRSearchCV(Ridge(), "alpha"), None)
    <GapSearch: round 1, 0 trials, 0 epochs>
    >>> new_search(LRSearchCV(Ridge(), "alpha", search=GapSearch()), None).direction
    'maximize'
    """
    search, budget = search_cv.search, search_cv.budget
    if search is not None:
        if budget is not None:
            raise ValueError(
                f"budget={budget} is for the race that resource= begins, and cannot be given with "
                f"search={type(search).__name__}: give the search its own"
            )
        config = dict(search.config())
        if "direction" in config:
            config["direction"] = "maximize"
        rebuilt = from_config(config)
        if rebuilt.direction != "maximize":
            raise ValueError(
                f"search={type(search).__name__} minimises, and scikit-learn's scores are better "
                'where they are greater: build it with direction="maximize"'
            )
        return rebuilt
    if max_resource is None:
        if budget is not None:
            raise ValueError(f"budget={budget} needs resource=, the parameter that it is spent on")
        return GapSearch(epochs=1, direction="maximize")
    if not races(search_cv):
        return GapSearch(epochs=max_resource, direction="maximize")
    last = last_epochs(max_resource, search_cv.resume)
    if budget is None:
        budget = int(TRAININGS * max_resource) + LEAST
    elif budget < last + LEAST:
        raise ValueError(
            f"budget={budget} is too small for max_resource={max_resource}: it has to hold "
            f"{LEAST} epochs to search with and the full training at the end, {last + LEAST} in all"
        )
    return DigitRace(budget - last, max_resource, direction="maximize")


def evidence_of(search: Search, rate: Rate) -> Evidence | None:
    """The evidence about a rate that was chosen, be it the one that the scores speak for or not.

    Examples
    --------
    >>> import lrsearch
    >>> search = lrsearch.DigitSearch(digits=0, epochs=1)
    >>> for trial in search:
    ...     search.tell(trial, abs(trial.rate.exponent + 2.4), standard_error=0.1)
    >>> evidence = evidence_of(search, Rate(1))
    >>> evidence.rate, evidence.digits, evidence.sentence[:45]
    (Rate('1'), 0, '1 was chosen, and the scores speak for 0.01: ')
    """
    evidence = search.evidence()
    if evidence is None or evidence.rate == rate:
        return evidence
    inside = evidence.low <= rate <= evidence.high
    if inside:
        judged = Evidence.of(search.trials, search.direction, rate)
        if judged is not None and judged.rate == rate:
            return judged
    return replace(
        evidence,
        rate=rate,
        digits=evidence.digits if inside else 0,
        sentence=f"{rate} was chosen, and the scores speak for {evidence.rate}: "
        f"{evidence.sentence}",
    )


def last_epochs(max_resource: int | None, resume: bool) -> int:
    """Epochs of the full trainings that follow a search with a resource."""
    return (max_resource or 0) * (2 if resume else 1)


def as_search(search: Any) -> Search:
    """A search or a study as a search of its own, that can be pickled."""
    if isinstance(search, Search):
        return search
    copy = from_config(search.config())
    copy.replay(search.events)
    return copy

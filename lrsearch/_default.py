"""The search that the module-level functions act on."""

from __future__ import annotations

from typing import Any

from lrsearch.searches import DigitSearch
from lrsearch.trial import LegState, Trial, TrialRecord

__all__ = ["ask", "best", "current", "report", "tell", "use"]

_search: Any = None


def use(search: Any = None) -> Any:
    """Make a search, or a study, the one that `ask`, `tell`, `report` and `best` act on.

    Parameters
    ----------
    search : Search or Study, optional
        By default a new `DigitSearch`.

    Returns
    -------
    Search or Study
        The search now in use.

    Raises
    ------
    TypeError
        If it is neither.

    Examples
    --------
    >>> import lrsearch
    >>> search = lrsearch.use(lrsearch.GridSearch(["0.1", "0.01"], epochs=1))
    >>> while (trial := lrsearch.ask()) is not None:
    ...     lrsearch.tell(trial, abs(trial.rate - 0.02))
    >>> lrsearch.best().rate
    Rate('0.01')
    """
    if search is not None and not (hasattr(search, "ask") and hasattr(search, "report")):
        raise TypeError(
            f"search has to be a search such as DigitSearch(), or a study, got {search!r}"
        )
    global _search
    _search = DigitSearch() if search is None else search
    return _search


def current() -> Any:
    """The search, or study, in use: a new `DigitSearch` where none was chosen.

    Examples
    --------
    >>> import lrsearch
    >>> search = lrsearch.use(lrsearch.GridSearch(["0.1", "0.01"]))
    >>> lrsearch.current() is search
    True
    """
    return use() if _search is None else _search


def ask(resume: bool = True) -> Trial | None:
    """`Search.ask` on the search in use."""
    trial: Trial | None = current().ask(resume)
    return trial


def report(trial: Trial, score: Any, epoch: int | None = None) -> LegState:
    """`Search.report` on the search in use: true while the leg should go on."""
    state: LegState = current().report(trial, score, epoch)
    return state


def tell(
    trial: Trial, score: Any, standard_error: float | None = None, *, skip_if_told: bool = False
) -> None:
    """`Search.tell` on the search in use."""
    current().tell(trial, score, standard_error, skip_if_told=skip_if_told)


def best() -> TrialRecord | None:
    """`Search.best` of the search in use: the record of the best trial so far."""
    record: TrialRecord | None = current().best
    return record

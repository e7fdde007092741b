"""What the options of a fit ask for: its folder, its display, fits that go on."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any

from lrsearch import StudyError
from lrsearch.results import Progress
from lrsearch_sklearn.evaluation import Fit
from lrsearch_sklearn.fingerprint import fingerprint
from lrsearch_sklearn.outputs import RunFolder
from lrsearch_sklearn.racing import ContinuedFits
from lrsearch_sklearn.searches import last_epochs

__all__ = ["continued", "folder", "progress", "studies"]


def folder(search_cv: Any, fit: Fit) -> RunFolder | None:
    """The folder of results; None without `directory`.

    Raises
    ------
    BlockingIOError, ImportError, ValueError
        As for `RunFolder`.
    """
    if search_cv.directory is None:
        return None
    mark = fingerprint(
        fit.X,
        fit.y,
        fit.indices(),
        fit.routed.estimator.fit,
        fit.routed.scorer.score,
        fit.points,
        search_cv.param,
        search_cv.resource,
        search_cv.resume,
        search_cv.estimator,
        search_cv.scoring,
        search_cv.refit,
        search_cv.return_train_score,
    )
    return RunFolder(search_cv.directory, mark, search_cv.X_test)


def studies(fit: Fit) -> list[Any]:
    """The searches of a fit, those of its folder as they were left.

    Raises
    ------
    StudyError
        If the folder's fit began with another search, resource or budget.
    """
    if fit.folder is None:
        return fit.searches
    try:
        return list(fit.folder.studies(fit.searches))
    except StudyError as error:
        said, _, advice = str(error).rpartition("\n")
        if "Study.open" not in advice:
            raise
        raise StudyError(
            f"{said}\nGive this fit a directory of its own, or the search, resource, budget "
            f"and rates that directory={str(fit.folder.path)!r} began with"
        ) from error


def progress(
    search_cv: Any, fit: Fit, searches: list[Any]
) -> AbstractContextManager[Progress | None]:
    """The progress bar; nothing with ``verbose=0``, or where rich is not installed."""
    if not search_cv.verbose:
        return nullcontext()
    totals = [search.most_epochs for search in searches]
    after = len(searches) * last_epochs(fit.most, search_cv.resume)
    try:
        return Progress(None if None in totals else sum(totals) + after)
    except ImportError:
        return nullcontext()


def continued(search_cv: Any, fit: Fit) -> ContinuedFits | None:
    """What evaluates legs that go on; None without `resume`."""
    if not search_cv.resume:
        return None
    scorers, _ = search_cv._get_scorers()
    return ContinuedFits(
        search_cv.estimator,
        fit.X,
        fit.y,
        fit.indices(),
        scorers,
        fit.routed.estimator.fit,
        fit.routed.scorer.score,
        search_cv.resource,
        n_jobs=search_cv.n_jobs,
        pre_dispatch=search_cv.pre_dispatch,
        error_score=search_cv.error_score,
        return_train_score=search_cv.return_train_score,
        refit=search_cv.refit,
    )

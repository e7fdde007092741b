"""What a fit holds while it lasts, and how scikit-learn evaluates its candidates."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sklearn.base import clone
from sklearn.model_selection._validation import _fit_and_score
from sklearn.utils.parallel import delayed

from lrsearch_sklearn.outputs import RunFolder
from lrsearch_sklearn.workers import parallel

__all__ = ["Evaluation", "Fit", "HeldSplits", "refitting"]


class HeldSplits:
    """A splitter that is asked once: all candidates of a fit have the same splits."""

    def __init__(self, cv: Any) -> None:
        self.cv = cv
        self._splits: list[Any] | None = None

    def split(self, X: Any, y: Any = None, **params: Any) -> list[Any]:
        """The pairs of (train, test) indices, one for each fold."""
        if self._splits is None:
            self._splits = list(self.cv.split(X, y, **params))
        return self._splits


@dataclass
class Fit:
    """What one call of fit knows; it is gone with the call."""

    X: Any = None
    y: Any = None
    routed: Any = None
    splits: Any = None
    n_splits: int = 0
    most: int | None = None
    points: list[dict[str, Any]] = field(default_factory=list)
    searches: list[Any] = field(default_factory=list)
    folder: RunFolder | None = None
    exploration: Any = None
    outs: list[Any] = field(default_factory=list)
    results: dict[str, Any] = field(default_factory=dict)

    def close(self) -> None:
        """Close what is open."""
        if self.folder is not None:
            self.folder.close()

    def indices(self) -> list[Any]:
        """The folds' pairs of (train, test) indices."""
        found: list[Any] = self.splits.split(self.X, self.y, **self.routed.splitter.split)
        return found


class Evaluation:
    """Evaluates candidates as scikit-learn's own searches do, its callbacks included.

    Parameters
    ----------
    search_cv : LRSearchCV
        Whose fit it is.
    evaluate_candidates : callable
        As scikit-learn gives it to ``_run_search``.
    fit : Fit
        Where ``_format_results`` leaves what comes out.
    callback_ctx : CallbackContext or None
        Of scikit-learn 1.9 and later.
    """

    def __init__(
        self, search_cv: Any, evaluate_candidates: Any, fit: Fit, callback_ctx: Any
    ) -> None:
        self.search_cv = search_cv
        self.evaluate_candidates = evaluate_candidates
        self.fit = fit
        self.context = None
        if callback_ctx is not None:
            self.context = callback_ctx.subcontext(task_name="search", max_subtasks=None)
            self.context.call_on_fit_task_begin(estimator=search_cv)

    def __call__(self, params: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """Each candidate's result in each fold, candidate by candidate."""
        before = len(self.fit.outs)
        if self.context is None:
            self._evaluate(params)
        else:
            round = self.context.subcontext(
                task_name="round",
                max_subtasks=len(params) * self.fit.n_splits,
                sequential_subtasks=False,
            ).call_on_fit_task_begin(estimator=self.search_cv)
            try:
                self._evaluate(params, callback_ctx=round)
            finally:
                round.call_on_fit_task_end(estimator=self.search_cv)
        return self.fit.outs[before:]

    def _evaluate(self, params: Sequence[dict[str, Any]], **context: Any) -> None:
        """scikit-learn's evaluation, which with ``verbose=1`` says no more than the bar does."""
        verbose = self.search_cv.verbose
        self.search_cv.verbose = 0 if verbose == 1 else verbose
        try:
            self.evaluate_candidates(params, cv=self.fit.splits, **context)
        finally:
            self.search_cv.verbose = verbose

    def on_folds(self, jobs: Sequence[tuple[dict[str, Any], int]]) -> list[dict[str, Any]]:
        """The result of each job: parameters, and the number of the fold to train them on."""
        search_cv, routed, splits = self.search_cv, self.fit.routed, self.fit.indices()
        scorer, _ = search_cv._get_scorers()
        tasks: list[dict[str, Any]] = [{} for _ in jobs]
        round = None
        if self.context is not None:
            round = self.context.subcontext(
                task_name="round", max_subtasks=len(jobs), sequential_subtasks=False
            ).call_on_fit_task_begin(estimator=search_cv)
            for number, task in enumerate(tasks):
                name = "candidate-split-evaluation"
                task["callback_ctx"] = round.subcontext(task_name=name, task_id=number)
                task["caller"] = search_cv
        try:
            found: list[dict[str, Any]] = parallel(search_cv.n_jobs, search_cv.pre_dispatch)(
                delayed(_fit_and_score)(
                    clone(search_cv.estimator),
                    self.fit.X,
                    self.fit.y,
                    scorer=scorer,
                    train=splits[fold][0],
                    test=splits[fold][1],
                    verbose=search_cv.verbose,
                    parameters=params,
                    fit_params=routed.estimator.fit,
                    score_params=routed.scorer.score,
                    return_train_score=search_cv.return_train_score,
                    return_times=True,
                    error_score=search_cv.error_score,
                    **task,
                )
                for (params, fold), task in zip(jobs, tasks, strict=True)
            )
        finally:
            if round is not None:
                round.call_on_fit_task_end(estimator=search_cv)
        return found

    def close(self) -> None:
        """The search is over."""
        if self.context is not None:
            self.context.call_on_fit_task_end(estimator=self.search_cv)


def refitting(
    estimator: Any, X: Any, y: Any, fit_params: dict[str, Any]
) -> Callable[[dict[str, Any]], Any]:
    """What fits an estimator on all data, given its parameters."""

    def refit(params: dict[str, Any]) -> Any:
        fresh = clone(estimator).set_params(**clone(params, safe=False))
        return fresh.fit(X, **fit_params) if y is None else fresh.fit(X, y, **fit_params)

    return refit

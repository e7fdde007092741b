"""Trainings that go on from leg to leg by ``partial_fit``."""

from __future__ import annotations

import time
from collections.abc import Sequence
from inspect import signature
from traceback import format_exc
from typing import Any

import numpy as np
from sklearn.base import clone, is_classifier
from sklearn.model_selection._validation import _score
from sklearn.utils.metaestimators import _safe_split
from sklearn.utils.parallel import delayed
from sklearn.utils.validation import _check_method_params

from lrsearch_sklearn.candidates import Candidate, Row, failed, fold_scores, metric_of
from lrsearch_sklearn.workers import parallel

__all__ = ["ContinuedFits"]

_FIT_ERRORS = (ArithmeticError, LookupError, RuntimeError, TypeError, ValueError)


class ContinuedFits:
    """Evaluates legs epoch by epoch, and keeps a fitted estimator for each fold of each trial.

    One ``partial_fit`` over a fold's training data is one epoch; the fold is scored after each.
    Where a checkpoint is gone with the process that had it, the leg's first epochs are trained
    again.

    Parameters
    ----------
    estimator : estimator
        The one to clone. It needs ``partial_fit``.
    X, y : array-like, shape (n_samples, ...)
        The data.
    splits : list of (train, test)
        Indices of each fold.
    scorer : callable
        As scikit-learn made it of ``scoring``.
    fit_params, score_params : dict
        Routed to ``partial_fit`` and to the scorer.
    resource : str
        The parameter that counts epochs; it is left as it is.
    n_jobs, pre_dispatch, error_score, return_train_score, refit
        As in `LRSearchCV`.
    """

    def __init__(
        self,
        estimator: Any,
        X: Any,
        y: Any,
        splits: Sequence[tuple[Any, Any]],
        scorer: Any,
        fit_params: dict[str, Any],
        score_params: dict[str, Any],
        resource: str,
        *,
        n_jobs: int | None,
        pre_dispatch: Any,
        error_score: Any,
        return_train_score: bool,
        refit: Any,
    ) -> None:
        self.estimator = estimator
        self.splits = splits
        self.resource = resource
        self.refit = refit
        self.error_score = error_score
        self._shared: dict[str, Any] = {
            "X": X,
            "y": y,
            "scorer": scorer,
            "fit_params": fit_params,
            "score_params": score_params,
            "classes": _classes(estimator, y),
            "error_score": error_score,
            "return_train_score": return_train_score,
        }
        self._workers = {"n_jobs": n_jobs, "pre_dispatch": pre_dispatch}
        self._fitted: dict[tuple[int, int], tuple[int, list[Any]]] = {}

    def evaluate(self, candidates: Sequence[Candidate]) -> list[Row]:
        """Train each candidate's leg in every fold; a row each, with its scores by epoch."""
        jobs = []
        for candidate in candidates:
            done, estimators = self._checkpoint(candidate)
            jobs += [
                delayed(_go_on)(
                    estimator, train, test, done, candidate.trial.stop_epoch, **self._shared
                )
                for estimator, (train, test) in zip(estimators, self.splits, strict=True)
            ]
        results = iter(parallel(**self._workers)(jobs))
        rows = []
        for candidate in candidates:
            folds = [next(results) for _ in self.splits]
            trial = candidate.trial
            self._fitted[candidate.point, trial.number] = (
                trial.stop_epoch,
                [estimator for estimator, _ in folds],
            )
            rows.append(self._row(candidate, [outs[-trial.epochs :] for _, outs in folds]))
        return rows

    def _checkpoint(self, candidate: Candidate) -> tuple[int, list[Any]]:
        """Epochs that each fold's estimator has behind it, and the estimators."""
        trial = candidate.trial
        kept = self._fitted.pop((candidate.point, trial.number), None)
        if kept is not None and kept[0] == trial.start_epoch:
            return kept
        params = {name: value for name, value in candidate.params.items() if name != self.resource}
        return 0, [
            clone(self.estimator).set_params(**clone(params, safe=False)) for _ in self.splits
        ]

    def _row(self, candidate: Candidate, folds: list[list[dict[str, Any]]]) -> Row:
        last = [outs[-1] for outs in folds]
        for out, outs in zip(last, folds, strict=True):
            out["fit_time"] = sum(o["fit_time"] for o in outs)
            out["score_time"] = sum(o["score_time"] for o in outs)
        error = np.nan if self.error_score == "raise" else self.error_score
        curve = []
        for epoch in range(candidate.trial.epochs):
            outs = [fold[epoch] for fold in folds]
            curve.append(float(np.mean(fold_scores(outs, metric_of(outs, self.refit), error))))
        return Row(candidate, last, curve)


def _go_on(
    estimator: Any,
    train: Any,
    test: Any,
    start: int,
    stop: int,
    *,
    X: Any,
    y: Any,
    scorer: Any,
    fit_params: dict[str, Any],
    score_params: dict[str, Any],
    classes: Any,
    error_score: Any,
    return_train_score: bool,
) -> tuple[Any, list[dict[str, Any]]]:
    """Train one fold from epoch `start` to `stop`; the estimator and a result for each epoch."""
    X_train, y_train = _safe_split(estimator, X, y, train)
    X_test, y_test = _safe_split(estimator, X, y, test, train)
    params = _check_method_params(X, params=fit_params, indices=train)
    for_train = _check_method_params(X, params=score_params, indices=train)
    for_test = _check_method_params(X, params=score_params, indices=test)
    outs: list[dict[str, Any]] = []
    for epoch in range(start, stop):
        begun = time.time()
        known = {"classes": classes} if epoch == 0 and classes is not None else {}
        try:
            estimator.partial_fit(X_train, y_train, **known, **params)
        except _FIT_ERRORS:
            if error_score == "raise":
                raise
            spent = (time.time() - begun) / (stop - epoch)
            outs += [dict(failed(1, format_exc())[0], fit_time=spent) for _ in range(epoch, stop)]
            break
        trained = time.time()
        scores = _score(estimator, X_test, y_test, scorer, for_test, error_score)
        out: dict[str, Any] = {"fit_error": None, "test_scores": scores}
        out |= {"fit_time": trained - begun, "score_time": time.time() - trained}
        if return_train_score and epoch + 1 == stop:
            out["train_scores"] = _score(
                estimator, X_train, y_train, scorer, for_train, error_score
            )
        outs.append(out)
    return estimator, outs


def _classes(estimator: Any, y: Any) -> Any:
    """The class labels, where ``partial_fit`` has to be told them beforehand."""
    if is_classifier(estimator) and "classes" in signature(estimator.partial_fit).parameters:
        return np.unique(y)
    return None

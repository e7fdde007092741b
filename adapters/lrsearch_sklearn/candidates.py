"""Candidates, and the scores of their folds."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from numbers import Number
from typing import Any

import numpy as np

from lrsearch import Trial

__all__ = [
    "Candidate",
    "Row",
    "failed",
    "filled",
    "fold_scores",
    "lowered",
    "mean_and_error",
    "metric_of",
    "plain",
]

Out = dict[str, Any]
"""What scikit-learn's `_fit_and_score` returns for one fold."""


@dataclass(frozen=True)
class Candidate:
    """Parameters to be evaluated.

    Attributes
    ----------
    point : int
        Which point of the grid of other parameters.
    trial : Trial
        What the search of that point handed out.
    params : dict
        The estimator's parameters, the rate among them.
    full : bool
        Whether this is the full training of a rate that the search has recommended.
    own : bool
        Whether it is trained by ``fit`` with the estimator's own resource and `random_state`, so
        that it may be recommended.
    asked : Trial or None
        The leg that the search handed out, where this one was cut short.
    """

    point: int
    trial: Trial
    params: dict[str, Any]
    full: bool = False
    own: bool = True
    asked: Trial | None = None

    @property
    def key(self) -> tuple[int, int, int, bool]:
        """What tells this candidate from all others of a fit."""
        return self.point, self.trial.number, self.trial.stop_epoch, self.full


@dataclass
class Row:
    """A candidate that was evaluated.

    Attributes
    ----------
    candidate : Candidate
        What was evaluated.
    outs : list of dict or None
        scikit-learn's result for each fold; None for a fold that it was not worth.
    curve : list of float or None
        The mean score after each epoch of the leg, where the folds were scored so often.
    promise : tuple of (float, float or None), or None
        Where folds are missing, the mean score that those there promise, and its standard error.
    """

    candidate: Candidate
    outs: list[Out | None]
    curve: list[float] | None = field(default=None)
    promise: tuple[float, float | None] | None = field(default=None)

    @property
    def partial(self) -> bool:
        """Whether it was not trained on all folds."""
        return any(out is None for out in self.outs)

    @property
    def fitted(self) -> bool:
        """Whether the fit of any fold went well."""
        return any(out is not None and out["fit_error"] is None for out in self.outs)

    @property
    def stopped(self) -> bool:
        """Whether the fits of all folds have stopped by themselves, before their last epoch."""
        most = self.candidate.trial.stop_epoch
        return all(out is not None and (out.get("epochs") or most) < most for out in self.outs)


def metric_of(outs: Iterable[Out | None], refit: Any) -> str | None:
    """The name of the score that leads the search; None where there is only one.

    With several scores it is the one that `refit` names, or else the first.
    """
    for out in outs:
        scores = None if out is None else out["test_scores"]
        if isinstance(scores, dict):
            return refit if isinstance(refit, str) and refit in scores else next(iter(scores))
    return None


def fold_scores(outs: Iterable[Out | None], metric: str | None, error_score: float) -> list[float]:
    """One score a fold; `error_score` where it has failed, nan where it was not trained."""
    found = []
    for out in outs:
        if out is None:
            found.append(math.nan)
            continue
        scores = out["test_scores"]
        if isinstance(scores, dict):
            scores = scores[metric]
        found.append(float(error_score if scores is None else scores))
    return found


def mean_and_error(scores: Sequence[float]) -> tuple[float, float | None]:
    """The folds' mean score and its standard error.

    Parameters
    ----------
    scores : sequence of float, shape (n_splits,)
        One score a fold.

    Returns
    -------
    mean : float
    standard_error : float or None
        The folds' standard deviation over the square root of their number; None for one fold, or
        where a score is not finite.

    Examples
    --------
    >>> mean_and_error([1.0, 3.0])
    (2.0, 1.0)
    """
    mean = float(np.mean(scores))
    if len(scores) < 2 or not math.isfinite(mean):
        return mean, None
    return mean, float(np.std(scores, ddof=1) / math.sqrt(len(scores)))


def lowered(known: Mapping[int, float], stop: int, last: float) -> list[float]:
    """A training's scores by epoch, none above its last one.

    Parameters
    ----------
    known : mapping of int to float
        The scores of shorter trainings, by their epochs.
    stop : int
        Epochs of the longest one.
    last : float
        Its score.

    Returns
    -------
    list of float, shape (stop,)
        Each epoch's is that of the longest training up to there.

    Examples
    --------
    >>> lowered({1: 0.1, 2: 0.8}, 4, 0.7)
    [0.1, 0.7, 0.7, 0.7]
    """
    scores, score = [], min(last, *known.values())
    for epoch in range(1, stop + 1):
        score = min(last, known.get(epoch, score))
        scores.append(score)
    return scores


def failed(count: int, message: str) -> list[Out]:
    """The results of so many folds whose fits have failed, their scores to be filled in."""
    out = {
        "fit_error": message,
        "test_scores": None,
        "train_scores": None,
        "fit_time": 0.0,
        "score_time": 0.0,
    }
    return [dict(out) for _ in range(count)]


def filled(rows: Sequence[Row], error_score: Any, train: bool) -> list[Out]:
    """All results in order, each kind of score in each.

    Those of folds that have failed have `error_score`. Those of folds that were not trained have
    nan, and the mean of the others' times.
    """
    kinds = (out["test_scores"] for row in rows for out in row.outs if out is not None)
    shown = next((scores for scores in kinds if isinstance(scores, dict)), None)

    def every(score: Any) -> Any:
        return score if shown is None else dict.fromkeys(shown, score)

    keys = ("test_scores", "train_scores") if train else ("test_scores",)
    whole = []
    for out, others in ((out, row.outs) for row in rows for out in row.outs):
        if out is None:
            times = {
                key: float(np.mean([other[key] for other in others if other is not None]))
                for key in ("fit_time", "score_time")
            }
            whole.append({**times, **dict.fromkeys(keys, every(math.nan))})
            continue
        times = {key: out[key] for key in ("fit_time", "score_time")}
        found = {key: out.get(key) for key in keys}
        for key, scores in found.items():
            if scores is None or (shown and not isinstance(scores, dict)):
                found[key] = every(error_score)
        whole.append({**times, **found})
    return whole


def plain(out: Out | None) -> Out | None:
    """A fold's result as a JSON object; None where there is none."""
    if out is None:
        return None
    kept = ("fit_error", "test_scores", "train_scores", "fit_time", "score_time", "epochs")
    return {key: _plain(out[key]) for key in kept if key in out}


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, Number) and not isinstance(value, (bool, int)):
        return float(value)  # type: ignore[arg-type]
    return value

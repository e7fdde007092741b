"""How many epochs an estimator has trained, by its own count."""

from __future__ import annotations

from numbers import Number
from typing import Any

import numpy as np

__all__ = ["CountedScore", "CountingScorer", "epochs_trained", "pop_epochs"]

_COUNTS = {"max_iter": "n_iter_", "n_estimators": "n_estimators_"}
"""Where estimators tell how much of a resource they have used."""


class CountedScore(float):
    """A score that knows how many epochs were trained for it."""

    epochs: int


class CountingScorer:
    """A scorer whose scores bring the estimator's count of epochs along, from any process.

    Parameters
    ----------
    scorer : callable
        As scikit-learn made it of ``scoring``.
    resource : str
        The parameter that counts epochs.
    """

    def __init__(self, scorer: Any, resource: str) -> None:
        self.__wrapped__ = scorer  # whose signature is this one's
        self.resource = resource

    def __call__(self, estimator: Any, *args: Any, **params: Any) -> Any:
        scores = self.__wrapped__(estimator, *args, **params)
        epochs = epochs_trained(estimator, self.resource)
        if epochs is None:
            return scores
        if isinstance(scores, dict):
            return {name: _counted(score, epochs) for name, score in scores.items()}
        return _counted(scores, epochs)

    def __getattr__(self, name: str) -> Any:
        if name == "__wrapped__":  # while it is unpickled
            raise AttributeError(name)
        return getattr(self.__wrapped__, name)


def epochs_trained(estimator: Any, resource: str) -> int | None:
    """What a fitted estimator has used of its resource; None where it does not tell.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> epochs_trained(LogisticRegression().fit([[0.0], [1.0]], [0, 1]), "max_iter") < 100
    True
    >>> epochs_trained(LogisticRegression(), "max_iter") is None
    True
    """
    prefix, _, name = resource.rpartition("__")
    owner = estimator.get_params()[prefix] if prefix else estimator
    count = getattr(owner, _COUNTS.get(name, ""), None)
    return None if count is None else int(np.max(count))


def pop_epochs(scores: Any) -> tuple[Any, int | None]:
    """Plain scores, and the count that they have brought along."""
    if isinstance(scores, dict):
        counts = {getattr(score, "epochs", None) for score in scores.values()}
        return {name: _plain(score) for name, score in scores.items()}, next(iter(counts), None)
    return _plain(scores), getattr(scores, "epochs", None)


def _counted(score: Any, epochs: int) -> Any:
    if not isinstance(score, Number):
        return score
    counted = CountedScore(score)
    counted.epochs = epochs
    return counted


def _plain(score: Any) -> Any:
    return float(score) if isinstance(score, CountedScore) else score

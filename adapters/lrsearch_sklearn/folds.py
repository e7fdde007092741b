"""Which of a round's candidates are worth a further fold: pure functions of arrays of scores.

The candidates of a round are trained on one fold first. What is behind there, in a comparison on
that fold alone, is trained on no other. Folds differ from each other more than good candidates do,
so that only differences on the same folds say anything: their spread, between the best candidate
and those next to it, is the noise that a candidate may be behind by.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["complete", "estimate", "going_on", "noise", "stages"]

Array = npt.NDArray[np.float64]

_MOST = 3
"""So many candidates of a round go on at the most."""
_BEHIND = 0.7
"""Noises of one fold, over the number of folds, that a candidate may be behind the best by."""
_BESIDE = 5
"""The candidates next to the best one that the noise is taken from."""


def stages(n_splits: int, shift: int) -> list[list[int]]:
    """The folds in the order of their use: one, one more, then as many as before, up to all.

    Parameters
    ----------
    n_splits : int
        How many folds there are.
    shift : int
        With which of them to begin. Each round begins with another one, since the best rate so far
        is the best of its first fold by luck, too.

    Examples
    --------
    >>> stages(5, 0), stages(3, 1)
    ([[0], [1], [2, 3], [4]], [[1], [2], [0]])
    """
    order = [(shift + fold) % n_splits for fold in range(n_splits)]
    found, stop = [order[:1]], 1
    while stop < n_splits:
        found.append(order[stop : 2 * stop])
        stop *= 2
    return found


def going_on(scores: Array, batch: Sequence[int], folds: Sequence[int]) -> list[int]:
    """The candidates of a batch that are worth the next folds, best first.

    Parameters
    ----------
    scores : array, shape (n_candidates, n_splits)
        Every candidate's score in each fold, greater being better; nan where it was not trained,
        or has failed.
    batch : sequence of int
        The candidates in question, in ascending order of their rates.
    folds : sequence of int
        The folds that they were trained on.

    Examples
    --------
    >>> scores = np.array([[0.9, 0.7, 0.8], [0.8, np.nan, np.nan], [0.92, np.nan, np.nan]])
    >>> going_on(scores, [1, 2], [0])
    [2, 1]
    >>> scores[2, 1] = 0.73
    >>> going_on(scores, [1, 2], [0])
    [2]
    """
    if not len(batch):
        return []
    means = _means(scores, folds)
    candidates = [index for index in batch if math.isfinite(means[index])]
    if not candidates:
        return []
    lead, spread = noise(scores, folds)
    if spread is not None:
        least = means[lead] - _BEHIND * spread / len(folds)
        candidates = [index for index in candidates if means[index] >= least - _ROUNDING]
    return _best_first(candidates, means)[:_MOST]


def noise(scores: Array, folds: Sequence[int]) -> tuple[int, float | None]:
    """The leading candidate, and the noise of a difference to it on one fold.

    The leader is the best of those trained on all folds, or where there is none, of those trained
    on these. The noise is the standard deviation of the differences on folds that two candidates
    share, pooled over those next to the leader; None where none shares two folds with it.
    """
    whole = _means(scores, range(scores.shape[1]))
    means = whole if np.isfinite(whole).any() else _means(scores, folds)
    lead = int(np.nanargmax(means))
    beside = _means(scores, folds)
    ranked = [index for index in np.argsort(-beside) if math.isfinite(beside[index])]
    squares, freedom = 0.0, 0
    for index in [index for index in ranked if index != lead][:_BESIDE]:
        differences = scores[index] - scores[lead]
        differences = differences[np.isfinite(differences)]
        if len(differences) > 1:
            squares += float(((differences - differences.mean()) ** 2).sum())
            freedom += len(differences) - 1
    return lead, math.sqrt(squares / freedom) if freedom else None


def estimate(scores: Array, index: int) -> tuple[float, float | None]:
    """What a candidate's mean score promises to be, by the folds that it was trained on.

    It is the leader's mean, and the mean difference to it on the folds that both have, less a
    standard error of that: a promise has to be better than what is proven.

    Returns
    -------
    mean : float
        nan where the candidate has failed.
    standard_error : float or None
        By the leader's folds, as many as the candidate was trained on.

    Examples
    --------
    >>> scores = np.array([[0.9, 0.7, 0.8], [0.89, 0.71, 0.8], [0.8, np.nan, np.nan]])
    >>> mean, error = estimate(scores, 2)
    >>> 0.68 < mean < 0.7, round(error, 3)
    (True, 0.1)
    """
    folds = np.flatnonzero(np.isfinite(scores[index]))
    if not len(folds):
        return math.nan, None
    lead, spread = noise(scores, list(folds))
    ahead = float((scores[index, folds] - scores[lead, folds]).mean())
    known = scores[lead][np.isfinite(scores[lead])]
    error = float(known.std(ddof=1) / math.sqrt(len(folds))) if len(known) > 1 else None
    return float(known.mean()) + ahead - (spread or 0.0) / math.sqrt(len(folds)), error


def complete(results: dict[str, Any], promises: Mapping[int, float], leading: str) -> None:
    """Give the candidates that were not trained on all folds a mean, a deviation, a rank, times.

    The mean is what their folds promise (see `estimate`), so that it compares with others.

    Parameters
    ----------
    results : dict of arrays, shape (n_candidates,)
        ``cv_results_``, changed in place.
    promises : mapping of int to float
        Of each such candidate, by its index, the leading score's mean.
    leading : str
        The name of that score in `results`.
    """
    for name in [name for name in results if name.startswith("mean_") and promises]:
        kind = name.removeprefix("mean_")
        columns = [column for column in results if column.endswith(f"_{kind}")]
        splits = [c for c in columns if c.removesuffix(f"_{kind}").removeprefix("split").isdigit()]
        if not splits:
            continue
        scores = np.stack([results[column] for column in splits], axis=1)
        for index, promise in promises.items():
            trained = scores[index][np.isfinite(scores[index])]
            if not kind.startswith("test_"):
                mean = trained.mean() if len(trained) else math.nan
            else:
                mean = promise if kind == f"test_{leading}" else estimate(scores, index)[0]
            results[name][index] = mean
            results[f"std_{kind}"][index] = trained.std() if len(trained) else math.nan
        if f"rank_{kind}" in results:
            losses = -results[name]
            losses[np.isnan(losses)] = math.inf
            order = np.sort(losses)
            results[f"rank_{kind}"] = np.searchsorted(order, losses).astype(np.int32) + 1


_ROUNDING = 1e-12


def _means(scores: Array, folds: Sequence[int] | range) -> Array:
    """Each candidate's mean over the folds; nan where one is missing."""
    return np.asarray(scores[:, list(folds)].mean(axis=1))


def _best_first(candidates: list[int], means: Array) -> list[int]:
    """Candidates by their means; of equal ones, those in the middle of them first."""
    places = {index: place for place, index in enumerate(candidates)}
    middle = {
        mean: float(np.mean([places[i] for i in candidates if means[i] == mean]))
        for mean in {means[index] for index in candidates}
    }
    return sorted(candidates, key=lambda i: (-means[i], abs(places[i] - middle[means[i]])))

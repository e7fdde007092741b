"""The candidates of a round, trained fold by fold while they are worth it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from lrsearch import ruled_out
from lrsearch_sklearn.candidates import Candidate, Out, Row, fold_scores, metric_of
from lrsearch_sklearn.exploring import Exploration
from lrsearch_sklearn.folds import Array, estimate, going_on, stages

__all__ = ["FoldRace", "look"]

_HALVINGS = 4
"""With a resource, decades get a look of so many halvings of a full training first."""

Job = tuple[dict[str, Any], int]


class FoldRace:
    """Evaluates the default search's rounds, on all folds only what is not behind on a few.

    `lrsearch_sklearn.folds` has the rule. With a resource, the first round begins with a look: a
    short training on one fold, after which the race's own rule says which decades cannot get to
    where the best one is.

    Parameters
    ----------
    exploration : Exploration
        The searches, and every row so far.
    n_splits : int
        How many folds there are.
    on_folds : callable
        From a list of parameters, each with the number of a fold, to a result for each.
    on_all_folds : callable
        From a candidate to its results in all folds, by scikit-learn's own evaluation. It is used
        once in a fit, since scikit-learn has to see one.
    keep : callable
        Called with rows as they are in between, to store them.
    stored : callable
        From a candidate to the results that an earlier process has stored, one a fold, or None.
    chunk : int or None
        After how many trainings to store; None where nothing is stored.
    """

    def __init__(
        self,
        exploration: Exploration,
        n_splits: int,
        on_folds: Callable[[Sequence[Job]], list[Out]],
        on_all_folds: Callable[[Candidate], list[Out | None]],
        keep: Callable[[Iterable[Row]], None],
        stored: Callable[[Candidate], list[Out | None] | None],
        chunk: int | None,
    ) -> None:
        self.exploration = exploration
        self.n_splits = n_splits
        self._on_folds = on_folds
        self._on_all_folds = on_all_folds
        self._keep = keep
        self._stored = stored
        self._chunk = chunk
        self._seen = False

    def rows(self, batch: Sequence[Candidate]) -> list[Row]:
        """A row for each candidate, with what it promises where it is not worth all folds."""
        points = dict.fromkeys(candidate.point for candidate in batch)
        alive = [
            [self._row(c) for c in sorted(batch, key=_rate) if c.point == point] for point in points
        ]
        plans = [stages(self.n_splits, rows[0].candidate.trial.round - 1) for rows in alive]
        looks = self._looked(alive, plans)
        rows = [row for rows in alive for row in rows]
        reached: dict[int, list[int]] = {}
        for number in range(len(plans[0])):
            self._train(alive, [plan[number] for plan in plans])
            known = [*self.exploration.rows.values(), *rows]
            places = {id(row): place for place, row in enumerate(known)}
            for kept, plan in zip(alive, plans, strict=True):
                folds = [fold for stage in plan[: number + 1] for fold in stage]
                reached |= {id(row): folds for row in kept}
            scores = self._scores([*self.exploration.rows.values(), *self._so_far(rows, reached)])
            for index, kept in enumerate(alive):
                folds = reached[id(kept[0])] if kept else []
                best = going_on(scores, [places[id(row)] for row in kept], folds)
                alive[index] = [known[place] for place in best]
            self._show_sklearn(alive)
        for row, seen in zip(rows, self._so_far(rows, reached), strict=True):
            row.outs = seen.outs
        self._promise(rows, looks)
        return [*rows, *looks]

    def _so_far(self, rows: Sequence[Row], reached: dict[int, list[int]]) -> list[Row]:
        """The rows with the results of the folds that they have reached, and no others.

        An earlier process may have stored more, or scikit-learn have seen more: what comes next
        does not depend on it.
        """
        return [
            replace(row, outs=[
                out if fold in reached.get(id(row), ()) else None
                for fold, out in enumerate(row.outs)
            ])
            for row in rows
        ]  # fmt: skip

    def _row(self, candidate: Candidate) -> Row:
        return Row(candidate, list(self._stored(candidate) or [None] * self.n_splits))

    def _train(self, alive: Sequence[Sequence[Row]], folds: Sequence[Sequence[int]]) -> None:
        """Train the rows of each point on the point's folds, all together."""
        todo = [
            (row, fold)
            for rows, stage in zip(alive, folds, strict=True)
            for row in rows
            for fold in stage
            if row.outs[fold] is None
        ]
        size = max(1, len(todo) if self._chunk is None else self._chunk)
        for chunk in (todo[first : first + size] for first in range(0, len(todo), size)):
            outs = self._on_folds([(row.candidate.params, fold) for row, fold in chunk])
            for (row, fold), out in zip(chunk, outs, strict=True):
                row.outs[fold] = out
            self._keep([row for row, _ in chunk])

    def _show_sklearn(self, alive: Sequence[Sequence[Row]]) -> None:
        """Let scikit-learn's own evaluation see the first candidate that is worth all folds."""
        best = next((row for rows in alive for row in rows), None)
        if best is not None and not self._seen:
            self._seen = True
            best.outs = self._on_all_folds(best.candidate)
            self._keep([best])

    def _scores(self, rows: Sequence[Row]) -> Array:
        """The rows' scores in each fold; nan where one was not trained, or has failed."""
        metric = metric_of((out for row in rows for out in row.outs), self.exploration.refit)
        error = self.exploration.error_score
        found = [fold_scores(row.outs, metric, error) for row in rows]
        scores = np.array(found, dtype=float).reshape(-1, self.n_splits)
        return np.where(np.isfinite(scores), scores, math.nan)

    def _looked(
        self, alive: list[list[Row]], plans: Sequence[Sequence[Sequence[int]]]
    ) -> list[Row]:
        """Take out of first rounds what a look rules out; those looks, as rows."""
        most, resource = self.exploration.most, self.exploration.resource
        epochs = 0 if most is None else look(most)
        ruled: list[Row] = []
        if not epochs or most is None or resource is None:
            return ruled
        for index, (rows, plan) in enumerate(zip(alive, plans, strict=True)):
            fold = plan[0][0]
            new = [row for row in rows if row.candidate.trial.round == 1]
            looks = [self._row(_cut(row.candidate, resource, epochs)) for row in new]
            self._train([looks], [[fold]])
            scores = self._scores(looks)[:, fold] if looks else ()
            curves = [
                (c.candidate.trial.rate, [s] * epochs) for c, s in zip(looks, scores, strict=True)
            ]
            behind = [
                ruled_out(*curve, curves[:i] + curves[i + 1 :], most, "maximize")
                for i, curve in enumerate(curves)
            ]
            for row, shown in zip(new, looks, strict=True):
                if _stopped(shown.outs[fold], epochs):  # by itself: that was the whole of it
                    row.outs[fold] = shown.outs[fold]
            out = {id(row) for row, worse in zip(new, behind, strict=True) if worse}
            alive[index] = [row for row in rows if id(row) not in out]
            ruled += [shown for shown, worse in zip(looks, behind, strict=True) if worse]
        return ruled

    def _promise(self, rows: Sequence[Row], looks: Sequence[Row]) -> None:
        """Say what the rows promise that have not all folds.

        A row that a look has ruled out promises no more than any that was trained in full.
        """
        known = [*self.exploration.rows.values(), *rows, *looks]
        scores = self._scores(known)
        first = len(known) - len(rows) - len(looks)
        promises = [estimate(scores, place) for place in range(first, len(known))]
        for row, (mean, error) in zip([*rows, *looks], promises, strict=True):
            failed = any(
                math.isnan(score)
                for score, out in zip(self._scores([row])[0], row.outs, strict=True)
                if out is not None
            )
            if row.partial:
                row.promise = (math.nan, None) if failed else (mean, error)
        worst = min(
            (mean for mean, _ in promises[: len(rows)] if math.isfinite(mean)), default=math.inf
        )
        for row in looks:
            mean, error = row.promise or (math.nan, None)
            row.promise = (min(mean, worst), error) if math.isfinite(mean) else (mean, error)


def look(most: int) -> int:
    """Epochs of a look, of so many in a full training; 0 where it would not be much shorter.

    Examples
    --------
    >>> look(1000), look(100), look(10)
    (63, 7, 0)
    """
    epochs = most
    for _ in range(_HALVINGS):
        epochs = math.ceil(epochs / 2)
    return epochs if most >= 2**_HALVINGS else 0


def _rate(candidate: Candidate) -> float:
    return float(candidate.trial.rate)


def _cut(candidate: Candidate, resource: str, epochs: int) -> Candidate:
    trial = candidate.trial._replace(stop_epoch=epochs)
    params = {**candidate.params, resource: epochs}
    return replace(candidate, trial=trial, params=params, own=False, asked=candidate.trial)


def _stopped(out: Out | None, epochs: int) -> bool:
    return out is not None and (out.get("epochs") or epochs) < epochs

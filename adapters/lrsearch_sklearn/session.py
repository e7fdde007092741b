"""One fit: candidates are asked, evaluated, stored, told, until the searches are done."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from sklearn.base import clone
from sklearn.exceptions import FitFailedWarning

from lrsearch import DECADES, Rate, Trial
from lrsearch.results import Progress
from lrsearch_sklearn.candidates import Candidate, Out, Row, failed
from lrsearch_sklearn.checks import remedy
from lrsearch_sklearn.epochs import pop_epochs
from lrsearch_sklearn.exploring import Exploration
from lrsearch_sklearn.fold_race import FoldRace, Job
from lrsearch_sklearn.outputs import RunFolder
from lrsearch_sklearn.racing import ContinuedFits

__all__ = ["Session"]

_TRIED = 8
"""So many candidates may fail, where each is evaluated by itself, before the fit gives up."""

Batch = Callable[[Sequence[dict[str, Any]]], list[dict[str, Any]]]


class Session:
    """What happens between the first candidate of a fit and the last.

    Parameters
    ----------
    exploration : Exploration
        The searches.
    n_splits : int
        How many folds there are.
    evaluate : callable
        scikit-learn's evaluation: from a list of parameters to a result for each fold of each.
    continued : ContinuedFits or None
        What evaluates legs that go on; None where every leg trains from the start.
    folder : RunFolder or None
        Where results are stored.
    refit : callable or None
        From parameters to an estimator fitted on all data, to store it.
    chunk : int
        After how many candidates results are stored, where there is a folder.
    progress : Progress or None
        Where to show what is going on.
    on_folds : callable or None
        From parameters, each with the number of a fold, to a result for each: for rounds that are
        trained fold by fold. None where every candidate is trained on all folds.
    """

    def __init__(
        self,
        exploration: Exploration,
        n_splits: int,
        evaluate: Batch,
        continued: ContinuedFits | None,
        folder: RunFolder | None,
        refit: Callable[[dict[str, Any]], Any] | None,
        chunk: int,
        progress: Progress | None,
        on_folds: Callable[[Sequence[Job]], list[Out]] | None = None,
    ) -> None:
        self.exploration = exploration
        self.n_splits = n_splits
        self.continued = continued
        self.folder = folder
        self._evaluate = evaluate
        self._refit = refit
        self._chunk = chunk
        self._progress = progress
        self._evaluated = 0
        self._spent = 0
        self._on_folds = on_folds

    def run(self) -> None:
        """Search until all is done, then train in full what is recommended and was not.

        Raises
        ------
        ValueError
            If no candidate could be fitted, or none has a finite score.
        """
        exploration = self.exploration
        if self.folder is not None:
            self._restore(self.folder)
        if self._progress is not None:
            self._show_earlier(self._progress)
        race = self._fold_race()
        while not self._pointless() and (batch := exploration.ask()):
            if race is not None:
                self._take(race.rows(batch))
            else:
                for chunk in self._chunks(batch):
                    self._take(self._rows(chunk))
            self._check_fitted()
        self._check_fitted()
        self._check_finite()
        untrained = exploration.untrained()
        if self._progress is not None:
            self._close_progress(self._progress, sum(map(exploration.cost, untrained)))
        for chunk in self._chunks(untrained):
            self._take(self._rows(chunk))
        if not self._evaluated:
            best = exploration.best()
            if best is not None:  # an earlier process did it all: scikit-learn needs one result
                exploration.rows[best.candidate.key] = self._by_sklearn([best.candidate])[0]
        if race is not None:  # the order of their numbers, whatever a killed process had stored
            exploration.rows = dict(sorted(exploration.rows.items()))
        if self._without_effect(3):
            self._warn_without_effect()

    # Evaluating -------------------------------------------------------------------------------

    def _fold_race(self) -> FoldRace | None:
        """What evaluates rounds fold by fold; None where all folds are trained at once."""
        folder = self.folder
        if self._on_folds is None or self.n_splits < 2:
            return None

        def stored(candidate: Candidate) -> list[Out | None] | None:
            found = None if folder is None else folder.stored(candidate.key)
            return None if found is None else found[0]

        def keep(rows: Iterable[Row]) -> None:
            if folder is not None:
                folder.write_rows(rows)

        def on_all_folds(candidate: Candidate) -> list[Out | None]:
            return self._by_sklearn([candidate])[0].outs

        chunk = None if folder is None else self._chunk
        return FoldRace(
            self.exploration, self.n_splits, self._by_folds, on_all_folds, keep, stored, chunk
        )

    def _by_folds(self, jobs: Sequence[Job]) -> list[Out]:
        """A result for each job: parameters, and the number of a fold."""
        if self._on_folds is None:
            return []
        outs = self._on_folds(jobs)
        for out in outs:
            out["test_scores"], out["epochs"] = pop_epochs(out["test_scores"])
        self._warn_failed(outs)
        return outs

    def _chunks(self, batch: Sequence[Candidate]) -> Iterator[Sequence[Candidate]]:
        size = len(batch) if self.folder is None else self._chunk
        return (batch[first : first + size] for first in range(0, len(batch), max(1, size)))

    def _rows(self, candidates: Sequence[Candidate]) -> list[Row]:
        """A row for each candidate, without a training where the folder or another row has it."""
        known: dict[int, Row] = {}
        legs, fits = [], []
        for index, candidate in enumerate(candidates):
            stored = None if self.folder is None else self.folder.stored(candidate.key)
            if stored is not None:
                curve = stored[1] and stored[1][-candidate.trial.epochs :]
                known[index] = Row(candidate, stored[0], curve)
            elif (same := self.exploration.same(candidate)) is not None:
                known[index] = Row(candidate, same.outs)
            elif self.continued is not None and not candidate.full:
                legs.append(index)
            else:
                fits.append(index)
        if fits:
            rows = self._by_sklearn([candidates[index] for index in fits])
            known |= dict(zip(fits, rows, strict=True))
        if legs and self.continued is not None:
            rows = self.continued.evaluate([candidates[index] for index in legs])
            known |= dict(zip(legs, rows, strict=True))
            self._warn_failed([out for row in rows for out in row.outs])
        return [known[index] for index in range(len(candidates))]

    def _by_sklearn(self, candidates: Sequence[Candidate]) -> list[Row]:
        count, folds = len(candidates), self.n_splits
        try:
            outs = self._evaluate([candidate.params for candidate in candidates])
            self._evaluated += count
        except ValueError as error:
            # scikit-learn ends a search when all fits of one call fail; here others may go well.
            if self.exploration.raises or "fits failed" not in str(error):
                raise
            warnings.warn(str(error).strip(), FitFailedWarning, stacklevel=2)
            outs = failed(count * folds, str(error))
        for out in outs:
            out["test_scores"], out["epochs"] = pop_epochs(out["test_scores"])
        return [
            Row(candidate, outs[index * folds : (index + 1) * folds])
            for index, candidate in enumerate(candidates)
        ]

    def _warn_failed(self, outs: Sequence[Out | None]) -> None:
        """Warn of folds that could not be trained, as scikit-learn does of its own."""
        errors = [out["fit_error"] for out in outs if out is not None and out["fit_error"]]
        if errors:
            warnings.warn(
                f"{len(errors)} fits failed of {len(outs)}. Their scores "
                f"are set to {self.exploration.error_score}. The first error:\n{errors[0]}",
                FitFailedWarning,
                stacklevel=2,
            )

    def _take(self, rows: Sequence[Row]) -> None:
        """Store and tell rows, and keep the best estimator so far."""
        if self.folder is not None:
            self.folder.write_rows(rows)
        for row in rows:
            mean = self.exploration.tell(row)
            if self._progress is not None:
                self._show(self._progress, row, mean)
        if self.folder is not None and self._refit is not None:
            best = self.exploration.best()
            if best is not None and any(best is row for row in rows):
                self.folder.write_best(self._refit(best.candidate.params))

    def _show(self, progress: Progress, row: Row, mean: float) -> None:
        trial, best = row.candidate.trial, self.exploration.best()
        search = self.exploration.searches[row.candidate.point]
        places = {round.number: round.place for round in search.rounds}
        epochs = self.exploration.cost(row.candidate)
        self._spent += epochs
        progress.update(
            epochs,
            round=trial.round,
            place=places.get(trial.round),
            trial=trial.number,
            rate=str(trial.rate),
            epoch=trial.stop_epoch,
            epochs=trial.stop_epoch,
            score=mean,
            best=None if best is None else self.exploration.mean(best),
            best_rate=None if best is None else str(best.candidate.trial.rate),
        )

    def _close_progress(self, progress: Progress, left: int) -> None:
        """Say how much there is in the end, where a search has charged less than it might have."""
        known, progress.total = progress.total, self._spent + left
        if not left and known != progress.total:
            progress.update(0)

    def _show_earlier(self, progress: Progress) -> None:
        """Count what an earlier process has done."""
        exploration = self.exploration
        rows = (row for row in exploration.rows.values() if row.candidate.full)
        if self.continued is None:
            rows = iter(exploration.rows.values())
        else:
            self._spent = sum(search.spent for search in exploration.searches)
        self._spent += sum(exploration.cost(row.candidate) for row in rows)
        if self._spent:
            progress.update(self._spent)

    # Going on ---------------------------------------------------------------------------------

    def _restore(self, folder: RunFolder) -> None:
        """Rows of candidates that an earlier process has told."""
        searches = self.exploration.searches
        for point, number, stop, full in folder.known():
            trials = searches[point].trials if point < len(searches) else ()
            if number >= len(trials) or not (full or stop in trials[number].scores):
                continue
            record = trials[number]
            trial = Trial(number, 0, record.rate, record.round, record.init, 0, stop)
            candidate = self.exploration.candidate(point, trial, full)
            outs, curve = folder.stored(candidate.key) or ([], None)
            row = Row(candidate, outs, curve)
            if row.partial:
                told = math.nan if record.score is None else record.score
                row.promise = told, record.standard_error
            self.exploration.add(row)

    # Judging ----------------------------------------------------------------------------------

    def _check_fitted(self) -> None:
        exploration = self.exploration
        rows = list(exploration.rows.values())
        searched_on = exploration.resource is not None and len(rows) < _TRIED
        if any(row.fitted for row in rows) or (searched_on and not self._done()):
            return
        tried = ", ".join(dict.fromkeys(str(row.candidate.trial.rate) for row in rows))
        raise ValueError(
            f"No value of {exploration.param!r} could be fitted, tried {tried}.\n{self._errors()}"
        )

    def _errors(self) -> str:
        """What went wrong in the fits, each error once."""
        outs = (out for row in self.exploration.rows.values() for out in row.outs if out)
        return "\n".join(dict.fromkeys(out["fit_error"] for out in outs if out["fit_error"]))

    def _done(self) -> bool:
        return all(search.done for search in self.exploration.searches)

    def _check_finite(self) -> None:
        exploration = self.exploration
        if any(search.rate is not None for search in exploration.searches):
            return
        first = next(row for row in exploration.rows.values())
        if first.partial and not self._errors():  # other folds may say what is wrong
            first.outs = self._by_sklearn([first.candidate])[0].outs
        tried = ", ".join(
            dict.fromkeys(
                f"{row.candidate.trial.rate} ({exploration.mean(row)})"
                for row in exploration.rows.values()
            )
        )
        if self._refit is not None:  # as scikit-learn would: the estimator may say what is wrong
            self._refit(exploration.points[0])
        raise ValueError(
            f"No value of {exploration.param!r} has a finite mean test score, tried {tried}: "
            f"check the data, the estimator and scoring\n{self._errors()}".rstrip()
        )

    def _pointless(self) -> bool:
        """Whether the decades of the default search have shown that the parameter does nothing."""
        return self.exploration.by_default and self._without_effect(len(DECADES))

    def _without_effect(self, least: int) -> bool:
        """Whether so many values at the least have one score in every fold that they have."""
        rates: set[Rate] = set()
        scores: dict[tuple[int, int], set[float]] = {}
        for row in self.exploration.rows.values():
            rates.add(row.candidate.trial.rate)
            for fold, score in enumerate(self.exploration.scores(row)):
                if row.outs[fold] is not None:
                    scores.setdefault((row.candidate.point, fold), set()).add(score)
        return len(rates) >= least and all(len(different) == 1 for different in scores.values())

    def _warn_without_effect(self) -> None:
        exploration = self.exploration
        rows = list(exploration.rows.values())
        rates = {row.candidate.trial.rate for row in rows}
        mean = exploration.mean(exploration.best() or rows[0])
        params = clone(rows[0].candidate.params, safe=False)
        estimator = clone(exploration.estimator).set_params(**params)
        warnings.warn(
            f"All {len(rates)} values of {exploration.param!r} have the same score in every fold, "
            f"{mean:.6g} in the mean: {remedy(estimator, exploration.param)}",
            UserWarning,
            stacklevel=2,
        )

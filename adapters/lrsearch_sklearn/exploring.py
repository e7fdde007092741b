"""The searches of one fit: what they ask is evaluated together, what comes out is told."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from lrsearch import Rate, Trial, TrialRecord
from lrsearch_sklearn.candidates import (
    Candidate,
    Row,
    fold_scores,
    lowered,
    mean_and_error,
    metric_of,
)
from lrsearch_sklearn.checks import seeds
from lrsearch_sklearn.searches import races

__all__ = ["Exploration", "ask_together"]


class Exploration:
    """A search for each point of the grid of other parameters, and a row for each candidate.

    Parameters
    ----------
    search_cv : LRSearchCV
        Whose fit it is.
    points : list of dict
        The points of the grid.
    searches : list of Search or Study
        One for each point.
    most : int or None
        The resource of a full training; None where there is no resource.
    workers : int
        How many candidates are worth asking at once where later ones depend on earlier ones.
    """

    def __init__(
        self,
        search_cv: Any,
        points: list[dict[str, Any]],
        searches: list[Any],
        most: int | None,
        workers: int,
    ) -> None:
        self.points = points
        self.searches = searches
        self.most = most
        self.workers = workers
        self.estimator = search_cv.estimator
        self.param: str = search_cv.param
        self.resource: str | None = search_cv.resource
        self.resume: bool = search_cv.resume
        self.truncated: bool = search_cv.truncated
        self.refit = search_cv.refit
        self.seeds = seeds(search_cv.estimator)
        self.by_default = search_cv.search is None and not races(search_cv)
        self.raises = isinstance(search_cv.error_score, str)
        self.error_score = math.nan if self.raises else search_cv.error_score
        self.rows: dict[tuple[int, int, int, bool], Row] = {}

    # Asking and telling -----------------------------------------------------------------------

    def ask(self) -> list[Candidate]:
        """All candidates that can be evaluated now; none when every search is done.

        Raises
        ------
        ValueError
            If a search hands out a part of a training, and there is no resource to limit it by.
        RuntimeError
            If a search is not done and hands out nothing.
        """
        asked = []
        for point, search in enumerate(self.searches):
            trials = ask_together(search, self.workers, self.resume)
            if not trials and not search.done:
                raise RuntimeError(
                    "a search hands out nothing and is not done: is another process at the same "
                    "directory?"
                )
            asked += [self.candidate(point, trial) for trial in trials]
        return asked

    def candidate(self, point: int, trial: Trial, full: bool = False) -> Candidate:
        """The parameters for a trial's leg, or for the full training of its rate."""
        params = {**self.points[point], self.param: float(trial.rate)}
        if self.resource is not None:
            params[self.resource] = trial.stop_epoch
        elif trial.stop_epoch < self.searches[point].trials[trial.number].max_epochs:
            raise ValueError(
                f"search={self.searches[point].config()['search']} hands out trainings in parts, "
                f"here {trial.epochs} epochs: name the parameter that limits them by resource="
            )
        shift = 0 if full else trial.init
        if shift:
            params |= {name: seed + shift for name, seed in self.seeds.items()}
        whole = self.resource is None or trial.stop_epoch == self.most
        seeded = bool(shift and self.seeds)
        own = full or (whole and not seeded and not self.resume)
        return Candidate(point, trial, params, full, own)

    def tell(self, row: Row) -> float:
        """Take in an evaluated candidate; its mean score, or what it promises to be."""
        self.add(row)
        candidate = row.candidate
        mean, error = row.promise or mean_and_error(self.scores(row))
        if candidate.asked is not None:
            told = [mean] * candidate.trial.epochs  # nan, too: a number would end the whole leg
            self.searches[candidate.point].tell(candidate.asked, told, error)
        elif not candidate.full:
            score = self._shown(candidate.trial, mean, row) if row.curve is None else row.curve
            self.searches[candidate.point].tell(candidate.trial, score, error)
        return mean

    def add(self, row: Row) -> None:
        """Keep a row, in the place of one of the same trial that has not all folds."""
        candidate = row.candidate
        if candidate.full:
            for key, other in list(self.rows.items()):
                if other.partial and key[:2] == candidate.key[:2]:
                    del self.rows[key]
        self.rows[candidate.key] = row

    def _shown(self, trial: Trial, mean: float, row: Row) -> float | list[float]:
        """What the search is told of a training that was done from the start.

        A fit gives its last model, not its best one. Where a longer training scores less than a
        shorter one of the same rate, the shorter one's score is taken back.
        """
        known = self.searches[row.candidate.point].trials[trial.number].scores
        if not any(score > mean for score in known.values()):
            return mean
        return lowered(known, trial.stop_epoch, mean)

    # What is known ----------------------------------------------------------------------------

    @property
    def metric(self) -> str | None:
        """The name of the score that leads; None where there is one score."""
        outs = (out for row in self.rows.values() for out in row.outs)
        return metric_of(outs, self.refit)

    def scores(self, row: Row) -> list[float]:
        """The row's leading score in each fold."""
        return fold_scores(row.outs, metric_of(row.outs, self.refit), self.error_score)

    def mean(self, row: Row) -> float:
        """The row's leading score."""
        return mean_and_error(self.scores(row))[0]

    def best(self) -> Row | None:
        """The row with the best leading score so far; None where none is finite."""
        finite = [row for row in self.rows.values() if math.isfinite(self.mean(row))]
        return max(finite, key=self.mean, default=None)

    def columns(self) -> dict[str, list[Any]]:
        """What is told of each row beside its scores and parameters."""
        digits = [{r.number: r.digit for r in search.rounds} for search in self.searches]
        candidates = [row.candidate for row in self.rows.values()]
        found: dict[str, list[Any]] = {
            "round": [c.trial.round for c in candidates],
            "digit": [digits[c.point].get(c.trial.round, 0) for c in candidates],
            "trial": [c.trial.number for c in candidates],
            "folds": [sum(out is not None for out in row.outs) for row in self.rows.values()],
        }
        if self.resource is not None:
            found["n_resources"] = [c.trial.stop_epoch for c in candidates]
        return found

    def same(self, candidate: Candidate) -> Row | None:
        """A shorter training that has stopped by itself: this one would be the same."""
        if self.resource is None or self.resume:
            return None
        wanted = {**candidate.params, self.resource: None}
        for row in self.rows.values():
            known = row.candidate
            shorter = known.trial.stop_epoch < candidate.trial.stop_epoch
            if shorter and row.stopped and {**known.params, self.resource: None} == wanted:
                return row
        return None

    def cost(self, candidate: Candidate) -> int:
        """Epochs that the candidate is trained for; none where a shorter training is the same."""
        return candidate.trial.epochs if self.same(candidate) is None else 0

    # Recommending -----------------------------------------------------------------------------

    def untrained(self) -> list[Candidate]:
        """Trainings with the estimator's own resource and `random_state` that are still to be told.

        They are those of the rates that the searches recommend and, where legs went on by
        ``partial_fit``, of the rates that have the best score; and those that need no training,
        since shorter ones have stopped by themselves.
        """
        trained = {
            (row.candidate.point, row.candidate.trial.rate)
            for row in self.rows.values()
            if row.candidate.own and not row.partial
        }
        wanted = []
        best = self.best() if self.by_default else None
        for point, search in enumerate(self.searches):
            if best is not None and search.best is not None and self.mean(best) > search.best.score:
                continue  # what it promises is behind what is proven
            full = {
                record.number: self._full(point, record)
                for record in search.trials
                if (point, record.rate) not in trained
            }
            standing = [c for c in full.values() if self.same(c) is not None]
            trained |= {(point, c.trial.rate) for c in standing}
            wanted += standing
            rates = [search.rate]
            if self.resume and search.best is not None:
                rates.append(search.best.rate)
            records = [proven(rate, search.trials) for rate in rates if rate is not None]
            numbers = dict.fromkeys(
                record.number for record in records if (point, record.rate) not in trained
            )
            wanted += [full[number] for number in numbers]
        return wanted

    def _full(self, point: int, record: TrialRecord) -> Candidate:
        number, stop = record.number, self.most or record.max_epochs
        trial = Trial(number, record.legs, record.rate, record.round, record.init, 0, stop)
        return self.candidate(point, trial, full=True)

    def chosen(self, means: Sequence[float]) -> int:
        """The index of the row that is recommended.

        It is one that was trained with the estimator's own resource and `random_state`; with
        `truncated`, one of fewer epochs may be it, too. Without a resource it is the best one at a
        recommended rate, for a search may know more than one row's score (its mean over inits,
        say). With a resource it is the best of all: they are scored on the same folds. Of equal
        ones it is a recommended one, then the one with the most epochs.

        Parameters
        ----------
        means : sequence of float, shape (n_candidates,)
            The score of each row.

        Raises
        ------
        ValueError
            If no such row has a finite score.
        """
        rates: list[Rate | None] = [search.rate for search in self.searches]
        ranked = []
        for index, row in enumerate(self.rows.values()):
            candidate = row.candidate
            eligible = candidate.own or (self.truncated and candidate.trial.init == 0)
            if math.isfinite(means[index]) and eligible:
                ours = candidate.trial.rate == rates[candidate.point]
                first = ours or self.resource is not None
                ranked.append((first, means[index], ours, candidate.trial.stop_epoch, -index))
        if not ranked:
            tried = ", ".join(str(candidate.trial.rate) for candidate in self.untrained())
            raise ValueError(
                f"no value of {self.param!r} has a finite mean test score when trained with the "
                f"estimator's own settings: tried {tried}"
            )
        return -max(ranked)[-1]


def proven(rate: Rate, records: Sequence[TrialRecord]) -> TrialRecord:
    """The trial whose rate is worth a full training, where a rate is recommended.

    A race may recommend a rate for what it promises. Where another one, in more epochs, has a
    score that is no worse (scores maximise), that one has proven it.
    """
    record = next(record for record in records if record.rate == rate)
    deeper = [
        other
        for other in records
        if other.score is not None
        and record.score is not None
        and other.epoch > record.epoch
        and other.score >= record.score
    ]
    return max(deeper, key=lambda other: (other.score, other.epoch), default=record)


def ask_together(search: Any, workers: int, resume: bool) -> list[Trial]:
    """The trials that are to be evaluated together.

    That is a whole round where the search has announced its rates. Where it has not, as a race
    that decides by each score, there are only as many as there are workers for. What a killed
    process had in hand comes first, together.

    Examples
    --------
    >>> import lrsearch
    >>> len(ask_together(lrsearch.DigitSearch(), 1, False))
    8
    >>> len(ask_together(lrsearch.from_config(
    ...     {"search": "DigitRace", "budget": 100, "max_epochs": 50}), 1, False))
    1
    """
    announced: set[Rate] = set()
    if search.rounds:
        round = search.rounds[-1]
        begun = {record.rate for record in search.trials if record.round == round.number}
        announced = set(round.rates) - begun
    lost = sum(record.state in ("asked", "released") for record in search.trials)
    trials: list[Trial] = []
    while (trial := search.ask(resume)) is not None:
        trials.append(trial)
        if trial.rate not in announced and len(trials) >= max(workers, lost):
            break
    return trials

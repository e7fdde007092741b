"""The searches of one fit: what they ask is evaluated together, what comes out is told."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from lrsearch import Rate, Trial
from lrsearch_sklearn.candidates import (
    Candidate,
    Row,
    fold_scores,
    mean_and_error,
    metric_of,
)

__all__ = ["Exploration", "ask_together"]


class Exploration:
    """A search for each point of the grid of other parameters, and a row for each candidate.

    Parameters
    ----------
    points : list of dict
        The points of the grid.
    searches : list of Search or Study
        One for each point.
    param : str
        The parameter that holds the rate.
    resource : str or None
        The parameter that holds a leg's epochs.
    resume : bool
        Whether legs go on from where the trial's last leg ended.
    workers : int
        How many candidates are worth asking at once where later ones depend on earlier ones.
    seeds : dict
        The estimator's own `random_state` parameters that are integers.
    refit : bool, str or callable
        As in `LRSearchCV`; names the score that leads.
    error_score : float or "raise"
        As in `LRSearchCV`.
    """

    def __init__(
        self,
        points: list[dict[str, Any]],
        searches: list[Any],
        param: str,
        resource: str | None,
        resume: bool,
        workers: int,
        seeds: dict[str, int],
        refit: Any,
        error_score: Any,
    ) -> None:
        self.points = points
        self.searches = searches
        self.param = param
        self.resource = resource
        self.resume = resume
        self.workers = workers
        self.seeds = seeds
        self.refit = refit
        self.raises = isinstance(error_score, str)
        self.error_score = math.nan if self.raises else error_score
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
        """The parameters for a trial's leg."""
        params = {**self.points[point], self.param: float(trial.rate)}
        if self.resource is not None:
            params[self.resource] = trial.stop_epoch
        elif trial.stop_epoch < self.searches[point].trials[trial.number].max_epochs:
            raise ValueError(
                f"search={self.searches[point].config()['search']} hands out trainings in parts, "
                f"here {trial.epochs} epochs: name the parameter that limits them by resource="
            )
        if trial.init:
            params |= {name: seed + trial.init for name, seed in self.seeds.items()}
        return Candidate(point, trial, params, full)

    def tell(self, row: Row) -> float:
        """Take in an evaluated candidate; its mean score."""
        self.rows[row.candidate.key] = row
        mean, error = mean_and_error(self.scores(row))
        if not row.candidate.full:
            score = mean if row.curve is None else row.curve
            self.searches[row.candidate.point].tell(row.candidate.trial, score, error)
        return mean

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
        }
        if self.resource is not None:
            found["n_resources"] = [c.trial.stop_epoch for c in candidates]
        return found

    # Recommending -----------------------------------------------------------------------------

    def untrained(self) -> list[Candidate]:
        """Full trainings that are still to be done.

        They are those of the rates that the searches recommend and, where legs went on by
        ``partial_fit``, of the rates that have the best score, since no leg can be chosen itself.
        """
        wanted = []
        for point, search in enumerate(self.searches):
            rates = [search.rate]
            if self.resume and search.best is not None:
                rates.append(search.best.rate)
            for rate in dict.fromkeys(rate for rate in rates if rate is not None):
                record = next(record for record in search.trials if record.rate == rate)
                number, stop = record.number, record.max_epochs
                trial = Trial(number, record.legs, rate, record.round, record.init, 0, stop)
                candidate = self.candidate(point, trial, full=True)
                leg = (*candidate.key[:3], False)
                if candidate.key not in self.rows and (self.resume or leg not in self.rows):
                    wanted.append(candidate)
        return wanted

    def chosen(self, means: Sequence[float]) -> int:
        """The index of the best row.

        Without a resource it is the best one at a recommended rate, for a search may know more
        than one row's score (its mean over inits, say). With a resource it is the best of all:
        they are scored on the same folds, whatever their epochs. Legs that went on by
        ``partial_fit`` do not count: what ``fit`` does with their parameters is for the full
        training to tell. Of equal ones it is a recommended one, then the one with the most epochs.

        Parameters
        ----------
        means : sequence of float, shape (n_candidates,)
            The score of each row.
        """
        rates: list[Rate | None] = [search.rate for search in self.searches]
        ranked = []
        for index, row in enumerate(self.rows.values()):
            candidate = row.candidate
            if math.isfinite(means[index]) and (candidate.full or not self.resume):
                ours = candidate.trial.rate == rates[candidate.point]
                first = ours or self.resource is not None
                ranked.append((first, means[index], ours, candidate.trial.stop_epoch, -index))
        return -max(ranked)[-1] if ranked else 0


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

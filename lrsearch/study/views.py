"""What can be read of a study."""

from __future__ import annotations

import contextlib
import os
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from lrsearch.checks import other_file
from lrsearch.evidence import Evidence
from lrsearch.exploit import CosineAnnealing
from lrsearch.files import csv_text, write_text
from lrsearch.rate import Rate
from lrsearch.results import TRIAL_COLUMNS, trial_rows
from lrsearch.search import Direction, Event, Search
from lrsearch.trial import Round, Trial, TrialRecord, Trials

__all__ = ["StudyViews"]


class StudyViews(ABC):
    """The readable side of a study: each property is the search's, as the file has it now."""

    path: Path
    _lock: threading.RLock

    @abstractmethod
    def _refresh(self) -> Search:
        """The search as it is in the file now."""

    @abstractmethod
    def _logged(self) -> Sequence[Event]:
        """The events in the file."""

    @contextlib.contextmanager
    def unchanged(self) -> Iterator[Search]:
        """A block in which no other thread of this process changes the search.

        What is read of the search that it gives is of one moment; tells of other threads wait.

        Examples
        --------
        >>> import tempfile
        >>> import lrsearch
        >>> path = f"{tempfile.mkdtemp()}/vae.db"
        >>> with lrsearch.study.Study(path, lrsearch.GridSearch(["0.1", "0.01"])) as study:
        ...     study.tell(study.ask(), [3.0, 2.5])
        ...     with study.unchanged() as search:
        ...         [score for record in search.trials for score in record.scores.values()]
        [3.0, 2.5]
        """
        with self._lock:
            yield self._refresh()

    @property
    def search(self) -> Search:
        """The search in its present state. Read it; tell the study."""
        return self._refresh()

    @property
    def trials(self) -> Trials:
        """A record of each trial, by number."""
        return self._refresh().trials

    @property
    def rounds(self) -> tuple[Round, ...]:
        """The rounds begun so far."""
        with self.unchanged() as search:
            return search.rounds

    @property
    def out(self) -> tuple[Trial, ...]:
        """The trials that workers have in hand."""
        with self.unchanged() as search:
            return search.out

    @property
    def best(self) -> TrialRecord | None:
        """The record with the best score; None where no trial has one."""
        return self._refresh().best

    @property
    def kept(self) -> tuple[Rate, ...]:
        """The rates kept by the last round that is over, best first."""
        return self._refresh().kept

    @property
    def rate(self) -> Rate | None:
        """The rate recommended; None while no score supports one."""
        with self.unchanged() as search:
            return search.rate

    @property
    def done(self) -> bool:
        """Whether the search is over for good."""
        return self._refresh().done

    @property
    def reason(self) -> str | None:
        """Why the search is over; None while it is not."""
        return self._refresh().reason

    @property
    def spent(self) -> int:
        """Epochs charged so far."""
        return self._refresh().spent

    @property
    def least_epochs(self) -> int:
        """Epochs without which the search cannot end, as long as no trial diverges."""
        with self.unchanged() as search:
            return search.least_epochs

    @property
    def most_epochs(self) -> int | None:
        """How many epochs the search can charge at the most; None where that is unknown."""
        with self.unchanged() as search:
            return search.most_epochs

    @property
    def direction(self) -> Direction:
        """Whether a smaller or a larger score is better."""
        return self._refresh().direction

    @property
    def events(self) -> Sequence[Event]:
        """The ordered log, from the beginning: it is in the file alone."""
        return self._logged()

    def config(self) -> dict[str, Any]:
        """The configuration of the search."""
        return self._refresh().config()

    def evidence(self) -> Evidence | None:
        """Which rates the scores cannot tell apart, and how many digits they support."""
        with self.unchanged() as search:
            return search.evidence()

    def plot(self, ax: Any = None, name: str = "score") -> Any:
        """Draw all its rates, as `Search.plot` has it."""
        with self.unchanged() as search:
            return search.plot(ax, name)

    def to_dataframe(self) -> Any:
        """Its trials as a pandas DataFrame, as `Search.to_dataframe` has it."""
        with self.unchanged() as search:
            return search.to_dataframe()

    def schedule(
        self, epochs: int, *, usual: Any = None, averaged: bool = False
    ) -> CosineAnnealing:
        """What to train with now, as `Search.schedule` has it."""
        with self.unchanged() as search:
            return search.schedule(epochs, usual=usual, averaged=averaged)

    def to_csv(
        self, path: str | os.PathLike[str] | None = None, *, scores: bool = False
    ) -> str | None:
        """The trials as CSV.

        Parameters
        ----------
        path : path, optional
            The file to write, whole or not at all. By default the text is returned.
        scores : bool
            A line for each score (trial, round, rate, init, epoch, score) instead of one for each
            trial.

        Returns
        -------
        str or None
            The text, where no path was given.

        Raises
        ------
        ValueError
            If the path is the study itself.

        Examples
        --------
        >>> import tempfile
        >>> import lrsearch
        >>> path = f"{tempfile.mkdtemp()}/vae.db"
        >>> with lrsearch.study.Study(path, lrsearch.GridSearch(["0.1", "0.01"])) as study:
        ...     study.tell(study.ask(), [3.0, 2.5])
        ...     print(study.to_csv(scores=True), end="")
        trial,round,rate,init,epoch,score
        0,1,0.1,0,1,3.0
        0,1,0.1,0,2,2.5
        """
        if path is not None:
            other_file(path, self.path)
        with self.unchanged() as search:
            text = _scores_csv(search) if scores else _trials_csv(search)
        if path is None:
            return text
        write_text(path, text)
        return None


def _trials_csv(search: Search) -> str:
    return csv_text([column.name for column in TRIAL_COLUMNS], trial_rows(search))


def _scores_csv(search: Search) -> str:
    header = ("trial", "round", "rate", "init", "epoch", "score")
    return csv_text(header, _score_lines(search.trials))


def _score_lines(trials: Sequence[TrialRecord]) -> Iterator[tuple[Any, ...]]:
    for r in trials:
        for epoch, score in sorted(r.scores.items()):
            yield r.number, r.round, str(r.rate), r.init, epoch, score

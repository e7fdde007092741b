"""What can be read of a study."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from lrsearch.evidence import Evidence
from lrsearch.files import csv_text, write_text
from lrsearch.rate import Rate
from lrsearch.results import TRIAL_COLUMNS, trial_rows
from lrsearch.search import Direction
from lrsearch.study.replica import ExploitReplica, SearchReplica, exploit_of, search_of
from lrsearch.trial import Round, Trial, TrialRecord

__all__ = ["StudyViews"]


class StudyViews(ABC):
    """The readable side of a study: each property is the search's, as the file has it now.

    What only a search has, such as `rate`, is a TypeError where the study is of an `Exploit`, and
    the other way round.
    """

    @abstractmethod
    def _refresh(self) -> SearchReplica | ExploitReplica:
        """The search as it is in the file now."""

    @property
    def search(self) -> Any:
        """The `Search` or `Exploit` in its present state. Read it; tell the study."""
        return self._refresh().subject

    @property
    def trials(self) -> tuple[TrialRecord, ...]:
        """A record of each trial, by number."""
        return search_of(self._refresh(), "trials").trials

    @property
    def rounds(self) -> tuple[Round, ...]:
        """The rounds begun so far."""
        return search_of(self._refresh(), "rounds").rounds

    @property
    def out(self) -> tuple[Trial, ...]:
        """The trials that workers have in hand."""
        return search_of(self._refresh(), "out").out

    @property
    def best(self) -> TrialRecord | None:
        """The record with the best score; None where no trial has one."""
        return search_of(self._refresh(), "best").best

    @property
    def kept(self) -> tuple[Rate, ...]:
        """The rates kept by the last round that is over, best first."""
        return search_of(self._refresh(), "kept").kept

    @property
    def rate(self) -> Rate | None:
        """The rate recommended; None while no score supports one."""
        return search_of(self._refresh(), "rate").rate

    @property
    def done(self) -> bool:
        """Whether the search is over for good."""
        return self.search.done  # type: ignore[no-any-return]

    @property
    def reason(self) -> str | None:
        """Why the search is over; None while it is not."""
        return self.search.reason  # type: ignore[no-any-return]

    @property
    def spent(self) -> int:
        """Epochs charged so far."""
        return self.search.spent  # type: ignore[no-any-return]

    @property
    def most_epochs(self) -> int | None:
        """How many epochs the search can charge at the most; None where that is unknown."""
        return search_of(self._refresh(), "most_epochs").most_epochs

    @property
    def direction(self) -> Direction:
        """Whether a smaller or a larger score is better."""
        return self.search.direction  # type: ignore[no-any-return]

    @property
    def best_score(self) -> float | None:
        """The best score of a second phase; None while there is none."""
        return exploit_of(self._refresh(), "best_score").best_score

    @property
    def best_step(self) -> int | None:
        """The number of a second phase's step with the best score."""
        return exploit_of(self._refresh(), "best_step").best_step

    @property
    def history(self) -> Sequence[tuple[Any, float | None]]:
        """Each step of a second phase that was told and not rewound, with its score."""
        return exploit_of(self._refresh(), "history").history

    @property
    def events(self) -> list[Sequence[Any]]:
        """The ordered log, from the beginning."""
        return self._refresh().since(0)

    def config(self) -> dict[str, Any]:
        """The configuration of the search."""
        return self.search.config()  # type: ignore[no-any-return]

    def evidence(self) -> Evidence | None:
        """Which rates the scores cannot tell apart, and how many digits they support."""
        return search_of(self._refresh(), "evidence").evidence()

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
            trial. For a second phase, lines are steps in either case.

        Returns
        -------
        str or None
            The text, where no path was given.

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
        replica = self._refresh()
        header: Sequence[str]
        rows: Iterable[Sequence[Any]]
        if isinstance(replica, ExploitReplica):
            header = ("step", "turn", "rate", "score")
            rows = ((s.number, s.turn, s.rate, score) for s, score in replica.subject.history)
        elif scores:
            header = ("trial", "round", "rate", "init", "epoch", "score")
            rows = _score_lines(replica.subject.trials)
        else:
            header = [column.name for column in TRIAL_COLUMNS]
            rows = trial_rows(replica.subject)
        text = csv_text(header, rows)
        if path is None:
            return text
        write_text(path, text)
        return None


def _score_lines(trials: Sequence[TrialRecord]) -> Iterator[tuple[Any, ...]]:
    for r in trials:
        for epoch, score in sorted(r.scores.items()):
            yield r.number, r.round, str(r.rate), r.init, epoch, score

"""A search with a second copy in a file: its events are on the disk before its calls return."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lrsearch.registry import from_config
from lrsearch.study import Study, StudyError
from lrsearch.training.warning import warn
from lrsearch.trial import LegState, StaleTrial, Trial

__all__ = ["MirroredSearch"]

_NOT_REBUILT = (AttributeError, KeyError, TypeError, ValueError)


class MirroredSearch:
    """Ask, report and release on a search, and on its mirror, a study of the same configuration.

    Both are deterministic, so they stay alike, and the search itself remains the caller's to look
    at. At the begin, whichever of the two is behind is brought to where the other one is: the
    search to what the mirror holds of an earlier process, the mirror to what the search was told
    before.

    Parameters
    ----------
    search : Search or Study
        What to search with. A study is its own file.
    path : path, optional
        The mirror's file; None keeps nothing.
    begun : bool
        Whether an earlier process has trained with it.
    entrance : str
        What takes the run's directory, for messages.

    Raises
    ------
    StudyError
        If the file holds a search with another configuration; the message shows both.
    ValueError
        If it holds one that was told other things than this one, or that cannot be rebuilt here.

    Notes
    -----
    A search that cannot be rebuilt from its configuration has no mirror, with a warning. A mirror
    that can no longer be written to is given up with a warning, until the run is over: the training
    goes on.
    """

    def __init__(
        self,
        search: Any,
        path: Path | None = None,
        begun: bool = False,
        entrance: str = "Explorer",
    ) -> None:
        self.search = search
        self.entrance = entrance
        self._path = path
        self._given_up = False
        self._mirror: Study | None = None
        self._resumable = True
        if path is not None and not self.shared:
            self._open(path, begun or path.exists())

    @property
    def resumable(self) -> bool:
        """Whether another process can go on with the search."""
        return self._resumable

    @property
    def shared(self) -> bool:
        """Whether other workers may be at the search's trials."""
        return isinstance(self.search, Study)

    @property
    def done(self) -> bool:
        """Whether the search is over for good."""
        return bool(self.search.done)

    @property
    def trials(self) -> Any:
        """A record of each trial, by number."""
        return self.search.trials

    @property
    def out(self) -> tuple[Trial, ...]:
        """The trials that were handed out, by a process that is gone.

        None for a study of the caller's: others may be at its trials, and those of a worker that
        is gone go back to the pool by themselves.
        """
        return () if self._mirror is None else tuple(self.search.out)

    def ask(self, resume: bool = True) -> Any:
        """As `Search.ask`."""
        trial = self.search.ask(resume)
        self._record("ask", resume)
        return trial

    def report(self, trial: Trial, score: float | None, epoch: int) -> LegState:
        """As `Search.report`."""
        state: LegState = self.search.report(trial, score, epoch)
        self._record("report", trial, score, epoch)
        return state

    def release(self, trial: Trial) -> None:
        """As `Search.release`."""
        self.search.release(trial)
        self._record("release", trial)

    def release_in_hand(self, trial: Trial) -> None:
        """Release a trial, unless it stays out in the mirror, to be gone on with."""
        if self._mirror is None:
            with contextlib.suppress(StaleTrial, StudyError):  # a study may have it back already
                self.search.release(trial)

    def end(self) -> None:
        """Nobody will go on: release what is out, and close the mirror.

        One that was given up is brought up to date, if that is possible now.
        """
        for trial in self.out:
            self.release(trial)
        self._record("close")
        self._mirror = None
        if self._given_up and self._path is not None:
            with contextlib.suppress(OSError, StudyError):
                study = Study(self._path, from_config(self.search.config()))
                with contextlib.closing(study):
                    _meet(self.search, list(self.search.events), study, self.entrance)

    def require(self, history: Sequence[Any]) -> None:
        """Make sure that the search was told the epochs of the run, and no more.

        Raises
        ------
        ValueError
            If it was not.
        """
        trials = 1 + max([epoch.trial for epoch in history], default=-1)
        known = len(self.search.trials)
        if known < trials:
            raise ValueError(
                f"the run folder has epochs of {trials} trials, and its search knows {known} of "
                f"them: its study {self._path} is missing, damaged, or could not be written. Put "
                f"copies of all files of the folder back, or pass another directory to "
                f"{self.entrance}, and a new search"
            )
        told = [(e.trial, e.score, e.epoch) for e in history if e.phase == "explore"]
        reports = [(e[1], *e[3:]) for e in self.search.events if e[0] == "report"]
        ends = [told]
        if len(told) == len(history):  # the last one is told when the run goes on
            ends.append(told[:-1])
        if self._mirror is not None and not any(
            _text(end) == _text(reports[len(reports) - len(end) :]) for end in ends
        ):
            raise ValueError(
                f"{self._mirror.path} holds a search that was told other epochs than the run has "
                "trained: put copies of all files of the folder back, or pass another directory "
                f"to {self.entrance}, and a new search"
            )

    def _open(self, path: Path, known: bool) -> None:
        try:
            copy = from_config(self.search.config())
            told = list(self.search.events)
        except _NOT_REBUILT as error:
            self._not_mirrored(path, known, error)
            return
        try:
            self._mirror = Study(path, copy)
            _meet(self.search, told, self._mirror, self.entrance)
        except (OSError, StudyError) as error:
            if known:
                raise
            self._give_up(error)
        if known:
            for trial in self.out[:-1]:  # of another process; only the last is the run's own
                self.release(trial)

    def _not_mirrored(self, path: Path, known: bool, error: Exception) -> None:
        name = type(self.search).__name__
        if self.search.done:
            return
        if known:
            raise ValueError(
                f"the run folder {path.parent} cannot be gone on with: {name} cannot be rebuilt "
                f"from its configuration ({error}). Pass another directory to {self.entrance}"
            ) from error
        self._resumable = False
        warn(
            f"the run cannot be gone on with if it is killed, only its results are kept: {name} "
            f"cannot be rebuilt from its configuration ({error}). Register its class under the "
            "entry point group 'lrsearch.searches'"
        )

    def _record(self, call: str, *arguments: Any) -> None:
        if self._mirror is None:
            return
        try:
            getattr(self._mirror, call)(*arguments)
        except (OSError, StudyError) as error:
            self._give_up(error)

    def _give_up(self, error: Exception) -> None:
        self._mirror = None
        self._given_up = True
        warn(
            f"the run's study could not be written, training goes on and cannot be resumed: {error}"
        )


def _meet(search: Any, told: Sequence[Any], study: Study, entrance: str) -> None:
    """Bring a search and its mirror to the same events.

    Raises
    ------
    ValueError
        If neither has only what the other one has, and more.
    """
    kept = list(study.events)
    common = min(len(told), len(kept))
    if _text(told[:common]) != _text(kept[:common]):
        raise ValueError(
            f"{study.path} holds a search that was told other things than the one given: pass "
            f"a new search, to go on with what it holds, or another directory to {entrance}"
        )
    search.replay(kept[common:])
    for event in told[common:]:
        _repeat(study, *event)


def _repeat(study: Study, kind: str, *fields: Any) -> None:
    """Do to a study what an event says was done to its search."""
    if kind == "ask":
        study.ask(*fields)
        return
    number, _, *values = fields
    trial = next(trial for trial in study.out if trial.number == number)
    getattr(study, kind)(trial, *values)


def _text(events: Sequence[Any]) -> str:
    return json.dumps(events, default=float)

"""A search whose events are on the disk before its calls return."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

from lrsearch import Study, StudyError, Trial, from_config

__all__ = ["KeptSearch"]


class KeptSearch:
    """Ask, report and release on a search, and on a study of the same configuration beside it.

    Both are deterministic, so they stay alike, and the search itself remains the caller's to look
    at. What the study holds of an earlier process is replayed on the search first.

    Parameters
    ----------
    search : Search or Study
        What to search with. A study keeps itself.
    path : path, optional
        The study's file; None keeps nothing.

    Raises
    ------
    StudyError
        If the file holds a search with another configuration; the message shows both.

    Notes
    -----
    A search that cannot be rebuilt from its configuration, or was asked before, is not kept. A
    study that can no longer be written to is given up with a warning: the training goes on.
    """

    def __init__(self, search: Any, path: Path | None = None) -> None:
        self.search = search
        self._study: Study | None = None
        if path is None or isinstance(search, Study):
            return
        known = path.exists()
        try:
            if not search.events:
                self._study = Study(path, from_config(search.config()))
                search.replay(self._study.events)
        except (AttributeError, ValueError):
            return
        except (OSError, StudyError) as error:
            if known:
                raise
            self._give_up(error)

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
        return () if self._study is None else tuple(self.search.out)

    def ask(self, resume: bool = True) -> Any:
        """As `Search.ask`."""
        trial = self.search.ask(resume)
        self._keep("ask", resume)
        return trial

    def report(self, trial: Trial, score: float | None, epoch: int) -> bool:
        """As `Search.report`."""
        goes_on = self.search.report(trial, score, epoch)
        self._keep("report", trial, score, epoch)
        return bool(goes_on)

    def release(self, trial: Trial) -> None:
        """As `Search.release`."""
        self.search.release(trial)
        self._keep("release", trial)

    def leave(self, trial: Trial) -> None:
        """Release a trial here; in the study it stays out, to be gone on with."""
        if not isinstance(self.search, Study):
            self.search.release(trial)

    def _keep(self, call: str, *arguments: Any) -> None:
        if self._study is None:
            return
        try:
            getattr(self._study, call)(*arguments)
        except (OSError, StudyError) as error:
            self._give_up(error)

    def _give_up(self, error: Exception) -> None:
        self._study = None
        warnings.warn(
            "the run's study could not be written, training goes on and cannot be resumed: "
            f"{error}",
            RuntimeWarning,
            stacklevel=4,
        )

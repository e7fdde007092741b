"""A search that is durable, and shared between processes."""

from __future__ import annotations

import os
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lrsearch.checks import other_file
from lrsearch.hints import NO_RATE
from lrsearch.search import Search
from lrsearch.study.mirror import check_mirror, restore, write_mirror
from lrsearch.study.opening import compare, create
from lrsearch.study.shared import SharedSearch
from lrsearch.study.store import Store, StudyError
from lrsearch.study.stored import plain
from lrsearch.trial import LegState, Trial

__all__ = ["Study", "StudyError"]


class Study(SharedSearch):
    """A search in a file: killed at any instant, it loses no score that a call returned from.

    It has the ask, report, tell and release of `Search`, each one transaction. Several processes
    on one machine may open the same file and share its trials; a trial whose process is gone goes
    back to the pool. Opening an existing file goes on where it was left.

    Parameters
    ----------
    path : path
        The file, an SQLite database on a local disk. It is made if it does not exist.
    search : Search, optional
        What to search with. Its configuration is stored; the object itself stays as it is: ask
        and tell the study instead. May be left out where the file exists.
    mirror : path, optional
        A whole second copy of the file, replaced after each score, for disks that cannot carry a
        live database (a mounted drive). Where `path` is gone, it is put back from there.
    lease : float, optional
        Seconds without a sign of life after which the trials of a worker on another machine, or of
        one that was stopped (Ctrl-Z), go back to the pool. A process of this machine keeps its
        trials as long as it lives, and loses them at once when it is gone. It is the study's, the
        same for all workers; 120 where nobody has said otherwise.
    patience : float, optional
        Seconds that a leg may take: then its trial goes back to the pool, however alive its worker
        seems, and a tell that comes later is stale. The study's, as the lease; by default there is
        no such limit.
    program : optional
        What trains, as JSON: a command line, say. Once there are scores, another program is an
        error that shows both.

    Raises
    ------
    StudyError
        If the file cannot be opened, is damaged, was written by a newer lrsearch, or holds a
        search with another configuration, or a second phase, as older versions wrote them; or if
        its scores are another program's, or the lease or the patience would change while others
        have trials in hand.
    ValueError
        If the search has been asked already, a time is not positive, or the mirror is the file
        itself.
    TypeError
        If the search is no `Search`.

    Notes
    -----
    The file keeps a write-ahead log beside it (``-wal``, ``-shm``) while it is open: copy the
    three together, or close it first. A score is on the disk before its call returns
    (``synchronous = FULL``), and outlives a power cut too; an ask needs not (``NORMAL``).

    A study may be used by several threads, and after a fork in both processes. A trial belongs to
    the thread that asked for it: when that has ended, untold, it goes back to the pool.

    Examples
    --------
    >>> import tempfile
    >>> import lrsearch
    >>> path = Path(tempfile.mkdtemp()) / "vae.db"
    >>> with Study(path, lrsearch.DigitSearch(digits=1, epochs=1)) as study:
    ...     for trial in study:
    ...         study.tell(trial, abs(trial.rate - 0.003))
    >>> with Study.open(path) as study:
    ...     study.rate
    Rate('0.003')
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        search: Search | None = None,
        *,
        mirror: str | os.PathLike[str] | None = None,
        lease: float | None = None,
        patience: float | None = None,
        program: Any = None,
    ) -> None:
        settings = {
            "lease": _seconds("lease", lease),
            "patience": _seconds("patience", patience),
            "program": plain(program),
        }
        self.path = Path(path)
        self.mirror = None if mirror is None else Path(mirror).absolute()
        if search is not None and not isinstance(search, Search):
            raise TypeError(
                f"a study needs a search, such as lrsearch.DigitSearch(), got {search!r}"
            )
        if self.mirror is not None:
            other_file(self.mirror, self.path)
        if self.mirror is not None and not self.path.exists() and self.mirror.exists():
            restore(self.path, self.mirror)
        if search is not None and not self.path.exists():
            create(self.path, search)
        self._begin(Store(self.path))
        try:
            if search is not None:
                compare(self.path, self._store.config, search)
            if self.mirror is not None:
                check_mirror(self._store, self.mirror)
            self._refresh()
            if any(value is not None for value in settings.values()):
                self._agree(settings)
        except BaseException:
            self._disconnect()
            raise

    @classmethod
    def open(
        cls,
        path: str | os.PathLike[str],
        *,
        mirror: str | os.PathLike[str] | None = None,
        lease: float | None = None,
        patience: float | None = None,
        program: Any = None,
        readonly: bool = False,
    ) -> Study:
        """Open an existing study; the search is rebuilt from its stored configuration.

        Parameters
        ----------
        path, mirror, lease, patience, program
            As for `Study`.
        readonly : bool
            Only look at it. This works on a read-only disk, and disturbs no worker.

        Raises
        ------
        StudyError
            As for `Study`, and if there is no file.
        """
        if not readonly:
            return cls(path, mirror=mirror, lease=lease, patience=patience, program=program)
        study = cls.__new__(cls)
        study.path, study.mirror = Path(path), None
        study._begin(Store(study.path, readonly=True))
        try:
            study._refresh()
        except BaseException:
            study._disconnect()
            raise
        return study

    @property
    def lease(self) -> float:
        """Seconds without a sign of life after which a worker elsewhere counts as gone."""
        return self._claims.settings.lease

    @property
    def patience(self) -> float | None:
        """Seconds that a leg may take; None where there is no limit."""
        return self._claims.settings.patience

    def __enter__(self) -> Study:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Release the trials in hand, and close the file. What was read stays readable."""
        with self._lock:
            if self._closed:
                return
            try:
                self._release_all()
            finally:
                self._disconnect()

    # Ask, report, tell, release ---------------------------------------------------------------

    def ask(self, resume: bool = True) -> Trial | None:
        """Hand out a trial's next leg, as `Search.ask`.

        Trials whose workers are gone are handed out again first.

        Returns
        -------
        Trial or None
            None where nothing can be handed out now; `done` tells whether for good.

        Raises
        ------
        StudyError
            If the file cannot be written, the study is closed, or its program is another by now.
        """
        if self._refresh().done:
            return None
        with self._transaction(durable=False) as search:
            self._require_program()
            self._release_lost(search)
            trial = search.ask(resume)
            if trial is not None:
                self._claims.take(trial.number, trial.leg)
        if trial is not None:
            self._claims.hold(trial)
        return trial

    def report(self, trial: Trial, score: Any, epoch: int | None = None) -> LegState:
        """Record the score after one epoch; `Search.report` has the parameters and errors.

        Raises
        ------
        StaleTrial
            If the trial went back to the pool since it was asked.
        StudyError
            If the file cannot be written; the score is not stored then, and may be told again.
        """
        with self._transaction() as search:
            state = search.report(trial, score, epoch)
            self._release_claim_if_ended(trial, search)
        self._copy()
        return state

    def tell(
        self,
        trial: Trial,
        score: Any,
        standard_error: float | None = None,
        *,
        skip_if_told: bool = False,
    ) -> None:
        """Record a whole leg, as `Search.tell`.

        When the call returns, the score is on the disk.

        Raises
        ------
        StaleTrial, StudyError
            As for `report`.
        """
        with self._transaction() as search:
            search.tell(trial, score, standard_error, skip_if_told=skip_if_told)
            self._release_claim_if_ended(trial, search)
        self._copy()

    def release(self, trial: Trial) -> None:
        """As `Search.release`."""
        with self._transaction(durable=False) as search:
            search.release(trial)
            self._claims.release(trial.number)

    def __iter__(self) -> Iterator[Trial]:
        """As `iterate`, for a loop that keeps no checkpoints: every leg starts at epoch 0."""
        return self.iterate()

    def iterate(self, resume: bool = False) -> Iterator[Trial]:
        """As `Search.iterate`; while others have the last trials, wait for them.

        Checkpoints have to be where every worker of the study finds them.

        Raises
        ------
        RuntimeError
            If all that is out was asked in this thread and never told.
        """
        process, pause = os.getpid(), 0.02
        while True:
            trial = self.ask(resume)
            if trial is None:
                search = self.search
                if search.done:
                    if search.rate is None:
                        text = NO_RATE.format(reason=search.reason)
                        warnings.warn(text, RuntimeWarning, stacklevel=2)
                    return
                if search.out and self._claims.all_taken_here(search.out):
                    untold = ", ".join(str(out.number) for out in search.out)
                    raise RuntimeError(
                        f"nothing can be handed out before these trials are told: {untold}. Call "
                        "tell() or release() for each trial that was asked"
                    )
                time.sleep(pause)
                pause = min(1.0, 1.5 * pause)
                continue
            pause = 0.02
            try:
                yield trial
            except GeneratorExit:
                if os.getpid() == process and self._has(trial):
                    self.release(trial)
                raise

    def _copy(self) -> None:
        """Bring the mirror up to date."""
        if self.mirror is not None:
            with self._lock:
                write_mirror(self._store, self.mirror)


def _seconds(name: str, value: float | None) -> float | None:
    """A time, if there is one."""
    if value is not None and not value > 0:
        raise ValueError(f"{name} has to be a number of seconds above 0, got {value!r}")
    return None if value is None else float(value)

"""A search that follows its file, whichever process, thread or fork changes it."""

from __future__ import annotations

import contextlib
import os
import threading
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from lrsearch.search import Event, Search
from lrsearch.study.claims import Claims
from lrsearch.study.opening import follow, load
from lrsearch.study.settings import Settings, agreed
from lrsearch.study.store import State, Store, StudyError
from lrsearch.study.stored import StoredSearch
from lrsearch.study.views import StudyViews
from lrsearch.trial import Trial

__all__ = ["SharedSearch"]


class SharedSearch(StudyViews):
    """The search of an open file, kept up to date, and changed by transactions."""

    def _begin(self, store: Store) -> None:
        self._store = store
        self._stored: StoredSearch | None = None
        self._state = State(0, 0, 0, 0, 0, {})
        self._lock = threading.RLock()
        self._closed = False
        self._program: Any = None
        self._claims = Claims(store, store.settings(), _beat_of(self))
        _open.add(self)

    def __repr__(self) -> str:
        """What it is, and how far it had come at the last call.

        Examples
        --------
        >>> import tempfile
        >>> import lrsearch
        >>> path = f"{tempfile.mkdtemp()}/vae.db"
        >>> with lrsearch.Study(path, lrsearch.GridSearch(["0.1"], epochs=5)) as study:
        ...     study.tell(study.ask(), 0.25)
        ...     print(repr(study).replace(path, "vae.db"))
        <Study vae.db: GridSearch, done, 1 trial, 5 epochs, best 0.25 at 0.1>
        """
        parts = [f"Study {self.path}:"]
        if self._stored is not None:
            search = self._stored.search
            parts.append(f"{type(search).__name__}, {search.progress()}")
        if self._closed:
            parts.append("(closed)")
        return f"<{' '.join(parts)}>"

    def _agree(self, given: Mapping[str, Any]) -> None:
        """Agree with the study's other workers on settings; None for as they are."""
        with self._lock:
            with self._transaction() as search:
                stored = self._store.settings()
                scored = any(record.scores for record in search.trials)
                settings = self._settings(stored, given, self._claims.busy(), scored)
                if settings != stored:
                    self._store.agree(settings)
            self._claims.settings = settings
            self._program = given["program"]

    def _settings(
        self, stored: Settings, given: Mapping[str, Any], busy: bool, scored: bool
    ) -> Settings:
        try:
            return agreed(stored, given, busy, scored)
        except ValueError as error:
            raise StudyError(f"{self.path}: {error}") from error

    def _require_program(self) -> None:
        """Make sure that no other program became the study's since this worker named its own."""
        if self._program is not None:
            self._settings(
                self._store.settings(), {"program": self._program}, busy=False, scored=True
            )

    def _refresh(self) -> Search:
        return self._followed().search

    def _logged(self) -> Sequence[Event]:
        with self._lock:
            try:
                some = [events for events, _ in self._store.events()]
            finally:
                if self._closed:
                    self._store.disconnect()
        return tuple(tuple(event) for events in some for event in events)

    def _followed(self) -> StoredSearch:
        with self._lock:
            if self._closed:
                if self._stored is None:
                    raise StudyError(f"{self.path}: the study is closed")
            elif self._stored is None:
                self._stored, self._state = load(self._store)
            else:
                self._follow(self._stored)
            return self._stored

    def _follow(self, stored: StoredSearch) -> None:
        """Apply the events of other processes."""
        for events, chain in self._store.events(self._state.events, self._state.chain):
            self._claims.forget()
            self._stored = None
            follow(self._store, stored, events)
            self._state = self._state._replace(events=stored.count, chain=chain)
        self._stored = stored

    @contextlib.contextmanager
    def _transaction(self, durable: bool = True) -> Iterator[Search]:
        """A block that acts on the search; its events are stored when it ends."""
        with self._lock:
            if self._closed:
                raise StudyError(f"{self.path}: the study is closed")
            stored = self._stored or self._followed()
            count = stored.count
            try:
                with self._store.transaction(durable):
                    self._follow(stored)
                    count = stored.count
                    yield stored.search
                    state = self._store.append(
                        self._state, stored.search.events, stored.changed, stored.summary
                    )
                self._state = state
                stored.settle()
                count = stored.count
            finally:
                if stored.count != count:
                    self._stored = None

    def _release_lost(self, search: Search) -> None:
        """Release the trials that nobody works on any more."""
        for trial in self._claims.lost(search.handed_out):
            search.release(trial)
            self._claims.release(trial.number)

    def _release_claim_if_ended(self, trial: Trial, search: Search) -> None:
        if search.trials[trial.number].state != "asked":
            self._claims.release(trial.number)

    def _beat(self) -> None:
        """Give a sign of life, and give back what nobody here works on any more."""
        with self._lock, contextlib.suppress(StudyError):
            if self._closed:
                return
            self._claims.beat()
            if self._claims.overdue():
                with self._transaction(durable=False) as search:
                    self._release_lost(search)

    def _has(self, trial: Trial) -> bool:
        """Whether this worker has a trial in hand."""
        return self._claims.holds(trial) and any(
            (out.number, out.leg) == (trial.number, trial.leg) for out in self.out
        )

    def _release_all(self) -> None:
        """Release all that this worker has in hand."""
        if not self._claims.any:
            return
        with self._transaction(durable=False) as search:
            out = {trial.number: trial for trial in search.out}
            for claim in self._claims.mine():
                trial = out.get(claim.trial)
                if trial is not None and trial.leg == claim.leg:
                    search.release(trial)
                self._claims.release(claim.trial)

    def _disconnect(self) -> None:
        """Use the file no more; what was read stays readable."""
        self._closed = True
        self._claims.stop()
        self._store.disconnect()
        _open.discard(self)


def _beat_of(study: SharedSearch) -> Callable[[], bool]:
    """A sign of life that does not itself keep the study alive."""
    reference = weakref.ref(study)

    def beat() -> bool:
        live = reference()
        if live is None:
            return False
        live._beat()
        return True

    return beat


_open: weakref.WeakSet[SharedSearch] = weakref.WeakSet()
_forking: list[SharedSearch] = []
_fork_lock = threading.Lock()


def _before_fork() -> None:
    """Disconnect, for a database connection must not be inherited; the next call connects."""
    _fork_lock.acquire()
    _forking[:] = sorted(_open, key=id)
    for study in _forking:
        study._lock.acquire()
        study._store.disconnect()


def _after_fork_in_parent() -> None:
    while _forking:
        _forking.pop()._lock.release()
    _fork_lock.release()


def _after_fork_in_child() -> None:
    while _forking:
        study = _forking.pop()
        study._claims.abandon()
        study._lock = threading.RLock()
        study._claims = Claims(study._store, study._claims.settings, _beat_of(study))
    _fork_lock.release()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_before_fork,
        after_in_parent=_after_fork_in_parent,
        after_in_child=_after_fork_in_child,
    )

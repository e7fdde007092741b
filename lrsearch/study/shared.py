"""A search that follows its file, whichever process, thread or fork changes it."""

from __future__ import annotations

import contextlib
import os
import threading
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lrsearch.search import Search
from lrsearch.study.claims import Claims
from lrsearch.study.opening import load, unfit
from lrsearch.study.replica import ExploitReplica, SearchReplica
from lrsearch.study.store import State, Store, StudyError
from lrsearch.study.views import StudyViews
from lrsearch.trial import Trial

__all__ = ["SharedSearch"]


class SharedSearch(StudyViews):
    """The search of an open file, kept up to date, and changed by transactions."""

    path: Path
    lease: float

    def _begin(self, store: Store) -> None:
        self._store = store
        self._replica: SearchReplica | ExploitReplica | None = None
        self._state = State(0, 0, 0, 0, 0, {})
        self._lock = threading.RLock()
        self._closed = False
        self._claims = Claims(store, self._lock, self.lease)
        _open.add(self)

    def _refresh(self) -> SearchReplica | ExploitReplica:
        with self._lock:
            if self._closed:
                if self._replica is None:
                    raise StudyError(f"{self.path}: the study is closed")
            elif self._replica is None:
                self._replica, self._state = load(self._store)
            else:
                self._follow(self._replica)
            return self._replica

    def _follow(self, replica: SearchReplica | ExploitReplica) -> None:
        """Apply the events of other processes."""
        events, chain = self._store.events(self._state.events, self._state.chain)
        if events:
            self._replica = None
            try:
                replica.apply(events)
            except (ValueError, KeyError) as error:
                raise unfit(self._store, str(error)) from error
            count = self._state.events + len(events)
            self._state = self._state._replace(events=count, chain=chain)
            self._replica = replica

    @contextlib.contextmanager
    def _transaction(self, durable: bool = True) -> Iterator[SearchReplica | ExploitReplica]:
        """A block that acts on the search; its events are stored when it ends."""
        with self._lock:
            if self._closed:
                raise StudyError(f"{self.path}: the study is closed")
            replica = self._refresh()
            count = replica.count
            try:
                with self._store.transaction(durable):
                    self._follow(replica)
                    count = replica.count
                    yield replica
                    state = self._store.append(
                        self._state, replica.since(count), replica.changed, replica.summary
                    )
                self._state = state
                count = replica.count
            finally:
                if replica.count != count:
                    self._replica = None

    def _release_lost(self, search: Search) -> None:
        """Give back the trials whose workers are gone."""
        for trial in self._claims.lost(search.out) if search.out else ():
            search.release(trial)
            self._claims.drop(trial.number)

    def _drop_if_ended(self, trial: Any, search: Search) -> None:
        if trial.number not in search._out:
            self._claims.drop(trial.number)

    def _has(self, trial: Any) -> bool:
        """Whether this worker has a trial in hand; steps of a second phase are not given back."""
        return (
            isinstance(trial, Trial)
            and self._claims.holds(trial)
            and any((out.number, out.leg) == (trial.number, trial.leg) for out in self.out)
        )

    def _give_back(self) -> None:
        """Release all that this worker has in hand."""
        if not self._claims.any:
            return
        with self._transaction(durable=False) as replica:
            for claim in self._claims.mine():
                if isinstance(replica, SearchReplica):
                    trial = replica.subject._out.get(claim.trial)
                    if trial is not None and trial.leg == claim.leg:
                        replica.subject.release(trial)
                self._claims.drop(claim.trial)

    def _disconnect(self) -> None:
        """Use the file no more; what was read stays readable."""
        self._closed = True
        self._claims.stop()
        self._store.disconnect()
        _open.discard(self)


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
        study._claims.stop()
        study._lock = threading.RLock()
        study._claims = Claims(study._store, study._lock, study.lease)
    _fork_lock.release()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_before_fork,
        after_in_parent=_after_fork_in_parent,
        after_in_child=_after_fork_in_child,
    )

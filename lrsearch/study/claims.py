"""Which worker holds which trial, and which of them are gone."""

from __future__ import annotations

import contextlib
import os
import threading
import weakref
from collections.abc import Callable, Iterable

from lrsearch.study.lease import Clock, Heartbeat, Worker, is_alive
from lrsearch.study.store import Claim, Store, StudyError
from lrsearch.trial import Trial

__all__ = ["Claims"]

_LONGEST_SILENCE = 3600.0
"""Seconds between two signs of life at the most, however long the lease is."""


class Claims:
    """The claims of one worker, seen among those of all others.

    Parameters
    ----------
    store : Store
        The study's file.
    lock : lock
        What has to be held while the store is used.
    lease : float
        Seconds without a sign of life after which a claim ends.
    """

    def __init__(self, store: Store, lock: threading.RLock, lease: float) -> None:
        self._store = store
        self._lock = lock
        self._lease = lease
        self._worker = Worker.here()
        self._clock = Clock(lease)
        self._heartbeat: Heartbeat | None = None
        self._stopped = False
        self._held: dict[int, tuple[int, int]] = {}
        _live[self._worker.name] = self

    @property
    def any(self) -> bool:
        """Whether this worker has ever taken a trial."""
        return self._heartbeat is not None

    def take(self, number: int, leg: int) -> None:
        """Note that this worker has a trial, and give signs of life from now on."""
        self._store.claim(number, leg, self._worker, self._clock.now())
        if self._heartbeat is None:
            self._heartbeat = Heartbeat(_beat_of(self), min(self._lease / 4, _LONGEST_SILENCE))

    def hold(self, trial: Trial) -> None:
        """Note that this thread has a trial, once that is stored."""
        self._held[trial.number] = (trial.leg, threading.get_ident())

    def holds(self, trial: Trial) -> bool:
        """Whether this worker has this leg."""
        return self._held.get(trial.number, (None,))[0] == trial.leg

    def mine(self) -> list[Claim]:
        """The claims of this worker."""
        return [c for c in self._store.claims() if c.worker.name == self._worker.name]

    def release(self, number: int) -> None:
        """Note that nobody has a trial."""
        self._store.release(number)
        self._held.pop(number, None)

    def lost(self, out: Iterable[Trial]) -> list[Trial]:
        """Those of the trials that are out whose worker is gone."""
        claims = {claim.trial: claim for claim in self._store.claims()}
        return [
            trial
            for trial in out
            if (claim := claims.get(trial.number)) is None
            or claim.leg != trial.leg
            or self._is_gone(claim)
        ]

    def all_taken_here(self, out: Iterable[Trial]) -> bool:
        """Whether this very thread has all the trials that are out."""
        here = threading.get_ident()
        return all(self._held.get(trial.number) == (trial.leg, here) for trial in out)

    def stop(self) -> None:
        """Give no more signs of life."""
        self._stopped = True
        if self._heartbeat is not None:
            self._heartbeat.stop()
        _live.pop(self._worker.name, None)

    def _is_gone(self, claim: Claim) -> bool:
        worker = claim.worker
        if worker.name in _live:
            return False
        alive = is_alive(worker)
        if alive is None or (alive and worker.pid != os.getpid()):
            return self._clock.trusts() and self._clock.now() - claim.heartbeat > self._lease
        return True

    def _beat(self) -> None:
        with self._lock, contextlib.suppress(StudyError):
            if not self._stopped:
                self._store.beat(self._worker, self._clock.now())


_live: weakref.WeakValueDictionary[str, Claims] = weakref.WeakValueDictionary()


def _beat_of(claims: Claims) -> Callable[[], bool]:
    """A sign of life that does not itself keep the claims alive."""
    reference = weakref.ref(claims)

    def beat() -> bool:
        live = reference()
        if live is None:
            return False
        live._beat()
        return True

    return beat

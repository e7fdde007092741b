"""Which worker holds which trial, and which of them are gone."""

from __future__ import annotations

import math
import os
import threading
import time
import weakref
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from lrsearch.study.lease import Heartbeat, Worker, is_alive, is_stopped
from lrsearch.study.settings import Settings
from lrsearch.study.store import Claim, Store
from lrsearch.trial import Trial

__all__ = ["Claims"]

_LONGEST_SILENCE = 3600.0
"""Seconds between two signs of life at the most, however long the lease is."""
_LOOK = 1.0
"""Seconds after which others' signs of life are looked at again."""


@dataclass(slots=True)
class _Seen:
    """Another worker's claim, and since when, by this process's own clock.

    Clocks of machines differ, jump and sleep: none is compared with another, and nobody is late
    before this process has waited for the whole time itself.
    """

    claim: Claim
    held: float
    silent: float


class Claims:
    """The claims of one worker, seen among those of all others.

    Parameters
    ----------
    store : Store
        The study's file.
    settings : Settings
        What the study's workers have agreed on.
    beat : callable
        Gives a sign of life for this worker, from a thread of its own, now and then.
    """

    def __init__(self, store: Store, settings: Settings, beat: Callable[[], bool]) -> None:
        self.settings = settings
        self._store = store
        self._beat = beat
        self._worker = Worker.here()
        self._heartbeat: Heartbeat | None = None
        self._hands: dict[threading.Thread, dict[int, tuple[int, float]]] = {}
        self._others: dict[Worker, dict[int, _Seen]] = {}
        self._unclaimed: set[tuple[int, int]] = set()
        self._looked = -math.inf
        _live[self._worker.name] = self

    @property
    def any(self) -> bool:
        """Whether this worker has ever taken a trial."""
        return self._heartbeat is not None

    def take(self, number: int, leg: int) -> None:
        """Note in the file that this worker has a trial, and give signs of life from now on."""
        self._store.claim(number, leg, self._worker, time.time())
        if self._heartbeat is None:
            longest = self.settings.patience or math.inf
            longest = min(longest, self.settings.lease, 4 * _LONGEST_SILENCE)
            self._heartbeat = Heartbeat(self._beat, longest / 4)

    def beat(self) -> None:
        """Give a sign of life for all that this worker has."""
        self._store.beat(self._worker, time.time())

    def hold(self, trial: Trial) -> None:
        """Note that this thread has a trial, once that is stored."""
        hand = self._hands.setdefault(threading.current_thread(), {})
        hand[trial.number] = trial.leg, time.monotonic()

    def holds(self, trial: Trial) -> bool:
        """Whether this worker has this leg."""
        hands = list(self._hands.values())
        return any(hand.get(trial.number, (None,))[0] == trial.leg for hand in hands)

    def mine(self) -> list[Claim]:
        """The claims of this worker."""
        return [c for c in self._store.claims() if c.worker.name == self._worker.name]

    def release(self, number: int) -> None:
        """Note that nobody has a trial."""
        self._store.release(number)
        for thread, hand in list(self._hands.items()):
            hand.pop(number, None)
            if not hand and not thread.is_alive():
                self._hands.pop(thread, None)

    def all_taken_here(self, out: Sequence[Trial]) -> bool:
        """Whether this very thread has all the trials that are out."""
        hand = self._hands.get(threading.current_thread(), {})
        return all(hand.get(trial.number, (None,))[0] == trial.leg for trial in out)

    def stop(self) -> None:
        """Give no more signs of life."""
        if self._heartbeat is not None:
            self._heartbeat.stop()
        self.abandon()

    def abandon(self) -> None:
        """Leave these to the parent of a fork. Its heartbeat is no thread here, to be stopped."""
        _live.pop(self._worker.name, None)

    # Who is gone ------------------------------------------------------------------------------

    def forget(self) -> None:
        """Look at all claims anew, since others have written."""
        self._looked = -math.inf

    def lost(self, out: Mapping[int, Trial]) -> list[Trial]:
        """Those of the trials that are out that nobody works on any more.

        It costs as much as there are workers, however many trials are out.
        """
        now = time.monotonic()
        if now - self._looked > _LOOK:
            self._look(out, now)
        legs = {*self._unclaimed, *self.overdue(), *self._given_up(now)}
        return [out[n] for n, leg in sorted(legs) if n in out and out[n].leg == leg]

    def overdue(self) -> list[tuple[int, int]]:
        """Trials and legs of this worker whose thread is gone, or that take too long."""
        patience = self.settings.patience
        late = -math.inf if patience is None else time.monotonic() - patience
        legs = []
        for thread, hand in list(self._hands.items()):
            alive = thread.is_alive()
            for number, (leg, since) in list(hand.items()):
                if alive and since > late:
                    break  # those taken later are not late either
                legs.append((number, leg))
        return legs

    def busy(self) -> bool:
        """Whether another worker that is not gone has a trial in hand."""
        now = time.monotonic()
        self._look({}, now)
        return sum(map(len, self._others.values())) > len(self._given_up(now))

    def _look(self, out: Mapping[int, Trial], now: float) -> None:
        known, self._others = self._others, {}
        claimed = set()
        for claim in self._store.claims():
            claimed.add((claim.trial, claim.leg))
            if claim.worker.name == self._worker.name:
                continue
            seen = known.get(claim.worker, {}).get(claim.trial)
            if seen is None or seen.claim.leg != claim.leg:
                seen = _Seen(claim, now, now)
            elif seen.claim.heartbeat != claim.heartbeat:
                seen = _Seen(claim, seen.held, now)
            self._others.setdefault(claim.worker, {})[claim.trial] = seen
        self._unclaimed = {(trial.number, trial.leg) for trial in out.values()} - claimed
        self.settings = self._store.settings()
        self._looked = now

    def _given_up(self, now: float) -> list[tuple[int, int]]:
        """Trials and legs of others who are gone, or that take too long."""
        lease, patience = self.settings.lease, self.settings.patience or math.inf
        legs = []
        for worker, claims in self._others.items():
            if worker.name in _live:
                continue
            alive = is_alive(worker)
            gone = alive is False or (alive and worker.pid == os.getpid())
            heard = alive and not is_stopped(worker)
            if heard and not gone and patience == math.inf:
                continue
            legs += [
                (number, seen.claim.leg)
                for number, seen in claims.items()
                if gone or (not heard and now - seen.silent > lease) or now - seen.held > patience
            ]
        return legs


_live: weakref.WeakValueDictionary[str, Claims] = weakref.WeakValueDictionary()

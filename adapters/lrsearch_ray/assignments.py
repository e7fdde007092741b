"""Which trial of Ray has which trial of the search."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Literal

from lrsearch import Search, Trial, TrialRecord, from_config

__all__ = ["Assignments", "Verdict"]

Verdict = Literal["go on", "pause", "end"]
"""What a trial of Ray is to do after an epoch."""


class Assignments:
    """A search, and the trials of Ray that train its rates. Knows nothing of Ray.

    Parameters
    ----------
    search : Search
    low, high : float
        The range of the rate; what lies outside is never trained, and counts as diverged.
    retries : int
        How often a trial of the search is trained anew that raised. After that it has diverged.

    Attributes
    ----------
    search : Search
    continuing : dict of str to Trial
        Legs asked for trials of Ray that are paused, by id, to be continued.
    pausing : bool
        Whether there is a scheduler that pauses trials where their legs end.

    Raises
    ------
    ValueError
        If the range holds none of the search's first rates.
    """

    def __init__(self, search: Search, low: float, high: float, retries: int) -> None:
        self.search = search
        self.low, self.high, self.retries = low, high, retries
        self.continuing: dict[str, Trial] = {}
        self.pausing = False
        self._legs: dict[str, Trial] = {}
        self._ids: dict[int, str] = {}
        self._failures: dict[int, int] = {}
        self._released: set[int] = set()

    # What Ray asks ----------------------------------------------------------------------------

    def suggest(self, trial_id: str) -> Trial | None:
        """A leg for a new trial of Ray; None while there is none, or one to continue first."""
        while not self.continuing:
            leg = self.search.ask(resume=not self._released)
            if leg is None:
                return None
            self._released.discard(leg.number)
            continued = self._ids.get(leg.number)
            if not self.low <= leg.rate <= self.high:
                self.search.tell(leg, math.nan)
            elif continued is not None:
                self.continuing[continued] = leg
            elif leg.start_epoch > 0:
                self._pass_over(leg)
            else:
                self._legs[trial_id] = leg
                self._ids[leg.number] = trial_id
                return leg
        return None

    def has_leg(self, trial_id: str) -> bool:
        """Whether this trial of Ray is to be trained now."""
        return trial_id in self._legs or trial_id in self.continuing

    def knows(self, trial_id: str) -> bool:
        """Whether this trial of Ray is one that was suggested, and has not ended."""
        return trial_id in self._ids.values()

    def resume(self, trial_id: str) -> None:
        """A paused trial of Ray trains again."""
        self._legs[trial_id] = self.continuing.pop(trial_id)

    # What Ray tells ---------------------------------------------------------------------------

    def report(self, trial_id: str, epoch: int, score: Any) -> Verdict:
        """Record a score, and say what is to happen.

        An epoch that was reported before is ignored: a trial that starts from an earlier
        checkpoint passes through it again.

        Raises
        ------
        ValueError
            If a trial trains on where its leg has ended, and nothing pauses it.
        """
        if trial_id in self.continuing:
            self.resume(trial_id)
        leg = self._legs.get(trial_id)
        if leg is None:
            paused = self._paused(trial_id)
            if paused is not None and epoch > paused.epoch and not self.pausing:
                raise ValueError(
                    f"trial {trial_id} trains on after epoch {paused.epoch}, where "
                    f"{type(self.search).__name__} pauses it, and such epochs would not be "
                    "counted: give TuneConfig scheduler=DigitRaceScheduler(), or a search that "
                    "trains every rate in full, such as DigitSearch"
                )
            return "end" if paused is None else "pause"
        record = self.search.trials[leg.number]
        if epoch <= record.epoch:
            return "go on"
        if self.search.report(leg, score, min(epoch, leg.stop_epoch)):
            return "go on"
        del self._legs[trial_id]
        return "pause" if record.state == "paused" else "end"

    def end(self, trial_id: str, error: bool) -> None:
        """A trial of Ray is over, and cannot be continued."""
        leg = self._legs.pop(trial_id, None) or self.continuing.pop(trial_id, None)
        self._ids = {number: known for number, known in self._ids.items() if known != trial_id}
        if leg is None:
            return
        if not error:
            self._pass_over(leg)
            return
        failures = self._failures[leg.number] = self._failures.get(leg.number, 0) + 1
        if failures > self.retries:
            self.search.report(leg, math.nan)
        else:
            self.search.release(leg)
            self._released.add(leg.number)

    def release_all_but(self, live: Collection[str]) -> None:
        """Take the legs back of all trials of Ray but these, to be trained anew."""
        for trial_id in {*self._ids.values()} - {*live}:
            leg = self._legs.pop(trial_id, None) or self.continuing.pop(trial_id, None)
            if leg is not None:
                self.search.release(leg)
                self._released.add(leg.number)
        self._ids = {number: known for number, known in self._ids.items() if known in live}

    def _pass_over(self, leg: Trial) -> None:
        """End a leg whose trial trains no more: its epochs are charged, without scores."""
        self.search.report(leg, None, epoch=leg.stop_epoch)

    def _paused(self, trial_id: str) -> TrialRecord | None:
        """What is known of the trial's rate, where its last leg has ended and may be continued."""
        numbers = [number for number, known in self._ids.items() if known == trial_id]
        records = [self.search.trials[number] for number in numbers]
        return next((record for record in records if record.state == "paused"), None)

    # JSON -------------------------------------------------------------------------------------

    def to_json(self) -> dict[str, Any]:
        """The whole state as a JSON object."""
        return {
            "search": self.search.config(),
            "events": [_named(event) for event in self.search.events],
            "low": self.low,
            "high": None if math.isinf(self.high) else self.high,
            "retries": self.retries,
            "ids": {str(number): trial_id for number, trial_id in self._ids.items()},
            "training": [*self._legs, *self.continuing],
            "failures": {str(number): count for number, count in self._failures.items()},
        }

    @classmethod
    def from_json(cls, state: Mapping[str, Any]) -> Assignments:
        """The assignments that `to_json` described; what was to be continued trains already."""
        search = from_config(state["search"])
        search.replay([_numbered(event) for event in state["events"]])
        high = math.inf if state["high"] is None else state["high"]
        assignments = cls(search, state["low"], high, state["retries"])
        assignments._ids = {int(number): trial_id for number, trial_id in state["ids"].items()}
        assignments._failures = {int(number): count for number, count in state["failures"].items()}
        assignments._released = {r.number for r in search.trials if r.state == "released"}
        legs = {leg.number: leg for leg in search.out}
        numbers = {trial_id: number for number, trial_id in assignments._ids.items()}
        assignments._legs = {trial_id: legs[numbers[trial_id]] for trial_id in state["training"]}
        return assignments


_NAMES = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}


def _named(event: Sequence[Any]) -> list[Any]:
    """An event with numbers that JSON does not have as strings.

    Examples
    --------
    >>> _named(("tell", 0, 0, math.nan, None))
    ['tell', 0, 0, 'nan', None]
    """
    return [str(v) if isinstance(v, float) and not math.isfinite(v) else v for v in event]


def _numbered(event: Sequence[Any]) -> list[Any]:
    kind, *values = event
    return [kind, *(_NAMES.get(v, v) if isinstance(v, str) else v for v in values)]

"""A search or a second phase, rebuilt from stored events and kept up to date by them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from lrsearch.checks import at_least
from lrsearch.exploit import Exploit
from lrsearch.registry import from_config
from lrsearch.search import Search
from lrsearch.strict_json import python_value
from lrsearch.trial import TrialRecord

__all__ = [
    "ExploitReplica",
    "Row",
    "SearchReplica",
    "exploit_of",
    "plain",
    "replica_of",
    "search_of",
]

_OPEN_STATES = frozenset(("asked", "paused", "released"))


class Row(NamedTuple):
    """What the table of trials holds of one trial, so that it can be shown without a replay."""

    number: int
    rate: str
    round: int
    init: int
    max_epochs: int
    state: str
    legs: int
    epoch: int
    spent: int
    score: float | None
    standard_error: float | None

    @classmethod
    def of(cls, record: TrialRecord) -> Row:
        return cls(
            record.number,
            str(record.rate),
            record.round,
            record.init,
            record.max_epochs,
            record.state,
            record.legs,
            record.epoch,
            record.spent,
            _unsigned_zero(record.score),
            _unsigned_zero(record.standard_error),
        )


def _unsigned_zero(number: float | None) -> float | None:
    """The number as SQLite gives it back, which knows no -0.0."""
    return None if number is None else number + 0.0


class SearchReplica:
    """A search that follows stored events."""

    def __init__(self, config: dict[str, Any]) -> None:
        self.subject: Search = from_config(config)
        self._count = 0
        self._states: dict[int, str] = {}

    @property
    def count(self) -> int:
        """How many events have brought it here."""
        return len(self.subject.events)

    def apply(self, events: Sequence[Sequence[Any]]) -> None:
        """Follow events that are stored already."""
        search = self.subject
        if not search.events:
            search.replay(events)
            self._settle(range(len(search.trials)))
            return
        touched = set(self._states)
        for event in events:
            search.replay((event,))
            touched.add(search.out[-1].number if event[0] == "ask" else event[1])
        self._settle(touched)

    def since(self, count: int) -> list[Sequence[Any]]:
        """The events from number `count` on."""
        return list(self.subject.events[count:])

    def changed(self) -> list[Row]:
        """The rows of the trials that changed since the last call, or the last `apply`."""
        search = self.subject
        events = search.events[self._count :]
        if not events:
            return []
        touched = {event[1] for event in events if event[0] != "ask"}
        touched.update(trial.number for trial in search.out if trial.number not in self._states)
        records = search._records
        for number, state in self._states.items():
            if records[number].state != state:
                touched.add(number)
        self._settle(touched)
        return [Row.of(records[number]) for number in sorted(touched)]

    def summary(self) -> dict[str, Any]:
        """What a status shows beside the trials; cheap to tell."""
        search = self.subject
        best = search.best
        return {
            "spent": search.spent,
            "reason": search.reason,
            "round": len(search.rounds),
            "best": None if best is None else best.number,
            "rate": str(search.rate) if search.done and search.rate is not None else None,
        }

    def rows(self) -> list[Row]:
        """The rows of all trials."""
        return [Row.of(record) for record in self.subject._records]

    def _settle(self, numbers: Iterable[int]) -> None:
        """Remember the states of the trials that can still change."""
        self._count = len(self.subject.events)
        records = self.subject._records
        for number in numbers:
            state = records[number].state
            if state in _OPEN_STATES:
                self._states[number] = state
            else:
                self._states.pop(number, None)


class ExploitReplica:
    """A second phase that follows stored events, rewinds among them."""

    def __init__(self, config: dict[str, Any]) -> None:
        self._config = config
        self.subject = Exploit.from_config(config)
        self._log: list[Sequence[Any]] = []

    @property
    def count(self) -> int:
        return len(self._log)

    def apply(self, events: Sequence[Sequence[Any]]) -> None:
        for event in events:
            if event[0] == "rewind":
                self.rewind(event[1])
            else:
                self.subject.replay((event,))
                self._log.append(event)

    def tell(self, step: Any, score: Any) -> None:
        """Tell the phase, and log it."""
        self.subject.tell(step, score)
        told, value = self.subject.history[-1]
        self._log.append(("step", told.number, value))

    def rewind(self, number: int) -> None:
        """Forget the tells of step `number` and of those after it."""
        told = len(self.subject.history)
        number = at_least(0, "number", number)
        if number > told:
            raise ValueError(f"rewind to a step from 0 to {told}, got {number}")
        kept = self.subject.events[:number]
        self.subject = Exploit.from_config(self._config)
        self.subject.replay(kept)
        self._log.append(("rewind", number))

    def since(self, count: int) -> list[Sequence[Any]]:
        return self._log[count:]

    def changed(self) -> list[Row]:
        return []

    def summary(self) -> dict[str, Any]:
        exploit = self.subject
        return {
            "spent": exploit.spent,
            "reason": exploit.reason,
            "best": exploit.best_step,
            "score": exploit.best_score,
        }

    def rows(self) -> list[Row]:
        """None: a second phase has no trials."""
        return []


def replica_of(config: dict[str, Any]) -> SearchReplica | ExploitReplica:
    """A replica of what `config` describes, as it was before its first ask."""
    return (ExploitReplica if "exploit" in config else SearchReplica)(config)


def search_of(replica: SearchReplica | ExploitReplica, asked: str = "trials") -> Search:
    """The search of a replica.

    Parameters
    ----------
    asked : str
        What it is wanted for, of which an Exploit has none.

    Raises
    ------
    TypeError
        If it is a second phase, which has no trials.
    """
    if isinstance(replica, ExploitReplica):
        raise TypeError(f"this study is a second phase, an Exploit, which has no {asked}")
    return replica.subject


def exploit_of(replica: SearchReplica | ExploitReplica, asked: str) -> Exploit:
    """The second phase of a replica.

    Raises
    ------
    TypeError
        If it is a search, which has nothing of what is asked.
    """
    if isinstance(replica, SearchReplica):
        raise TypeError(f"this study is a search, which has no {asked}: only an Exploit has")
    return replica.subject


def plain(config: dict[str, Any]) -> dict[str, Any]:
    """A configuration as it comes back from JSON."""
    read: dict[str, Any] = json.loads(json.dumps(config, allow_nan=False, default=python_value))
    return read

"""A search, rebuilt from stored events and kept up to date by them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from lrsearch.registry import from_config
from lrsearch.search import Search
from lrsearch.strict_json import python_value
from lrsearch.study.tables import Row

__all__ = ["StoredSearch", "plain"]

_OPEN_STATES = frozenset(("asked", "paused", "released"))


class StoredSearch:
    """A search that stands where the events of its file have brought it.

    Parameters
    ----------
    config : dict
        The configuration, from which the search is built as it was before its first ask.

    Raises
    ------
    ValueError
        If no search is installed that the configuration fits.
    """

    def __init__(self, config: dict[str, Any]) -> None:
        self.search: Search = from_config(config)
        self._count = 0
        self._states: dict[int, str] = {}

    @property
    def count(self) -> int:
        """How many events have brought it here."""
        return len(self.search.events)

    def apply(self, events: Sequence[Sequence[Any]]) -> None:
        """Follow events that are stored already."""
        search = self.search
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
        return list(self.search.events[count:])

    def changed(self) -> list[Row]:
        """The rows of the trials that changed since the last call, or the last `apply`."""
        search = self.search
        events = search.events[self._count :]
        if not events:
            return []
        touched = {event[1] for event in events if event[0] != "ask"}
        touched.update(trial.number for trial in search.out if trial.number not in self._states)
        trials = search.trials
        for number, state in self._states.items():
            if trials[number].state != state:
                touched.add(number)
        self._settle(touched)
        return [Row.of(trials[number]) for number in sorted(touched)]

    def summary(self) -> dict[str, Any]:
        """What a status shows beside the trials; cheap to tell."""
        search = self.search
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
        return list(map(Row.of, self.search.trials))

    def _settle(self, numbers: Iterable[int]) -> None:
        """Remember the states of the trials that can still change."""
        self._count = len(self.search.events)
        trials = self.search.trials
        for number in numbers:
            state = trials[number].state
            if state in _OPEN_STATES:
                self._states[number] = state
            else:
                self._states.pop(number, None)


def plain(content: Any) -> Any:
    """A configuration, or other content, as it comes back from JSON."""
    return json.loads(json.dumps(content, allow_nan=False, default=python_value))

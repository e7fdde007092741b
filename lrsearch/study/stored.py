"""A search, rebuilt from stored events and kept up to date by them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from lrsearch.registry import from_config
from lrsearch.search import Search
from lrsearch.strict_json import python_value
from lrsearch.study.tables import Row

__all__ = ["StoredSearch", "plain"]


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

    @property
    def count(self) -> int:
        """How many events have brought it here."""
        return self._count + len(self.search.events)

    def apply(self, events: Sequence[Sequence[Any]]) -> None:
        """Follow events that are stored already."""
        self.search.replay(events)
        self.settle()

    def settle(self) -> None:
        """Forget the events that are in the file."""
        self._count += len(self.search.take_events())

    def changed(self) -> list[Row]:
        """The rows of the trials that changed by events that are not in the file yet.

        An event changes its own trial alone. Those that were asked last are the last that are out,
        unless they have events of their own.
        """
        search = self.search
        events = search.events
        asked = sum(event[0] == "ask" for event in events)
        touched = {event[1] for event in events if event[0] != "ask"}
        touched.update(islice(reversed(search.handed_out), asked))
        return [Row.of(search.trials[number]) for number in sorted(touched)]

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

    def rows(self) -> Iterator[Row]:
        """The rows of all trials."""
        return map(Row.of, self.search.trials)


def plain(content: Any) -> Any:
    """A configuration, or other content, as it comes back from JSON."""
    return json.loads(json.dumps(content, allow_nan=False, default=python_value))

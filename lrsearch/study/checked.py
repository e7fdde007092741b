"""What a study's file may hold, value by value: a file may come from anywhere.

Each function gives what it was given, as what it stands for, or raises a ValueError that says what
is not as it was written.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from lrsearch.study.lease import Worker
from lrsearch.study.tables import Claim, Row, State

__all__ = ["claim_of", "object_of", "origin_of", "rows_of", "state_of"]

_LATEST = 253_370_764_800_000
"""The year 9999 in milliseconds since 1970, where calendars end."""
_PROCESSES = 2**31
_CLAIM = (int, int, str, str, int, str, float)
_FACTS = (int, str, int, int, int, str, int, int, int)
"""The types of a trial's row, but for its score and its standard error."""
_NUMBERS = {float, type(None)}
_WORDS = {str, type(None)}
_STATE = frozenset(State._fields)


def object_of(key: str, text: Any) -> dict[str, Any]:
    """What stands under a key of the study: a JSON object."""
    try:
        content = json.loads(text)
    except (ValueError, TypeError, RecursionError):
        content = None
    _require(type(content) is dict, f"its {key} is no JSON object")
    return content  # type: ignore[no-any-return]


def origin_of(content: dict[str, Any]) -> dict[str, Any]:
    """Which study it is, and the version that made it."""
    named = (content.get(name) for name in ("id", "lrsearch"))
    _require(all(type(name) is str for name in named), "its origin is not one of a study")
    return content


def state_of(content: dict[str, Any]) -> State:
    """What the file says of itself; its summary may be empty."""
    what = "its state is not one of a study"
    _require(content.keys() == _STATE and type(content["summary"]) is dict, what)
    state, summary = State(**content), content["summary"]
    best = summary.get("best")
    counts = [
        *state[:5],
        summary.get("spent", 0),
        summary.get("round", 0),
        0 if best is None else best,
    ]
    words = summary.get("reason"), summary.get("rate")
    _require(
        {int}.issuperset(map(type, counts))
        and min(counts) >= 0
        and _WORDS.issuperset(map(type, words))
        and (best is None or best < state.trials)
        and state.time < _LATEST,
        what,
    )
    return state


def rows_of(found: Sequence[Sequence[Any]], first: int) -> list[Row]:
    """The rows of trials, numbered on from the first."""
    for number, values in enumerate(found, first):
        _require(
            values[0] == number
            and tuple(map(type, values[:9])) == _FACTS
            and _NUMBERS.issuperset(map(type, values[9:])),
            f"the row of trial {number} is not one of a trial",
        )
    return list(map(Row._make, found))


def claim_of(values: Sequence[Any]) -> Claim:
    """Who holds a trial."""
    trial, leg, *worker, heartbeat = values
    typed = tuple(map(type, values)) == _CLAIM
    _require(typed and 0 < worker[2] < _PROCESSES, "a claim is not one of a worker")
    return Claim(trial, leg, Worker(*worker), heartbeat)


def _require(sound: bool, what: str) -> None:
    if not sound:
        raise ValueError(what)

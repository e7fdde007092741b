"""Events as text, each with a checksum that covers all events before it."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Sequence
from typing import Any

from lrsearch.strict_json import named, numbered, python_value

__all__ = ["chained", "checksum", "decode", "encode"]


def encode(event: Sequence[Any]) -> str:
    """An event as one line of strict JSON; numbers that are not finite become strings.

    Examples
    --------
    >>> encode(("tell", 3, 0, float("nan"), None))
    '["tell",3,0,"nan",null]'
    """
    try:
        return _line(event)
    except ValueError:
        return _line(named(event))


def decode(lines: Sequence[str]) -> list[list[Any]]:
    """The events that `encode` wrote.

    Raises
    ------
    ValueError
        If a line is no JSON list that begins with a word.

    Examples
    --------
    >>> decode(['["tell",3,0,"-inf",null]'])
    [['tell', 3, 0, -inf, None]]
    """
    try:
        events: list[list[Any]] = json.loads("[" + ",".join(lines) + "]")
    except (ValueError, TypeError, RecursionError):
        raise ValueError("an event is no JSON") from None
    if len(events) != len(lines) or not all(
        type(event) is list and event and type(event[0]) is str for event in events
    ):
        raise ValueError("an event is not one of a search")
    for index, line in enumerate(lines):
        if 'nan"' in line or 'inf"' in line:
            events[index] = numbered(events[index])
    return events


def checksum(text: str, before: int = 0) -> int:
    """The CRC-32 of a text, which goes on from the one of the text before it."""
    return zlib.crc32(text.encode(), before)


def chained(rows: Iterable[tuple[int, int, str]], before: int) -> list[int]:
    """The checksums of event rows (sequence number, time, event), each covering those before.

    Examples
    --------
    >>> first, second = chained([(1, 0, '["ask",true]'), (2, 0, '["ask",true]')], before=0)
    >>> chained([(2, 0, '["ask",true]')], before=first) == [second]
    True
    """
    crc32 = zlib.crc32
    sums = []
    for number, time, event in rows:
        before = crc32(f"{number} {time} {event}\n".encode(), before)
        sums.append(before)
    return sums


def _line(event: Any) -> str:
    return json.dumps(event, separators=(",", ":"), allow_nan=False, default=python_value)

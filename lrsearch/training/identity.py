"""What a run is begun with, in JSON, and how what another one is begun with differs from it."""

from __future__ import annotations

from typing import Any

__all__ = ["differences"]


def differences(known: Any, given: Any, name: str = "") -> list[tuple[str, Any, Any]]:
    """Where two JSON values differ: names with dots, and both values.

    What only one of the two has is not compared: an older version may not have written it.

    Examples
    --------
    >>> differences({"a": 1, "b": {"c": 2}}, {"b": {"c": 3}, "d": 4})
    [('b.c', 2, 3)]
    """
    pairs: list[tuple[Any, Any, Any]] | None = None
    if isinstance(known, dict) and isinstance(given, dict):
        pairs = [(key, known[key], given[key]) for key in given if key in known]
    elif _are_parts(known) and _are_parts(given) and len(known) == len(given):
        pairs = [(index, *pair) for index, pair in enumerate(zip(known, given, strict=True))]
    if pairs is None:
        return [] if known == given else [(name, known, given)]
    return [
        difference
        for key, one, other in pairs
        for difference in differences(one, other, f"{name}.{key}" if name else str(key))
    ]


def _are_parts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(part, dict) for part in value)

"""Values as strict JSON, which knows neither NumPy nor numbers that are not finite."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

__all__ = ["named", "nulled", "numbered", "python_value"]

_NUMBERS = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}


def nulled(content: Any) -> Any:
    """Content for people: a number that is not finite becomes None.

    Examples
    --------
    >>> nulled({"scores": np.array([0.5, np.inf])})
    {'scores': [0.5, None]}
    """
    return _replaced(content, lambda number: None)


def named(content: Any) -> Any:
    """Content to be read back: a number that is not finite becomes its name.

    Examples
    --------
    >>> named(("tell", 3, 0, float("nan"))), numbered(["tell", 3, 0, "-inf"])
    (['tell', 3, 0, 'nan'], ['tell', 3, 0, -inf])
    """
    return _replaced(content, str)


def numbered(value: Any) -> Any:
    """What `named` was given, with lists for its other sequences."""
    if isinstance(value, str):
        return _NUMBERS.get(value, value)
    if isinstance(value, list):
        return [numbered(item) for item in value]
    return value


def python_value(value: Any) -> Any:
    """What JSON stores for a value that it does not know: Python's own number for NumPy's.

    Raises
    ------
    TypeError
        If it is not NumPy's.
    """
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"a study cannot store {value!r}, a {type(value).__name__}")


def _replaced(content: Any, replacement: Callable[[float], Any]) -> Any:
    if isinstance(content, dict):
        return {str(key): _replaced(value, replacement) for key, value in content.items()}
    if isinstance(content, (list, tuple)):
        return [_replaced(value, replacement) for value in content]
    if isinstance(content, np.ndarray):
        return _replaced(content.tolist(), replacement)
    if isinstance(content, np.generic):
        content = content.item()
    if isinstance(content, float) and not math.isfinite(content):
        return replacement(content)
    return content

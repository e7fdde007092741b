"""Checks of what callers pass in: the value, or an error that names it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

__all__ = ["at_least", "is_number", "number", "numbers", "standard_error"]


def at_least(least: int, name: str, value: Any) -> int:
    """A whole number that is not below `least`.

    Examples
    --------
    >>> at_least(1, "epochs", 0)
    Traceback (most recent call last):
    ValueError: epochs has to be at least 1, got 0
    """
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise TypeError(f"{name} has to be a whole number, got {value!r}")
    whole = int(value.__index__())
    if whole < least:
        raise ValueError(f"{name} has to be at least {least}, got {whole}")
    return whole


def is_number(value: Any) -> bool:
    """Whether a value stands for one number: Python's, NumPy's, or a scalar tensor."""
    if isinstance(value, (bool, np.bool_, str, bytes)):
        return False
    return isinstance(value, (int, float, np.number)) or (
        hasattr(value, "__float__") and getattr(value, "ndim", 0) == 0
    )


def number(value: Any, name: str = "score") -> float:
    """A value as a float; nan and infinity are numbers."""
    if type(value) is float:
        return value
    if not is_number(value):
        raise TypeError(f"a {name} has to be a number, got {type(value).__name__}: {value!r}")
    try:
        return float(value)
    except TypeError as error:
        raise TypeError(f"a {name} has to be a real number, got {value!r}") from error


def numbers(values: Any) -> list[float]:
    """A sequence of scores as floats."""
    one_dimensional = getattr(values, "ndim", None) == 1
    if isinstance(values, (str, bytes)) or not (one_dimensional or isinstance(values, Sequence)):
        raise TypeError(
            "a score has to be a number or a sequence of one number an epoch, got "
            f"{type(values).__name__}: {values!r}"
        )
    floats = [number(value) for value in values]
    if not floats:
        raise ValueError("expected one score an epoch, got an empty sequence: release() the trial")
    return floats


def standard_error(value: Any) -> float:
    """A standard error: finite and not negative."""
    error = number(value, "standard error")
    if not 0 <= error < math.inf:
        raise ValueError(f"a standard error has to be finite and not negative, got {value!r}")
    return error

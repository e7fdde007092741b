"""Checks of what callers pass in: the value, or an error that names it."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

__all__ = [
    "at_least", "is_number", "listed", "number", "numbers", "other_file", "sign",
    "standard_error", "whole",
]  # fmt: skip

_LOGS = ("-wal", "-shm")
"""What SQLite keeps beside a database."""


_TEXTS = (str, bytes, bytearray, memoryview)
"""Sequences, or numbers to ``float``, that are neither."""


def at_least(least: int, name: str, value: Any) -> int:
    """A whole number that is not below `least`.

    Examples
    --------
    >>> at_least(1, "epochs", 0)
    Traceback (most recent call last):
    ValueError: epochs has to be at least 1, got 0
    """
    count = whole(f"{name} has to be a whole number", value)
    if count < least:
        raise ValueError(f"{name} has to be at least {least}, got {count}")
    return count


def whole(rule: str, value: Any) -> int:
    """A whole number, Python's or NumPy's; the rule says what had to be one.

    Examples
    --------
    >>> whole("offsets have to be whole numbers", 1.5)
    Traceback (most recent call last):
    TypeError: offsets have to be whole numbers, got 1.5
    """
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise TypeError(f"{rule}, got {value!r}")
    return int(value.__index__())


def listed(name: str, values: Any) -> Iterable[Any]:
    """A list of rates: anything that can be gone through, but no string.

    Examples
    --------
    >>> listed("first", "0.1")
    Traceback (most recent call last):
    TypeError: first has to be a list of rates, as ["0.01", "0.001"] is, got '0.1'
    """
    if isinstance(values, _TEXTS) or not isinstance(values, Iterable):
        raise TypeError(
            f'{name} has to be a list of rates, as ["0.01", "0.001"] is, got {values!r}'
        )
    return values


def other_file(path: str | os.PathLike[str], *sources: str | os.PathLike[str]) -> Path:
    """A file to write that is none of those that its content is made from, nor a database's log.

    Examples
    --------
    >>> other_file("vae.db", "./vae.db")
    Traceback (most recent call last):
    ValueError: vae.db is what it would be made from: give the output another name
    """
    output = Path(path)
    for source in map(Path, sources):
        for own in (source, *(source.with_name(source.name + log) for log in _LOGS)):
            if _same(output, own):
                raise ValueError(
                    f"{path} is what it would be made from: give the output another name"
                )
    return output


def _same(path: Path, other: Path) -> bool:
    """Whether two paths are one file, there or to be made."""
    try:
        return path.samefile(other)
    except OSError:
        return path.resolve() == other.resolve()


def sign(direction: Any) -> float:
    """1 where a smaller score is better, -1 where a larger one is.

    Examples
    --------
    >>> sign("min")
    Traceback (most recent call last):
    ValueError: direction has to be "minimize" or "maximize", got 'min'
    """
    if direction not in ("minimize", "maximize"):
        raise ValueError(f'direction has to be "minimize" or "maximize", got {direction!r}')
    return 1.0 if direction == "minimize" else -1.0


def is_number(value: Any) -> bool:
    """Whether a value stands for one number: Python's, NumPy's, or a scalar tensor."""
    if isinstance(value, (bool, np.bool_, *_TEXTS, complex, np.complexfloating)):
        return False
    return isinstance(value, (int, float, np.number)) or (
        hasattr(value, "__float__") and getattr(value, "ndim", 0) == 0
    )


def number(value: Any, name: str = "score") -> float:
    """A value as a float; nan and infinity are numbers, and so is what is too large for a float."""
    if type(value) is float:
        return value
    if not is_number(value):
        raise TypeError(f"a {name} has to be a number, got {type(value).__name__}: {value!r}")
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf
    except TypeError as error:
        raise TypeError(f"a {name} has to be a real number, got {value!r}") from error


def numbers(values: Any) -> list[float]:
    """A sequence of scores as floats."""
    one_dimensional = getattr(values, "ndim", None) == 1
    if isinstance(values, _TEXTS) or not (one_dimensional or isinstance(values, Sequence)):
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

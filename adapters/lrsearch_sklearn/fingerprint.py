"""What tells one fit's data, splits and settings from another's, the same in every process."""

from __future__ import annotations

from functools import partial
from types import BuiltinFunctionType, FunctionType, MethodType
from typing import Any

import joblib
import numpy as np

__all__ = ["fingerprint"]

_PLAIN = (type(None), bool, int, float, complex, str, bytes)
_FUNCTIONS = (type, FunctionType, BuiltinFunctionType, np.ufunc)


def fingerprint(*parts: Any) -> str:
    """A text that differs where data, splits or settings differ.

    Estimators count by all their parameters, arrays and tables by their content, functions and
    classes by their module and name.

    Examples
    --------
    >>> from sklearn.preprocessing import PolynomialFeatures
    >>> one, same, other = (fingerprint(PolynomialFeatures(degree)) for degree in (1, 1, 3))
    >>> one == same, one == other
    (True, False)
    """
    return str(joblib.hash(_described(parts, ())))


def _described(value: Any, within: tuple[int, ...]) -> Any:
    """A value as nested tuples of plain values."""
    if isinstance(value, _PLAIN):
        return type(value).__name__, repr(value)
    if isinstance(value, _FUNCTIONS):
        return _name(value)
    if id(value) in within:
        return "itself", within.index(id(value))
    within = (*within, id(value))
    if isinstance(value, dict):
        items = [(_described(key, within), _described(item, within)) for key, item in value.items()]
        return "dict", tuple(sorted(items, key=repr))
    if isinstance(value, (list, tuple)):
        return type(value).__name__, tuple(_described(part, within) for part in value)
    if isinstance(value, (set, frozenset)):
        return type(value).__name__, tuple(
            sorted((_described(part, within) for part in value), key=repr)
        )
    if isinstance(value, MethodType):
        return _name(value.__func__), _described(value.__self__, within)
    if isinstance(value, partial):
        return "partial", _described((value.func, value.args, value.keywords), within)
    if hasattr(value, "get_params"):
        return _name(type(value)), _described(value.get_params(deep=False), within)
    return _name(type(value)), _state(value, within)


def _state(value: Any, within: tuple[int, ...]) -> Any:
    """An object by its content, as a pickle has it, or by its attributes."""
    try:
        return str(joblib.hash(value))
    except Exception:  # whatever an object that cannot be pickled raises
        return _described(getattr(value, "__dict__", {}), within)


def _name(value: Any) -> tuple[str, str]:
    return str(getattr(value, "__module__", "")), str(
        getattr(value, "__qualname__", getattr(value, "__name__", ""))
    )

"""What tells one fit's data, splits and settings from another's, the same in every process."""

from __future__ import annotations

from functools import partial
from types import BuiltinFunctionType, CellType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any

import joblib
import numpy as np

__all__ = ["fingerprint"]

_PLAIN = (type(None), bool, int, float, complex, str, bytes)
_NAMED = (type, FunctionType, BuiltinFunctionType, np.ufunc, ModuleType)


def fingerprint(*parts: Any) -> str:
    """A text that differs where data, splits or settings differ.

    Estimators count by all their parameters, arrays and tables by their content, functions and
    classes by their module and name. Functions that share a name, lambdas and those made within
    others, count by what they do and hold, too.

    Examples
    --------
    >>> from sklearn.preprocessing import PolynomialFeatures
    >>> one, same, other = (fingerprint(PolynomialFeatures(degree)) for degree in (1, 1, 3))
    >>> one == same, one == other
    (True, False)
    >>> fingerprint(lambda score: score / 2) == fingerprint(lambda score: score / 3)
    False
    """
    return str(joblib.hash(_described(parts, ())))


def _described(value: Any, within: tuple[int, ...]) -> Any:
    """A value as nested tuples of plain values."""
    if isinstance(value, _PLAIN):
        return type(value).__name__, repr(value)
    local = isinstance(value, FunctionType) and "<" in value.__qualname__
    if isinstance(value, _NAMED) and not local:
        return _name(value)
    if id(value) in within:
        return "itself", within.index(id(value))
    within = (*within, id(value))
    if local:
        cells = [_content(cell) for cell in value.__closure__ or ()]
        parts = (value.__code__, value.__defaults__, value.__kwdefaults__, cells)
        return _name(value), _described(parts, within)
    if isinstance(value, CodeType):  # what it does, not where it stands
        names = value.co_names, value.co_varnames
        code = (value.co_code, value.co_exceptiontable, value.co_flags, names, value.co_consts)
        return "code", _described(code, within)
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
        return "method", _described((value.__func__, value.__self__), within)
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


def _content(cell: CellType) -> tuple[Any, ...]:
    """What a closure holds under a name; nothing where the name is not set yet."""
    try:
        return (cell.cell_contents,)
    except ValueError:
        return ()


def _name(value: Any) -> tuple[str, str]:
    return str(getattr(value, "__module__", "")), str(
        getattr(value, "__qualname__", getattr(value, "__name__", ""))
    )

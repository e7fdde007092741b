"""Warnings that point at the caller's own line, not at one of Keras or of this package."""

from __future__ import annotations

import sys
import warnings

__all__ = ["warn"]

_INSIDE = ("keras", "lrsearch", "lrsearch_keras", "tensorflow", "jax", "torch")


def warn(message: str) -> None:
    """Warn at the nearest line outside the libraries: the user's ``fit``, most likely.

    Parameters
    ----------
    message : str
        What a `RuntimeWarning` is given for.
    """
    warnings.warn(message, RuntimeWarning, stacklevel=_levels_to_caller() + 1)


def _levels_to_caller() -> int:
    """How many frames up from `warn` the nearest frame outside the libraries is, from 1."""
    frame, level = sys._getframe(1), 1
    while frame.f_back is not None and _package(frame.f_globals) in _INSIDE:
        frame, level = frame.f_back, level + 1
    return level - 1


def _package(names: dict[str, object]) -> str:
    return str(names.get("__name__", "")).partition(".")[0]

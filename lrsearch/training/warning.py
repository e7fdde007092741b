"""Warnings that point at the caller's own line, not at one of a framework or of this package."""

from __future__ import annotations

import sys
import warnings

__all__ = ["warn"]

_FRAMEWORKS = (
    "accelerate", "jax", "keras", "lightning", "pytorch_lightning", "tensorflow", "torch",
    "transformers",
)  # fmt: skip


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
    while frame.f_back is not None and _is_inside(frame.f_globals):
        frame, level = frame.f_back, level + 1
    return level - 1


def _is_inside(names: dict[str, object]) -> bool:
    package = str(names.get("__name__", "")).partition(".")[0]
    return package in _FRAMEWORKS or package == "lrsearch" or package.startswith("lrsearch_")

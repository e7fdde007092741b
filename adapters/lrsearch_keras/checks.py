"""Whether a fit can be explored in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras

__all__ = ["UNTRACEABLE", "check_compiled", "check_fit", "untraceable"]

UNTRACEABLE = (AttributeError, IndexError, NotImplementedError, TypeError, ValueError)
"""What tracing raises where a model cannot be traced; JAX's own errors are of these kinds."""


def check_fit(model: Any, params: Mapping[str, Any], begun: bool) -> None:
    """Raise where a fit cannot be explored in, before it has trained.

    Parameters
    ----------
    model : keras.Model
        The model of the fit.
    params : mapping
        The callback's `params`.
    begun : bool
        Whether the callback had a fit before.
    """
    if begun:
        raise RuntimeError(
            "this LRExplorerCallback has had its fit: make a new one, with a new search, for "
            "another fit"
        )
    if params["epochs"] == 1:
        raise ValueError(
            "epochs=1, Keras's default, leaves nothing to explore with: type "
            "model.fit(..., epochs=200, callbacks=[LRExplorerCallback()])"
        )
    check_optimizer(model)


def check_compiled(model: Any) -> None:
    """Raise where a model cannot be trained by programs of our own.

    Raises
    ------
    RuntimeError
        If Keras runs on another backend than JAX.
    ValueError
        If the model is not compiled, runs eagerly, or its optimizer has a schedule.
    """
    if keras.backend.backend() != "jax":
        raise RuntimeError(
            "compiled populations need Keras on JAX, and it runs on "
            f"{keras.backend.backend()}: set KERAS_BACKEND=jax before Keras is imported, or train "
            "by model.fit with LRExplorerCallback"
        )
    check_optimizer(model)
    if model.run_eagerly:
        raise ValueError(
            f"{type(model).__name__} was compiled with run_eagerly=True, so it cannot be traced "
            "into one compiled program: train it by model.fit with LRExplorerCallback"
        )


def check_optimizer(model: Any) -> None:
    """Raise where the model has no optimizer, or one whose rate cannot be set.

    Raises
    ------
    ValueError
        The message says which of the two.
    """
    optimizer = getattr(model, "optimizer", None)
    if optimizer is None:
        raise ValueError(
            'the model has no optimizer: call model.compile(optimizer="adam", ...) before fit'
        )
    if not isinstance(optimizer.learning_rate, keras.Variable):
        raise ValueError(
            "the optimizer was built with a learning rate schedule or function, which the search "
            f"cannot set: compile with a plain {type(optimizer).__name__}(), and give the "
            "schedule to Exploit for the second phase"
        )


def untraceable(model: Any, error: Exception) -> ValueError:
    """The sentence for a model that cannot be traced, with the reason and the way out."""
    what = str(error).strip().splitlines()
    return ValueError(
        f"{type(model).__name__} cannot be traced into one compiled program "
        f"({type(error).__name__}: {what[0] if what else 'no message'}): train it by model.fit "
        "with LRExplorerCallback, which needs no such program"
    )

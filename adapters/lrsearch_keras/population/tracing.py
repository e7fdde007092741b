"""Whether a model's training can be one compiled program, and what to do where not (JAX)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras

from lrsearch_keras.checks import check_optimizer
from lrsearch_keras.population.batches import described

__all__ = ["UNFIT", "check_compiled", "explained", "explanation"]

UNFIT = (AttributeError, LookupError, RuntimeError, TypeError, ValueError)
"""What a step raises where model and data do not fit, or the model cannot be traced."""

_WRAPPING = re.compile(
    r"\x1b\[\d+m|.*Exception encountered:|Exception encountered when calling \S+"
    r"|Arguments received by.*",
    re.DOTALL,
)
"""What Keras writes around a reason."""


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
            "into one compiled program: compile it without, or train it by model.fit with "
            "LRExplorerCallback"
        )


@contextmanager
def explained(model: Any, doing: str, data: Any) -> Iterator[None]:
    """Errors in here are raised as their `explanation`."""
    try:
        yield
    except UNFIT as error:
        raise explanation(model, doing, data, error) from error


def explanation(model: Any, doing: str, data: Any, error: BaseException) -> ValueError:
    """Why a step cannot be taken, in one sentence: because of the model, or of the data.

    Parameters
    ----------
    model : keras.Model
    doing : str
        What the model was to do, "be trained on these data" say.
    data : tuple
        Those data.
    error : Exception
        What it raised.
    """
    name = type(model).__name__
    found = _of_tracing(error)
    if found is not None:
        return ValueError(
            f"{name} cannot be traced into one compiled program ({_reason(found)}), and on JAX "
            "fit cannot train it either: Python must not look at values in it, which "
            "keras.ops.cond and keras.ops.where can. As it is, train it by model.fit with "
            "LRExplorerCallback on another backend, set before Keras is imported: "
            "KERAS_BACKEND=tensorflow, with model.compile(..., run_eagerly=True) and a call, "
            "model(x[:1]), before fit; or KERAS_BACKEND=torch, which needs neither, where no "
            "tensor becomes a NumPy array"
        )
    return ValueError(
        f"{name} cannot {doing}, {described(data)} ({_reason(error)}): check them against the "
        "model's input and output and against its loss"
    )


def _of_tracing(error: BaseException | None) -> BaseException | None:
    """JAX's own error of one who looked at a traced value, among what led to this error."""
    import jax

    while error is not None:
        looked = isinstance(getattr(error, "obj", None), jax.core.Tracer)
        if looked or isinstance(error, (jax.errors.JAXTypeError, jax.errors.JAXIndexError)):
            return error
        error = error.__cause__ or error.__context__
    return None


def _reason(error: BaseException) -> str:
    """The error's kind and message, without what Keras and JAX write around it."""
    text = _WRAPPING.sub("", str(error)).strip(" \n'").partition("\n")[0].rstrip(".")
    return f"{type(error).__name__}: {text}" if text else type(error).__name__

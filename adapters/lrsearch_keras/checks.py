"""Whether a fit can be explored in."""

from __future__ import annotations

import math
from typing import Any

import keras

__all__ = ["check_fit", "check_optimizer", "check_others", "check_rate"]


def check_fit(model: Any, begun: bool) -> None:
    """Raise where a fit cannot be explored in, before it has trained.

    Parameters
    ----------
    model : keras.Model
        The model of the fit.
    begun : bool
        Whether the callback had a fit before.
    """
    if begun:
        raise RuntimeError(
            "this LRExplorerCallback has had its fit: make a new one, with a new search, for "
            "another fit"
        )
    check_optimizer(model)


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
            'the model has no optimizer: call model.compile(optimizer="adam", ...) first'
        )
    if not isinstance(optimizer.learning_rate, keras.Variable):
        raise ValueError(
            "the optimizer was built with a learning rate schedule or function, which the search "
            f"cannot set: compile with a plain {type(optimizer).__name__}(), and give the "
            "schedule to Exploit for the second phase"
        )


def check_others(caller: Any) -> None:
    """Raise where another callback sets the rate of each epoch, or validates other weights.

    Parameters
    ----------
    caller : frame
        What called the hook: Keras's `CallbackList`, as a rule. Others are not looked into.

    Raises
    ------
    ValueError
        It says what to do with the callback.
    """
    callbacks = caller.f_locals.get("self") if caller is not None else None
    for other in getattr(callbacks, "callbacks", None) or ():
        if isinstance(other, keras.callbacks.LearningRateScheduler):
            raise ValueError(
                f"{type(other).__name__} sets the rate of each epoch, and so does "
                f"LRExplorerCallback: {_LEAVE_OUT}"
            )
        if isinstance(other, keras.callbacks.SwapEMAWeights):
            raise ValueError(
                "SwapEMAWeights validates with other weights than the best that LRExplorerCallback "
                "would keep: leave it and use_ema out, LRExplorerCallback validates with a running "
                "average of the weights itself, and leaves the best one in the model"
            )


_LEAVE_OUT = (
    "leave LearningRateScheduler and its like out, or give their schedule to the second phase, "
    "exploit=Exploit(..., schedule=...)"
)


_STORED = 0.01
"""What a rate may lose where the optimizer holds it in few digits (bfloat16 has three)."""


_SMALLEST = 2.0**-24
"""The smallest rate that float16 can hold."""


def check_rate(model: Any, rate: float) -> None:
    """Raise where an epoch was not trained at the rate that was set for it.

    Raises
    ------
    ValueError
        It names the kind of callback that does this.
    """
    trained = float(model.optimizer.learning_rate)
    if not math.isclose(trained, rate, rel_tol=_STORED, abs_tol=_SMALLEST):
        raise ValueError(
            f"this epoch was to be trained at {rate:.4g}, and another callback had set "
            f"{trained:.4g}: {_LEAVE_OUT}"
        )

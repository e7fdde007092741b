"""Whether a fit can be explored in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras

__all__ = ["check_fit"]


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

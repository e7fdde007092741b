"""The learning rate, set between the steps of an epoch as well."""

from __future__ import annotations

from typing import Any

import keras

__all__ = ["set_rate"]


def set_rate(model: keras.Model, rate: float) -> None:
    """Set the rate that the next step is trained at.

    On JAX the variables of an epoch go from step to step as arguments, and come back to the model
    at its end. Within an epoch the rate is put among these arguments.

    Parameters
    ----------
    model : keras.Model
        Compiled, its optimizer with a variable for the rate.
    rate : float
    """
    if getattr(model, "_jax_state_synced", True):
        model.optimizer.learning_rate = rate
        return
    if not isinstance(model.train_function, _StepAtRate):
        variable = model.optimizer.learning_rate
        place = [v is variable for v in model.optimizer.variables].index(True)
        model.train_function = _StepAtRate(model.train_function, place)
    model.train_function.rate = rate


class _StepAtRate:
    """Keras's step on JAX, at a rate that is exchanged before it."""

    def __init__(self, step: Any, place: int) -> None:
        self.step = step
        self.place = place
        self.rate: float | None = None

    def __call__(self, state: Any, iterator: Any) -> Any:
        if self.rate is not None:
            optimizer = state[2]
            optimizer[self.place] = _like(optimizer[self.place], self.rate)
            self.rate = None
        return self.step(state, iterator)


def _like(array: Any, rate: float) -> Any:
    """A rate on the device, as a step that was compiled for the array takes it."""
    import jax
    import jax.numpy as jnp

    value = jnp.array(rate, array.dtype)
    return jax.device_put(value, array.sharding) if array.committed else value

"""Between the steps of an epoch: where its variables are then, and the rate of the next step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras

__all__ = ["before_next_step", "forget_steps", "in_flight", "set_rate"]


def in_flight(model: keras.Model) -> bool:
    """Whether the variables go from step to step as arguments, and come back at the epoch's end.

    They do on JAX, from an epoch's second step on; elsewhere they are in the model all the time.
    """
    return not getattr(model, "_jax_state_synced", True)


def before_next_step(model: keras.Model, change: Callable[[Any], None]) -> None:
    """Change the arguments of the next step, while they are in flight.

    Parameters
    ----------
    model : keras.Model
    change : callable
        ``change(state)`` is called with the lists of the step's trainable, non-trainable,
        optimizer and metrics variables, and replaces what it wants.
    """
    if not isinstance(model.train_function, _Step):
        model.train_function = _Step(model.train_function)
    model.train_function.changes.append(change)


def forget_steps(model: keras.Model) -> None:
    """Let Keras's step be its own again; what waited for the next one is forgotten."""
    if isinstance(model.train_function, _Step):
        model.train_function = model.train_function.step


def set_rate(model: keras.Model, rate: float) -> None:
    """Set the rate that the next step is trained at, between the steps of an epoch, too.

    Parameters
    ----------
    model : keras.Model
        Compiled, its optimizer with a variable for the rate.
    rate : float
    """
    variable = model.optimizer.learning_rate
    if not in_flight(model):
        if keras.backend.backend() == "tensorflow":  # a third of the time that Keras takes for it
            variable.value.assign(rate, read_value=False)
        else:
            variable.assign(rate)
        return
    place = [v is variable for v in model.optimizer.variables].index(True)

    def change(state: Any) -> None:
        state[2][place] = _like(state[2][place], rate)

    before_next_step(model, change)


class _Step:
    """Keras's step on JAX, whose arguments may be changed before it."""

    def __init__(self, step: Any) -> None:
        self.step = step
        self.changes: list[Callable[[Any], None]] = []

    def __call__(self, state: Any, iterator: Any) -> Any:
        for change in self.changes:
            change(state)
        self.changes.clear()
        return self.step(state, iterator)


def _like(array: Any, rate: float) -> Any:
    """A rate on the device, as a step that was compiled for the array takes it."""
    import jax
    import jax.numpy as jnp

    value = jnp.array(rate, array.dtype)
    return jax.device_put(value, array.sharding) if array.committed else value

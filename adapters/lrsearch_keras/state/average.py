"""The running average of a model's weights, which the adapter takes between steps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import keras

from lrsearch.training.average import early_span
from lrsearch_keras.state.snapshot import inner
from lrsearch_keras.state.steps import before_next_step, in_flight

__all__ = ["Average"]

_UNKNOWN_STEPS = 100
"""Steps to average over where nobody knows how many make an epoch."""
_UPDATES = 16
"""The weights are taken in so many times an epoch: what is averaged changes little in between, and
every step would cost as much as an optimizer's."""


class Average:
    """The running average of a model's trainable weights, over the steps of about one epoch.

    In the first epochs of a training it is over the last quarter of the steps so far. It is kept on
    the device, among the optimizer's variables, and so is part of every state. The compiled step is
    not changed.

    Parameters
    ----------
    model : keras.Model
        Compiled and built, its optimizer too.
    steps : int or None
        Steps of an epoch.
    """

    def __init__(self, model: keras.Model, steps: int | None) -> None:
        self.model = model
        self.horizon = max(1, steps or _UNKNOWN_STEPS)
        self.every = -(-self.horizon // _UPDATES)
        self._optimizer = inner(model.optimizer)
        self._weights = list(model.trainable_variables)
        self._averages = self._optimizer.add_optimizer_variables(self._weights, "average")
        for weight, average in zip(self._weights, self._averages, strict=True):
            average.assign(keras.ops.copy(weight))
        self._lerp = _LERP[keras.backend.backend()](self._weights, self._averages)
        self._made = 0
        self._taken = 0

    @property
    def places(self) -> list[int]:
        """Where the average of each trainable weight stands among the optimizer's variables."""
        known = {id(v): place for place, v in enumerate(self.model.optimizer.variables)}
        return [known[id(average)] for average in self._averages]

    def begin_epoch(self) -> None:
        """No step of the epoch is made."""
        self._made = int(self.model.optimizer.iterations)
        self._taken = 0

    def take_in(self, steps: int, over: bool = False) -> None:
        """Take the weights in, if they are due.

        Parameters
        ----------
        steps : int
            Steps of the epoch that are made.
        over : bool
            Whether these are all.
        """
        since = steps - self._taken
        if since <= 0 or (since < self.every and not over):
            return
        span = min(self.horizon, early_span(self._made + steps, since))
        share = min(1.0, since / span)
        self._taken = steps
        if not in_flight(self.model):
            self._lerp(share)
            return
        places = self.places

        def change(state: Any) -> None:
            averages = lerp([state[2][place] for place in places], state[0], share)
            for place, average in zip(places, averages, strict=True):
                state[2][place] = average

        before_next_step(self.model, change)

    def swap(self) -> None:
        """Exchange the weights and their average."""
        for weight, average in zip(self._weights, self._averages, strict=True):
            live, other = _value(weight), _value(average)
            weight.assign(other)
            average.assign(live)

    def drop(self) -> None:
        """Leave the optimizer as it was before, without an average."""
        averages = {id(average) for average in self._averages}
        variables = self._optimizer._variables
        for place in reversed(range(len(variables))):
            if id(variables[place]) in averages:
                del variables[place]

    @staticmethod
    def possible(model: keras.Model) -> bool:
        """Whether one can be kept: the optimizer keeps none of the user's."""
        return not getattr(inner(model.optimizer), "use_ema", True)


def lerp(averages: Sequence[Any], weights: Sequence[Any], share: Any) -> list[Any]:
    """Averages moved towards the weights, on JAX; those of before are used up."""
    global _compiled
    if _compiled is None:
        import jax

        _compiled = jax.jit(moved, donate_argnums=0)
    return _compiled(list(averages), list(weights), share)


def moved(averages: list[Any], weights: list[Any], share: Any) -> list[Any]:
    """Averages moved towards the weights, by a share of the way; all of it gives the weights."""
    import jax.numpy as jnp

    return [
        jnp.where(share == 1, weight, average + share * (weight - average)).astype(average.dtype)
        for average, weight in zip(averages, weights, strict=True)
    ]


_compiled: Callable[..., list[Any]] | None = None


def _jax(weights: Sequence[Any], averages: Sequence[Any]) -> Callable[[float], None]:
    def update(share: float) -> None:
        values = lerp([a.value for a in averages], [w.value for w in weights], share)
        for average, value in zip(averages, values, strict=True):
            average.assign(value)

    return update


def _tensorflow(weights: Sequence[Any], averages: Sequence[Any]) -> Callable[[float], None]:
    import tensorflow as tf

    @tf.function
    def update(share: Any) -> None:
        for weight, average in zip(weights, averages, strict=True):
            way = tf.cast(share, average.dtype) * (weight.value - average.value)
            average.value.assign(tf.where(share == 1, weight.value, average.value + way))

    return lambda share: update(tf.constant(share))


def _torch(weights: Sequence[Any], averages: Sequence[Any]) -> Callable[[float], None]:
    import torch

    def update(share: float) -> None:
        with torch.no_grad():
            for weight, average in zip(weights, averages, strict=True):
                average.value.lerp_(weight.value, share)

    return update


_LERP = {"jax": _jax, "tensorflow": _tensorflow, "torch": _torch}


def _value(variable: Any) -> Any:
    """Its value, which an assignment to the variable leaves as it is; on JAX no value changes."""
    if keras.backend.backend() == "jax":
        return variable.value
    return keras.ops.copy(variable.value)

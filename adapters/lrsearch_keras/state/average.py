"""The running average of a model's weights, which Keras's optimizers keep within their step."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from lrsearch_keras.state.snapshot import inner

__all__ = ["Average"]

_UNKNOWN_STEPS = 100
"""Steps to average over where nobody knows how many make an epoch."""


class Average:
    """The average of a model's trainable weights, over the steps of about one epoch.

    It is the optimizer's own exponential moving average (``use_ema``), so that it is part of the
    compiled step and of the optimizer's variables, and no weights come to the host. It begins
    with the weights after the first step of a new optimizer.

    Parameters
    ----------
    model : keras.Model
        Compiled and built, its optimizer too. Its step is compiled anew where it was before.
    steps : int or None
        Steps of an epoch.
    """

    def __init__(self, model: keras.Model, steps: int | None) -> None:
        self.model = model
        self.optimizer = inner(model.optimizer)
        self.optimizer.use_ema = True
        self.optimizer.ema_momentum = 1 - 1 / max(1, steps or _UNKNOWN_STEPS)
        self.optimizer.ema_overwrite_frequency = None
        self.optimizer._model_variables_moving_average = self.optimizer.add_optimizer_variables(
            model.trainable_variables, "average"
        )
        for variable, average in self._pairs():
            average.assign(_copy(variable))
        if model.train_function is not None:
            model.make_train_function(force=True)

    @property
    def places(self) -> list[int | None]:
        """Where the average of each trainable weight stands among the optimizer's variables."""
        known = {id(v): place for place, v in enumerate(self.model.optimizer.variables)}
        averages = self.optimizer._model_variables_moving_average
        return [None if average is None else known[id(average)] for average in averages]

    def swap(self) -> None:
        """Exchange the weights and their average."""
        for variable, average in self._pairs():
            live, other = _copy(variable), _copy(average)
            variable.assign(other)
            average.assign(live)

    def drop(self) -> None:
        """Leave the optimizer as it was before, without an average."""
        optimizer = self.optimizer
        averages = {id(average) for _, average in self._pairs()}
        optimizer.use_ema = False
        optimizer._model_variables_moving_average = []
        for place in reversed(range(len(optimizer._variables))):
            if id(optimizer._variables[place]) in averages:
                del optimizer._variables[place]
        if self.model.train_function is not None:
            self.model.make_train_function(force=True)

    def _pairs(self) -> list[tuple[Any, Any]]:
        averages = self.optimizer._model_variables_moving_average
        pairs = zip(self.model.trainable_variables, averages, strict=True)
        return [pair for pair in pairs if pair[1] is not None]

    @staticmethod
    def possible(model: keras.Model) -> bool:
        """Whether the optimizer can keep one, and does not keep one of the user's."""
        return not getattr(inner(model.optimizer), "use_ema", True)


def _copy(variable: Any) -> np.ndarray:
    """A copy of its own: on JAX, two variables must not share what a step is handed."""
    return np.array(keras.ops.convert_to_numpy(variable))

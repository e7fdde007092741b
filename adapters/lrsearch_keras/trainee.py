"""A Keras model with its optimizer, as `lrsearch.Explorer` sees it."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np

from lrsearch import State, Trainee
from lrsearch_keras import fingerprint
from lrsearch_keras.state import (
    Average,
    Inits,
    copied,
    forget_steps,
    generators,
    inner,
    new_optimizer,
    put,
    put_generators,
    put_state,
    set_rate,
    take,
)

__all__ = ["KerasTrainee", "predictions_of"]


class KerasTrainee(Trainee):
    """A compiled model.

    Parameters
    ----------
    model : keras.Model
        Built, its optimizer too, by the time that its state is taken.
    initial, seed
        As for `LRExplorerCallback`.
    steps : int, optional
        Steps of an epoch, over which an average of the weights is kept.
    """

    weights_file = "best.weights.h5"

    def __init__(
        self,
        model: keras.Model,
        initial: Any = "same",
        seed: int = 0,
        steps: int | None = None,
    ) -> None:
        self.model = model
        self._steps = steps
        self._iterations = self._begun = 0
        self._average: Average | None = None
        self._initial = initial
        self._seed = seed
        self._inits: Inits | None = None

    @property
    def rate(self) -> float:  # type: ignore[override]
        """The optimizer's learning rate."""
        return float(self.model.optimizer.learning_rate)

    @rate.setter
    def rate(self, rate: float) -> None:
        set_rate(self.model, rate)

    def take(self) -> State:
        return take(self.model)

    def put(self, state: State) -> None:
        put_state(self.model, state)

    def initial(self, init: int, first: State) -> State:
        if self._inits is None:
            self._inits = Inits(
                self.model, self._initial, self._seed, first, self._average is not None
            )
        return self._inits.state(init)

    def new_optimizer(self) -> list[np.ndarray]:
        return new_optimizer(self.model, self._average is not None)

    def keep_average(self) -> bool:
        """Where the user's optimizer keeps an average, none is kept beside it."""
        if self._average is None and Average.possible(self.model):
            self._average = Average(self.model, self._steps)
        return self._average is not None

    def begin_epoch(self) -> None:
        self._iterations, self._begun = self._count(), 0
        if self._average is not None:
            self._average.begin_epoch()

    def begin_batch(self, batch: int) -> None:
        """A batch begins, from 0: those before it may be taken into the average."""
        self._begun = batch
        if self._average is not None:
            self._average.take_in(batch)

    def end_epoch(self) -> int:
        """All batches are over; how many there were. It may be said twice.

        Where Keras does not know: the steps that the optimizer counts, but for those that a scaled
        loss has skipped. The batch that began last may be the one that found the data at their end.
        """
        steps = self._steps or max(self._begun, self._count() - self._iterations)
        if self._average is not None:
            self._average.take_in(steps, over=True)
        return steps

    def _count(self) -> int:
        """The optimizer's count of steps, from its first one."""
        return int(inner(self.model.optimizer)._iterations)

    def swap_average(self) -> None:
        if self._average is not None:
            self._average.swap()

    def drop_average(self) -> None:
        if self._average is not None:
            self._average.drop()
            self._average = None
        forget_steps(self.model)

    def weights(self) -> list[np.ndarray]:
        return copied(self.model.variables)

    def identity(self) -> dict[str, Any]:
        return fingerprint.of_model(self.model)

    def notes(self) -> dict[str, Any]:
        return {"build": self.model.get_build_config()}

    def write_weights(self, path: Path) -> None:
        """Write them by way of memory: where a disk is full, HDF5 ends the process later on."""
        content = _InMemory()
        self.model.save_weights(content)
        path.write_bytes(content.getbuffer())

    def read_weights(self, path: Path) -> None:
        self.model.load_weights(path)


class _InMemory(io.BytesIO):
    """A file in memory, by a name that Keras takes for one of weights."""

    def __str__(self) -> str:
        return KerasTrainee.weights_file


def predictions_of(
    model: keras.Model, x_test: Any, predict: Callable[[Any, Any], Any] | None
) -> Any:
    """What a model predicts, in an array; its random-generator states stay as they were.

    Raises
    ------
    ValueError
        If the model has several outputs, and there is no function to make one array of them.
    """
    weights = {id(variable) for variable in model.weights}
    states = [variable for variable in model.variables if id(variable) not in weights]
    before, before_outside = copied(states), generators()
    if predict is not None:
        predictions = predict(model, x_test)
    else:
        predictions = model.predict(x_test, verbose=0)
        if isinstance(predictions, (dict, list, tuple)):
            raise ValueError(
                f"the model has {len(predictions)} outputs: pass predict=function to "
                "LRExplorerCallback, where function(model, x_test) returns one array"
            )
    put(states, before)
    put_generators(before_outside)
    return predictions

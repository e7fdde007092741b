"""The state that a trial starts from and returns to: copies of variables, put back in place."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import keras
import numpy as np

from lrsearch_keras.generators import generators, put_generators

__all__ = ["State", "copied", "new_optimizer", "put", "put_state", "take"]


class State(NamedTuple):
    """All that training changes, as arrays in the computer's main memory.

    Attributes
    ----------
    model : list of ndarray
        One for each of ``model.variables``: weights, batch statistics, random-generator states.
    optimizer : list of ndarray
        One for each of ``model.optimizer.variables``: moments, iteration count, loss scale.
    generators : tuple of ndarray
        The states of generators outside the model, on PyTorch.
    """

    model: list[np.ndarray]
    optimizer: list[np.ndarray]
    generators: tuple[np.ndarray, ...] = ()


def copied(variables: Iterable[Any]) -> list[np.ndarray]:
    """The variables' values, in memory that no later training step writes to."""
    return [_copy(variable) for variable in variables]


def put(variables: Sequence[Any], values: Sequence[np.ndarray]) -> None:
    """Assign the values to the variables, in place: nothing is compiled again.

    Raises
    ------
    ValueError
        If the numbers or the shapes differ.
    """
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)


def take(model: keras.Model) -> State:
    """The model's and its optimizer's present state."""
    return State(copied(model.variables), copied(model.optimizer.variables), generators())


def put_state(model: keras.Model, state: State) -> None:
    """Put the model and its optimizer into a state that `take` returned."""
    put(model.variables, state.model)
    put(model.optimizer.variables, state.optimizer)
    put_generators(state.generators)


def new_optimizer(model: keras.Model) -> list[np.ndarray]:
    """The state of the model's optimizer before its first step, whatever steps it has made."""
    optimizer = model.optimizer
    if int(optimizer.iterations) == 0:
        return copied(optimizer.variables)
    twin = type(optimizer).from_config(optimizer.get_config())
    twin.build(model.trainable_variables)
    return copied(twin.variables)


def _copy(variable: Any) -> np.ndarray:
    array = np.array(keras.ops.convert_to_numpy(variable))
    # bfloat16 is none of NumPy's own types; float32 holds its values exactly.
    return array.astype(np.float32) if array.dtype.kind == "V" else array

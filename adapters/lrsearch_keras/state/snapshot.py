"""Copies of a model's and its optimizer's variables, put back in place."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import keras
import numpy as np

from lrsearch import State
from lrsearch_keras.state.generators import generators, put_generators

__all__ = ["copied", "inner", "new_optimizer", "put", "put_state", "take"]


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
    """Put the model and its optimizer into a state that `take` returned; empty parts stay."""
    if state.model:
        put(model.variables, state.model)
    if state.optimizer:
        put(model.optimizer.variables, state.optimizer)
    put_generators(state.generators)


def new_optimizer(model: keras.Model, average: bool = False) -> list[np.ndarray]:
    """The state of the model's optimizer before its first step, whatever steps it has made.

    Parameters
    ----------
    model : keras.Model
    average : bool
        Whether its last variables are an `Average`, which the first step overwrites.
    """
    optimizer = model.optimizer
    if int(optimizer.iterations) == 0:
        return copied(optimizer.variables)
    copy = type(optimizer).from_config(optimizer.get_config())
    copy.build(model.trainable_variables)
    values = copied(copy.variables)
    return values + copied(optimizer.variables[len(values) :])


def inner(optimizer: Any) -> Any:
    """The optimizer within a LossScaleOptimizer, which takes the steps; others are their own."""
    return getattr(optimizer, "inner_optimizer", optimizer)


def _copy(variable: Any) -> np.ndarray:
    array = np.array(keras.ops.convert_to_numpy(variable))
    # bfloat16 is none of NumPy's own types; float32 holds its values exactly.
    return array.astype(np.float32) if array.dtype.kind == "V" else array

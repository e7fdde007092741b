"""The state of a trainee: a copy of all that training changes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

__all__ = ["Arrays", "State", "check_state"]

Arrays = Sequence[Any]
"""Arrays in a fixed order: NumPy's, or what `numpy.asarray` makes one of."""


class State(NamedTuple):
    """A copy of all that training changes, in memory that no later training step writes to.

    A part that is empty was not copied, and is left as it is when the state is put back.

    Attributes
    ----------
    model : sequence of arrays
        Weights, batch statistics, random-generator states of the model.
    optimizer : sequence of arrays
        Moments, step counts, a loss scale. In some frameworks they come with the first step.
    generators : sequence of arrays
        The states of random generators outside the model.
    """

    model: Arrays
    optimizer: Arrays = ()
    generators: Arrays = ()


def check_state(state: Any, first: State | None = None) -> State:
    """A state that a trainee returned, or the error that says what is wrong with it.

    Parameters
    ----------
    state : State
        What it returned.
    first : State, optional
        The state that the run began from, of the same shapes.

    Raises
    ------
    TypeError
        If it is no `State`.
    ValueError
        If the model has another number of arrays than at first, or one has another shape.

    Examples
    --------
    >>> import numpy as np
    >>> first = State([np.zeros(3)])
    >>> check_state(State([np.ones(3), np.ones(1)]), first)
    Traceback (most recent call last):
    ValueError: the trainee's model had 1 array when the run began and has 2 now: ...
    """
    if not isinstance(state, State):
        raise TypeError(f"a trainee's state has to be a lrsearch.State, got {type(state).__name__}")
    if first is None:
        return state
    count = len(first.model)
    if len(state.model) != count:
        arrays = "1 array" if count == 1 else f"{count} arrays"
        raise ValueError(
            f"the trainee's model had {arrays} when the run began and has {len(state.model)} now: "
            "its variables have to be there from the beginning"
        )
    for index, (array, before) in enumerate(zip(state.model, first.model, strict=True)):
        if np.shape(array) != np.shape(before):
            raise ValueError(
                f"array {index} of the trainee's model had the shape {np.shape(before)} when the "
                f"run began and has {np.shape(array)} now"
            )
    return state

"""The initialisations that trials start from."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np

from lrsearch import State
from lrsearch_keras.state.generators import seed_generators
from lrsearch_keras.state.snapshot import copied, new_optimizer, take

__all__ = ["Inits", "drawn", "reseeded"]

Initial = str | Callable[[int], Any]
_KEPT = 8
_NOT_CLONABLE = (AttributeError, KeyError, NotImplementedError, TypeError, ValueError)


class Inits:
    """The state of each init, by its number: equal numbers give equal states.

    Init 0 is the state that the model is in when this is built. The others are drawn anew, each
    determined by its number and the seed; only what is trained is drawn, so that frozen layers
    and adapted statistics stay. A callable of the user's stands in for all of them.

    Parameters
    ----------
    model : keras.Model
        Built and compiled, its optimizer built.
    initial : {"same", "fresh"} or callable
        As in `LRExplorerCallback`.
    seed : int
        What the draws depend on beside their number.
    first : State, optional
        Init 0, where it is not the state that the model is in.
    average : bool
        Whether the optimizer's last variables are an `Average`.
    """

    def __init__(
        self,
        model: keras.Model,
        initial: Initial,
        seed: int,
        first: State | None = None,
        average: bool = False,
    ) -> None:
        self.model = model
        self.initial = initial
        self.seed = seed
        self.first = take(model) if first is None else first
        self.new_optimizer = new_optimizer(model, average)
        self._known: dict[int, list[np.ndarray]] = {}

    def state(self, number: int) -> State:
        """The state of an init.

        Raises
        ------
        ValueError
            If the model cannot be drawn anew, or the user's callable returned what does not fit.
        """
        if number == 0 and not callable(self.initial):
            return self.first
        if number not in self._known:
            if len(self._known) == _KEPT:
                del self._known[next(iter(self._known))]
            self._known[number] = self._weights(number)
        generators = seed_generators(random.Random(f"{self.seed}/{number}").getrandbits(32))
        return State(self._known[number], self.new_optimizer, generators)

    def _weights(self, number: int) -> list[np.ndarray]:
        if not callable(self.initial):
            return drawn(self.model, self.first.model, f"{self.seed}/{number}")
        given = self.initial(number)
        if isinstance(given, keras.Model):
            variables, values = self.model.variables, copied(given.variables)
        else:
            variables, values = self.model.weights, [np.asarray(value) for value in given]
        wanted = [tuple(variable.shape) for variable in variables]
        if [value.shape for value in values] != wanted:
            raise ValueError(
                f"initial({number}) has to return a model like this one, built, or its weights "
                f"as get_weights() orders them, {len(wanted)} arrays of shapes {wanted}; got "
                f"shapes {[value.shape for value in values]}"
            )
        by_variable = dict(zip(map(id, variables), values, strict=True))
        return [
            by_variable.get(id(variable), value)
            for variable, value in zip(self.model.variables, self.first.model, strict=True)
        ]


def drawn(model: keras.Model, base: Sequence[np.ndarray], seed: str) -> list[np.ndarray]:
    """Values for ``model.variables``: what is trained, and random-generator states, drawn anew.

    Parameters
    ----------
    model : keras.Model
        It is left as it is: copies of its layers are made, and initialise themselves.
    base : sequence of ndarray
        The values of all other variables.
    seed : str
        Equal seeds draw equal values.

    Raises
    ------
    ValueError
        If a trained variable belongs to a model or layer that cannot be built from its config.
    """
    with _seeded(seed):
        found = _fresh_values(model)
        for variable in model.variables:
            if _is_random_state(variable):
                state = np.array([random.randint(1, 10**9), 0])
                found.setdefault(id(variable), state)
    trained = {id(variable) for variable in model.trainable_variables}
    missing = [v.path for v in model.trainable_variables if id(v) not in found]
    if missing:
        raise ValueError(
            f"{type(model).__name__} cannot be initialised anew from its config, which leaves "
            f"{missing[0]} without a value. Pass initial=function to LRExplorerCallback, where "
            "function(init) builds and returns the model, or its weights, for that init; or give "
            "the class get_config() and from_config()"
        )
    return [
        found[id(variable)] if id(variable) in trained or _is_random_state(variable) else value
        for variable, value in zip(model.variables, base, strict=True)
    ]


def reseeded(config: Any) -> Any:
    """A layer's config with every fixed seed in it replaced by a draw from `random`.

    Examples
    --------
    >>> random.seed(1)
    >>> reseeded({"kernel_initializer": {"config": {"seed": 7, "scale": 2}}})
    {'kernel_initializer': {'config': {'seed': 144272510, 'scale': 2}}}
    """
    if isinstance(config, dict):
        return {
            key: random.randint(1, 10**9)
            if key == "seed" and isinstance(value, int)
            else reseeded(value)
            for key, value in config.items()
        }
    if isinstance(config, (list, tuple)):
        return type(config)(reseeded(value) for value in config)
    return config


def _fresh_values(layer: Any) -> dict[int, np.ndarray]:
    """New values by the id of their variable, from a copy of the layer or of those within it."""
    if not layer.variables:
        return {}
    values = _values_of_a_copy(layer)
    if values is not None:
        return dict(zip(map(id, layer.variables), values, strict=True))
    found: dict[int, np.ndarray] = {}
    for part in layer._flatten_layers(include_self=False, recursive=False):
        found.update(_fresh_values(part))
    return found


def _values_of_a_copy(layer: Any) -> list[np.ndarray] | None:
    """The variables of the layer's copy; None where it cannot be copied from its config."""
    try:
        copy = _copy_of(layer)
        if not copy.built:
            copy.build_from_config(layer.get_build_config())
        values = copied(copy.variables)
    except _NOT_CLONABLE:
        return None
    fits = [value.shape for value in values] == [tuple(v.shape) for v in layer.variables]
    return values if fits else None


def _copy_of(layer: Any) -> Any:
    return type(layer).from_config(reseeded(layer.get_config()))


def _is_random_state(variable: Any) -> bool:
    return variable.path.rpartition("/")[2] == "seed_generator_state"


@contextmanager
def _seeded(seed: str) -> Iterator[None]:
    """Seed Python's `random`, where Keras gets default seeds from, and put its state back."""
    before = random.getstate()
    random.seed(seed)
    try:
        yield
    finally:
        random.setstate(before)

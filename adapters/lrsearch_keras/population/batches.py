"""Arrays of examples on the device, and the batches that they are cut into (JAX backend)."""

from __future__ import annotations

from numbers import Number
from typing import Any

import keras
import numpy as np

__all__ = ["batches", "described", "length", "on_device", "rows_of"]

_NAMES = ("x", "y", "sample_weight")


def batches(order: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Row numbers of the full batches, shape (batches, size), and of the last, smaller one."""
    order = order.astype(np.int32)
    full = len(order) // size * size
    return order[:full].reshape(-1, size), order[full:]


def rows_of(data: Any, rows: Any) -> Any:
    """Those examples of each array."""
    return keras.tree.map_structure(lambda a: None if a is None else a[rows], data)


def length(data: Any) -> int:
    """The number of examples."""
    return int(keras.tree.flatten(data)[0].shape[0])


def described(data: tuple[Any, ...]) -> str:
    """The parts with their types and shapes.

    Examples
    --------
    >>> described((np.zeros((8, 3)),))
    'x: float64 (8, 3), no y'
    """
    found = []
    for name, part in zip(_NAMES, [*data, *[None] * (2 - len(data))], strict=False):
        shapes = [f"{a.dtype} {a.shape}" for a in keras.tree.flatten(part) if a is not None]
        found.append(f"{name}: {' and '.join(shapes)}" if shapes else f"no {name}")
    return ", ".join(found)


def on_device(data: Any, owner: str = "") -> tuple[Any, int]:
    """The parts that are there, as arrays of the device, and their number of examples.

    Parameters
    ----------
    data : tuple
        x, y and sample_weight, as far as they are there: arrays, lists of numbers, or nests of
        them. x alone need not be in a tuple.
    owner : str
        The argument that they are parts of, for messages.

    Raises
    ------
    TypeError
        If one is no array.
    ValueError
        If the numbers of examples differ, or there are none, or the parts are more than three.
    """
    import jax.numpy as jnp

    data = tuple(data) if isinstance(data, (list, tuple)) else (data,)
    if len(data) > len(_NAMES):
        raise ValueError(
            f"{owner} has to be (x, y) or (x, y, sample_weight), got {len(data)} parts"
        )
    while len(data) > 1 and data[-1] is None:
        data = data[:-1]
    names = [f"{owner}: {name}" if owner else name for name in _NAMES[: len(data)]]

    def placed(array: np.ndarray) -> Any:
        floating = np.issubdtype(array.dtype, np.floating)
        return jnp.asarray(array, dtype=keras.config.floatx() if floating else None)

    arrays = tuple(
        None if part is None and index else keras.tree.map_structure(placed, _arrays(part, name))
        for index, (part, name) in enumerate(zip(data, names, strict=True))
    )
    leaves = [array for array in keras.tree.flatten(arrays) if array is not None]
    lengths = [int(array.shape[0]) if array.ndim else 0 for array in leaves]
    if len(set(lengths)) != 1 or not max(lengths):
        raise ValueError(
            f"{', '.join(names)} need equal numbers of examples, at least one, got {lengths}"
        )
    return arrays, lengths[0]


def _arrays(part: Any, name: str) -> Any:
    """The same nest with NumPy's arrays in it, lists of numbers made one."""

    def listed(node: Any) -> Any:
        if not isinstance(node, (list, tuple)):
            return None
        if not all(isinstance(leaf, Number) for leaf in keras.tree.flatten(node)):
            return None
        try:
            return np.asarray(node)
        except ValueError as error:
            raise ValueError(f"{name} has lists of unequal lengths: {error}") from error

    def array(leaf: Any) -> np.ndarray:
        if not hasattr(leaf, "__array__"):
            raise TypeError(
                f"{name} has to be an array or a nest of arrays, got {type(leaf).__name__}: "
                "gather its examples in arrays, or train by model.fit with LRExplorerCallback, "
                "which takes data sets and generators"
            )
        found = np.asarray(leaf)
        if found.dtype.kind not in "biufcV":
            raise TypeError(
                f"{name} has to hold numbers, got an array of {found.dtype}: encode it before"
            )
        return found

    return keras.tree.map_structure(array, keras.tree.traverse(listed, part))

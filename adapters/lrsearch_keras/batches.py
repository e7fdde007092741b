"""Arrays of examples on the device, and the batches that they are cut into (JAX backend)."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

__all__ = ["batches", "length", "on_device", "rows_of"]


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


def on_device(data: tuple[Any, ...], name: str) -> tuple[Any, int]:
    """The parts that are there, as arrays of the device, and their number of examples.

    Raises
    ------
    ValueError
        If the numbers of examples differ, or there are none.
    """
    import jax.numpy as jnp

    while len(data) > 1 and data[-1] is None:
        data = data[:-1]

    def placed(array: Any) -> Any:
        array = np.asarray(array)
        floating = np.issubdtype(array.dtype, np.floating)
        return jnp.asarray(array, dtype=keras.config.floatx() if floating else None)

    arrays = tuple(
        None if part is None else keras.tree.map_structure(placed, part) for part in data
    )
    leaves = [array for array in keras.tree.flatten(arrays) if array is not None]
    lengths = {int(array.shape[0]) if array.ndim else 0 for array in leaves}
    if len(lengths) != 1 or not max(lengths):
        raise ValueError(
            f"{name} need equal numbers of examples, at least one, got {sorted(lengths)}"
        )
    return arrays, lengths.pop()

"""How many members of a population a device has room for (JAX backend)."""

from __future__ import annotations

import math
from typing import Any

__all__ = ["MOST", "bytes_a_member", "free_bytes", "members_that_fit"]

MOST = 30
"""Members beyond which nothing is won by training them side by side."""

SHARE = 0.5
"""Of the free memory; batched by ``vmap``, a convolution may need more than so many single ones."""


def members_that_fit(free: float, one: float) -> int:
    """How many members fit into memory, from 1 to `MOST`.

    Parameters
    ----------
    free : float
        Free bytes.
    one : float
        Bytes that one member takes while it is trained; infinite where nothing tells.

    Examples
    --------
    >>> members_that_fit(80e9, 1e9), members_that_fit(10e9, 1e9), members_that_fit(1e9, 1e9)
    (30, 5, 1)
    >>> members_that_fit(80e9, float("inf"))
    1
    """
    return int(max(1, min(MOST, SHARE * free // one)))


def free_bytes(device: Any) -> int:
    """Bytes that a JAX device has left; 0 where it does not tell, as a CPU does not."""
    stats = device.memory_stats() or {}
    return max(0, stats.get("bytes_limit", 0) - stats.get("bytes_in_use", 0))


def bytes_a_member(program: Any, own: int) -> float:
    """Bytes that a member takes in training, by XLA's account of the program for one.

    That is what the program makes in passing (activations, gradients, new moments), and the
    member twice: as it was handed in, and stacked with the others.

    Parameters
    ----------
    program : jax.stages.Compiled
        An epoch of one member.
    own : int
        Bytes of the member and of what is handed in with it, the data left out: members share
        them.

    Returns
    -------
    float
        Infinite where the device's compiler keeps no account.
    """
    analysis = program.memory_analysis()
    return math.inf if analysis is None else float(analysis.temp_size_in_bytes + 2 * own)

"""The random generators of Python, NumPy and PyTorch."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch

from lrsearch_torch.state.tree import pack, unpack

__all__ = ["generators", "put_generators", "seeded"]


def generators(devices: Sequence[torch.device] = (), own: Sequence[torch.Generator] = ()) -> list:
    """The states of the global generators, of those of CUDA devices, and of the caller's own.

    Parameters
    ----------
    devices : sequence of torch.device
        CUDA devices that are trained on.
    own : sequence of torch.Generator
        Generators that are no global ones.

    Examples
    --------
    >>> states = generators()
    >>> drawn = torch.rand(()), random.random(), np.random.rand()
    >>> put_generators(states)
    >>> (torch.rand(()), random.random(), np.random.rand()) == drawn
    True
    """
    return pack(
        {
            "python": random.getstate(),
            "numpy": np.random.get_state(legacy=False),  # noqa: NPY002
            "torch": torch.get_rng_state(),
            "cuda": [torch.cuda.get_rng_state(device) for device in devices],
            "own": [generator.get_state() for generator in own],
        }
    )


def put_generators(
    states: Sequence[Any],
    devices: Sequence[torch.device] = (),
    own: Sequence[torch.Generator] = (),
) -> None:
    """Put the generators into states that `generators` returned."""
    tree = unpack(states)
    random.setstate(tree["python"])
    np.random.set_state(tree["numpy"])  # noqa: NPY002
    torch.set_rng_state(tree["torch"])
    for device, state in zip(devices, tree["cuda"], strict=False):
        torch.cuda.set_rng_state(state, device)
    for generator, state in zip(own, tree["own"], strict=False):
        generator.set_state(state)


@contextmanager
def seeded(
    seed: int, devices: Sequence[torch.device] = (), own: Sequence[torch.Generator] = ()
) -> Iterator[None]:
    """Seed them all; afterwards they are where they were before."""
    before = generators(devices, own)
    random.seed(seed)
    np.random.seed(seed % 2**32)  # noqa: NPY002
    torch.manual_seed(seed)
    for generator in own:
        generator.manual_seed(seed)
    try:
        yield
    finally:
        put_generators(before, devices, own)

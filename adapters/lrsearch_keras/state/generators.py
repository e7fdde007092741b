"""PyTorch's global random generators, which Keras draws dropout and shuffling from there.

The other backends draw from variables of the model, and nothing is kept here.
"""

from __future__ import annotations

from collections.abc import Sequence

import keras
import numpy as np

__all__ = ["generators", "put_generators", "seed_generators"]


def generators() -> tuple[np.ndarray, ...]:
    """The states of the processor's and each accelerator's generator; none but on PyTorch."""
    if keras.backend.backend() != "torch":
        return ()
    import torch

    states = [torch.get_rng_state(), *torch.cuda.get_rng_state_all()]
    return tuple(np.array(state.numpy()) for state in states)


def put_generators(states: Sequence[np.ndarray]) -> None:
    """Put the generators into states that `generators` returned."""
    if not states:
        return
    import torch

    torch.set_rng_state(torch.from_numpy(np.array(states[0])))
    torch.cuda.set_rng_state_all([torch.from_numpy(np.array(state)) for state in states[1:]])


def seed_generators(seed: int) -> tuple[np.ndarray, ...]:
    """The states that a seed gives; the generators themselves are left as they are."""
    before = generators()
    if not before:
        return ()
    import torch

    torch.manual_seed(seed)
    seeded = generators()
    put_generators(before)
    return seeded

"""Copies of tensors, on the host or where the tensors are."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import torch

__all__ = ["Copy", "Copying", "tensor_of"]

Copying = Literal["host", "device"]
"""Where states are kept: in the host's memory, or on the device of each tensor."""


class Copy:
    """A copy of a tensor, which `numpy.asarray` makes an array of, wherever it is.

    Number types that NumPy lacks, bfloat16 say, become float32, which holds their values exactly.

    Examples
    --------
    >>> weight = torch.ones(2, dtype=torch.bfloat16)
    >>> kept = Copy(weight)
    >>> weight += 1
    >>> np.asarray(kept)
    array([1., 1.], dtype=float32)
    """

    def __init__(self, tensor: torch.Tensor, copying: Copying = "host") -> None:
        tensor = tensor.detach()
        on_device = copying == "device" or tensor.device.type == "cpu"
        self.tensor = tensor.clone() if on_device else tensor.cpu()

    @property
    def shape(self) -> tuple[int, ...]:
        """The tensor's shape."""
        return tuple(self.tensor.shape)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        tensor = self.tensor.cpu()
        try:
            array = tensor.numpy()
        except TypeError:
            array = tensor.float().numpy()
        array = array.copy() if copy else array
        return array if dtype is None else array.astype(dtype, copy=False)


def tensor_of(value: Any) -> torch.Tensor:
    """The tensor of a copy, or of an array out of a file."""
    if isinstance(value, Copy):
        return value.tensor
    return torch.from_numpy(np.array(value))

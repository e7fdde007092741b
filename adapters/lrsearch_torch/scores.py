"""Scores as PyTorch gives them: tensors, with a gradient, on any device."""

from __future__ import annotations

from typing import Any

import torch

__all__ = ["score_of"]


def score_of(value: Any) -> Any:
    """The number in a tensor of one element; what is no tensor is left as it is.

    Raises
    ------
    ValueError
        If it has none, or several.

    Examples
    --------
    >>> score_of(torch.ones(1, 1, requires_grad=True) / 2)
    0.5
    >>> score_of(torch.ones(3))
    Traceback (most recent call last):
    ValueError: a score has to be one number, got a tensor of shape (3,): report its mean(), say
    """
    if not isinstance(value, torch.Tensor):
        return value
    if value.numel() != 1:
        raise ValueError(
            f"a score has to be one number, got a tensor of shape {tuple(value.shape)}: report its "
            "mean(), say"
        )
    return value.detach().item()

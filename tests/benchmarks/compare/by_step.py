"""Schedules that move with every step: the rate, in parts of its peak, at a point of a training."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

__all__ = ["Shape", "constant", "cosine", "linear", "one_cycle", "rates", "warmed", "warmup"]

Shape = Callable[[np.ndarray, float], np.ndarray]
"""``shape(at, epochs)``: the rate in parts of its peak, `at` in epochs since the start."""


def warmup(epochs: float) -> float:
    """Epochs of linear warm-up: a tenth of all, five at the most."""
    return min(5.0, epochs / 10)


def constant(at: np.ndarray, epochs: float) -> np.ndarray:
    """The peak at every step."""
    return np.ones_like(at)


def warmed(at: np.ndarray, epochs: float) -> np.ndarray:
    """The peak, after a linear warm-up of one epoch."""
    return np.minimum(1.0, at)


def cosine(at: np.ndarray, epochs: float) -> np.ndarray:
    """Linear warm-up, then half a cosine to zero."""
    return _warm(at, epochs) * (1 + np.cos(np.pi * _progress(at, epochs))) / 2


def linear(at: np.ndarray, epochs: float) -> np.ndarray:
    """Linear warm-up, then a straight line to zero."""
    return _warm(at, epochs) * (1 - _progress(at, epochs))


def one_cycle(at: np.ndarray, epochs: float) -> np.ndarray:
    """From a 25th up in three tenths, then down to almost nothing, each by half a cosine.

    The defaults of PyTorch's OneCycleLR (L. N. Smith and N. Topin, "Super-convergence", 2018,
    arXiv:1708.07120); momentum is not cycled.
    """
    up, low, last = 0.3 * epochs, 1 / 25, 1 / 25e4
    rising = low + (1 - low) * (1 - np.cos(np.pi * np.minimum(at / up, 1))) / 2
    falling = np.clip((at - up) / (epochs - up), 0, 1)
    return np.where(at < up, rising, last + (1 - last) * (1 + np.cos(np.pi * falling)) / 2)


def rates(shape: Shape, peak: float, epochs: float, epoch: int, steps: int) -> np.ndarray:
    """The rate of each step of an epoch, counted from 0.

    Examples
    --------
    >>> rates(linear, 0.1, 20, epoch=1, steps=4).round(3)
    array([0.056, 0.069, 0.081, 0.094])
    """
    return peak * shape(epoch + (np.arange(steps) + 0.5) / steps, epochs)


def _warm(at: np.ndarray, epochs: float) -> np.ndarray:
    return np.minimum(1.0, at / warmup(epochs))


def _progress(at: np.ndarray, epochs: float) -> np.ndarray:
    return np.clip((at - warmup(epochs)) / (epochs - warmup(epochs)), 0, 1)

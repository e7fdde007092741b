"""The running average of a model's weights, over the steps of about one epoch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import torch
from torch import nn
from torch.nn.modules.batchnorm import _NormBase
from torch.optim.swa_utils import get_ema_multi_avg_fn

from lrsearch.training.average import early_span

__all__ = ["Average", "averaged"]

_PARTS = 32
"""An epoch is averaged over so many of its steps: those between differ little."""


class Average:
    """The running average of weights over the steps of about one epoch.

    How many steps an epoch has is what the epoch before had; in the first epochs the average is
    over the last quarter of the steps so far. Weights of less than 32 bits are averaged in float32.

    Parameters
    ----------
    live : sequence of tensors
        The weights, which an optimizer writes to.

    Examples
    --------
    >>> weight = torch.zeros(1)
    >>> average = Average([weight])
    >>> for _ in range(3):
    ...     weight += 1
    ...     average.step()
    >>> average.swap()
    >>> weight
    tensor([2.6000])
    """

    def __init__(self, live: Iterable[torch.Tensor]) -> None:
        self.live = list(live)
        self._tensors = [_kept(tensor.detach()) for tensor in self.live]
        self._kinds = _by_kind(self._tensors, self.live)
        self._steps = 0
        self._last = 0
        self._begun = 0
        self._epoch: int | None = None

    def begin_epoch(self) -> None:
        """Another epoch begins, about as long as the one before."""
        if self._steps > self._begun:
            self._epoch = self._steps - self._begun
        self._begun = self._steps

    @torch.no_grad()
    def step(self) -> None:
        """Take in the weights after a step, or leave them to a later one."""
        self._steps += 1
        stretch = self._steps - self._last
        span = early_span(self._steps, stretch)
        if self._epoch is not None:
            span = min(span, self._epoch)
        if stretch < span // _PARTS:
            return
        self._last = self._steps
        blend = get_ema_multi_avg_fn(1 - min(1.0, stretch / span))
        for kept, live in self._kinds:
            same = live[0].dtype == kept[0].dtype
            blend(kept, live if same else [tensor.to(kept[0].dtype) for tensor in live], 0)

    @torch.no_grad()
    def swap(self) -> None:
        """Exchange the weights and their average; before the first step there is none."""
        if self._steps == 0:
            return
        for live, kept in zip(self.live, self._tensors, strict=True):
            before = live.detach().clone()
            live.copy_(kept)
            kept.copy_(before)

    def taken(self) -> dict[str, Any]:
        """Its state; the tensors are its own, not copied."""
        return {
            "steps": self._steps,
            "last": self._last,
            "begun": self._begun,
            "epoch": self._epoch,
            "tensors": self._tensors if self._steps else [],
        }

    @torch.no_grad()
    def put(self, state: Mapping[str, Any]) -> None:
        """Put it into a state that `taken` returned."""
        self._steps, self._last = state["steps"], state["last"]
        self._begun, self._epoch = state["begun"], state["epoch"]
        for kept, value in zip(self._tensors, state["tensors"], strict=self._steps > 0):
            kept.copy_(value)


NEW: dict[str, Any] = {"steps": 0, "last": 0, "begun": 0, "epoch": None, "tensors": []}
"""The state of an average before the first step."""


def averaged(model: nn.Module, trained: Iterable[torch.Tensor]) -> list[torch.Tensor]:
    """What is averaged: the weights that are trained, and the statistics that belong to them."""
    statistics = [
        buffer
        for module in model.modules()
        if isinstance(module, _NormBase)
        for buffer in module.buffers(recurse=False)
    ]
    weights = {id(tensor): tensor for tensor in (*trained, *statistics)}
    return [tensor for tensor in weights.values() if tensor.is_floating_point()]


def _kept(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.float() if tensor.dtype.itemsize < 4 else tensor.clone()


def _by_kind(
    kept: list[torch.Tensor], live: list[torch.Tensor]
) -> list[tuple[list[torch.Tensor], list[torch.Tensor]]]:
    """Both lists in parts of one type and device, as the foreach kernels take them at once."""
    groups: dict[Any, tuple[list[torch.Tensor], list[torch.Tensor]]] = {}
    for one, other in zip(kept, live, strict=True):
        part = groups.setdefault((other.dtype, one.device), ([], []))
        part[0].append(one)
        part[1].append(other)
    return list(groups.values())

"""Whether a model and its optimizers can be explored with."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import nn
from torch.nn.parameter import UninitializedParameter
from torch.optim import Optimizer

from lrsearch.training import warn

__all__ = ["check_model", "check_no_scheduler", "check_optimizers", "check_rate"]


def check_optimizers(given: Any) -> list[Optimizer]:
    """The optimizers, which have a learning rate each, set by nothing else.

    Raises
    ------
    TypeError, ValueError
        It says which has none, or what sets it.

    Examples
    --------
    >>> check_optimizers(torch.nn.Linear(2, 1))
    Traceback (most recent call last):
    TypeError: optimizer has to be a torch.optim.Optimizer or a list of them, got Linear
    """
    optimizers = [_inner(one) for one in (given if isinstance(given, Sequence) else [given])]
    for optimizer in optimizers:
        if not isinstance(optimizer, Optimizer):
            raise TypeError(
                "optimizer has to be a torch.optim.Optimizer or a list of them, got "
                f"{type(optimizer).__name__}"
            )
    if not optimizers:
        raise ValueError("optimizer has to be a torch.optim.Optimizer or a list of them, got none")
    for optimizer in optimizers:
        name = type(optimizer).__name__
        for group in optimizer.param_groups:
            if not _is_rate(group.get("lr")):
                raise ValueError(
                    f"{name} has no learning rate that could be set: a group's 'lr' has to be a "
                    f"number, got {group.get('lr')!r}"
                )
        check_no_scheduler(optimizer)
    if float(optimizers[0].param_groups[0]["lr"]) <= 0:
        raise ValueError(
            "the first group's learning rate is 0, and all others keep their ratios to it: build "
            "the optimizer with the rate that you would use, and put frozen groups last"
        )
    return optimizers


def check_no_scheduler(optimizer: Optimizer) -> None:
    """Raise where an LRScheduler was made for an optimizer.

    Raises
    ------
    ValueError
        It says what to do with the schedule.
    """
    if hasattr(optimizer.step, "_wrapped_by_lr_sched"):
        raise ValueError(
            f"an LRScheduler sets the rate of {type(optimizer).__name__}, {_LEAVE_OUT}"
        )


def check_rate(trained: float, rate: float) -> None:
    """Raise where an epoch was not trained at the rate that was set for it.

    Raises
    ------
    ValueError
        It names what does this.
    """
    if not math.isclose(trained, rate, rel_tol=1e-6):
        raise ValueError(
            f"the rate was set to {rate:.4g}, and something else has set {trained:.4g}, an "
            f"LRScheduler most likely, {_LEAVE_OUT}"
        )


_LEAVE_OUT = (
    "and so does Explorer: leave the LRScheduler out, or give its schedule to the second phase, "
    "exploit=Exploit(..., schedule=...)"
)


def check_model(model: Any, optimizers: Sequence[Optimizer]) -> None:
    """Raise where a model cannot be copied whole; warn of what no optimizer trains.

    Raises
    ------
    TypeError, ValueError
        It names what is missing.
    """
    if not isinstance(model, nn.Module):
        raise TypeError(f"model has to be a torch.nn.Module, got {type(model).__name__}")
    named = dict(model.named_parameters())
    lazy = [name for name, value in named.items() if isinstance(value, UninitializedParameter)]
    if lazy:
        raise ValueError(
            f"{lazy[0]} has no shape yet: call the model on one batch before the Explorer"
        )
    if any(hasattr(p, "placements") or hasattr(p, "_is_flat_param") for p in named.values()):
        raise ValueError(
            "the model's parameters are shards (FSDP, or tensor parallel), and rank 0 would have "
            "to hold them whole: wrap the model in DistributedDataParallel, or search with one "
            "process"
        )
    own = {id(parameter) for parameter in named.values()}
    trained = {
        id(p): p for opt in optimizers for group in opt.param_groups for p in group["params"]
    }
    strange = [value for key, value in trained.items() if key not in own]
    if strange:
        raise ValueError(
            f"the optimizer trains {_count(strange)} that the model does not have, the first of "
            f"shape {tuple(strange[0].shape)}: pass a module that holds all that is trained, "
            "torch.nn.ModuleList([model, loss]), say"
        )
    left = [name for name, p in named.items() if p.requires_grad and id(p) not in trained]
    if left:
        warn(
            f"no optimizer has the model's {', '.join(left[:3])}"
            f"{f' and {len(left) - 3} more' if len(left) > 3 else ''}: they stay as they are. "
            "Pass the optimizer all parameters, or call requires_grad_(False) on these"
        )


def _inner(optimizer: Any) -> Any:
    """The optimizer within a wrapper that is one itself, as accelerate's is."""
    within = getattr(optimizer, "optimizer", None)
    return within if isinstance(within, Optimizer) else optimizer


def _is_rate(rate: Any) -> bool:
    if isinstance(rate, torch.Tensor):
        return rate.numel() == 1
    return isinstance(rate, (int, float)) and not isinstance(rate, bool) and math.isfinite(rate)


def _count(parts: Sequence[Any]) -> str:
    return "1 parameter" if len(parts) == 1 else f"{len(parts)} parameters"

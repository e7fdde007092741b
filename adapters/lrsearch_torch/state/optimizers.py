"""Optimizers: their moments and their groups' options, put back in place."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

import torch
from torch.optim import Optimizer

__all__ = ["new_states", "put_optimizer", "taken"]


def taken(optimizer: Optimizer) -> dict[str, Any]:
    """The options of an optimizer's groups, and what it keeps of each parameter.

    The parts are the optimizer's own, not copied.
    """
    return {
        "groups": [_options(group) for group in optimizer.param_groups],
        "state": [optimizer.state.get(parameter, {}) for parameter in _parameters(optimizer)],
    }


def put_optimizer(optimizer: Optimizer, state: Mapping[str, Any]) -> None:
    """Put an optimizer into a state that `taken` returned; tensors are written to in place.

    Groups that it was given since then are left as they are.
    """
    for group, options in zip(optimizer.param_groups, state["groups"], strict=False):
        _update(group, options, None)
    for parameter, kept in zip(_parameters(optimizer), state["state"], strict=False):
        if not kept:
            optimizer.state.pop(parameter, None)
            continue
        own = optimizer.state[parameter]
        for name in own.keys() - kept.keys():
            del own[name]
        _update(own, kept, parameter)


def new_states(optimizer: Optimizer) -> dict[str, Any]:
    """Its state before its first step, whatever steps it has made."""
    state = taken(optimizer)
    if any(_steps(kept) for kept in state["state"]):
        state["state"] = _built_anew(optimizer)
    return state


def _built_anew(optimizer: Optimizer) -> list[dict[str, Any]]:
    """What another optimizer of the same class keeps of each parameter from the beginning."""
    kind = type(optimizer)
    known = inspect.signature(kind.__init__).parameters
    options = {name: value for name, value in optimizer.defaults.items() if name in known}
    groups = [
        {name: value for name, value in group.items() if name != "initial_lr"}
        for group in optimizer.param_groups
    ]
    try:
        other = kind(groups, **options)
    except (TypeError, ValueError):  # built from something else than its groups and defaults
        return [{} for _ in _parameters(optimizer)]
    return [dict(other.state.get(parameter, {})) for parameter in _parameters(other)]


def _steps(kept: Mapping[str, Any]) -> bool:
    """Whether a parameter's entry tells of a step."""
    return bool(kept) and float(kept.get("step", 1)) > 0


def _options(group: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in group.items() if name not in ("params", "param_names")}


def _parameters(optimizer: Optimizer) -> list[torch.Tensor]:
    return [parameter for group in optimizer.param_groups for parameter in group["params"]]


@torch.no_grad()
def _update(own: dict[str, Any], kept: Mapping[str, Any], parameter: torch.Tensor | None) -> None:
    for name, value in kept.items():
        before = own.get(name)
        if (
            isinstance(value, torch.Tensor)
            and isinstance(before, torch.Tensor)
            and (before.shape, before.dtype) == (value.shape, value.dtype)
        ):
            before.copy_(value)
        else:
            own[name] = _own(value, parameter)


def _own(value: Any, parameter: torch.Tensor | None) -> Any:
    """A value of the optimizer's own; tensors where the parameter is, but for counts of steps."""
    if isinstance(value, torch.Tensor):
        counts = value.ndim == 0 and value.device.type == "cpu"
        there = parameter is None or counts
        return value.clone() if there else value.to(parameter.device, copy=True)
    if isinstance(value, dict):
        return {key: _own(part, parameter) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(_own(part, parameter) for part in value)
    return value

"""A PyTorch model with its optimizers, as `lrsearch.Explorer` sees it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_model, save_model
from torch import nn
from torch.optim import Optimizer

from lrsearch import State, Trainee
from lrsearch_torch.checks import check_model, check_optimizers
from lrsearch_torch.state import (
    Average,
    Copy,
    Copying,
    Inits,
    generators,
    new_states,
    pack,
    put_generators,
    put_optimizer,
    seeded,
    taken,
    tensor_of,
    unpack,
)
from lrsearch_torch.state.average import NEW, averaged

__all__ = ["TorchTrainee", "inner"]


class TorchTrainee(Trainee):
    """A model and what it is trained by.

    The model's part of a state are its parameters and buffers; the optimizers' part is what they
    keep of each parameter, the options of their groups, a gradient scaler and the average; and the
    generators are those of Python, NumPy, PyTorch and the CUDA devices of the model.

    Parameters
    ----------
    model : nn.Module
        What is trained; it may be compiled, or wrapped in `DistributedDataParallel`.
    optimizer : Optimizer or sequence of Optimizer
        What trains it. The learning rate is that of the first group of the first one; all others
        keep their ratios to it.
    scaler : torch.amp.GradScaler, optional
        The gradient scaler, if there is one.
    initial, seed
        As for `lrsearch_torch.Explorer`.
    states : {"host", "device"}
        Where copies are kept: in the host's memory, or where the tensors are.
    generators : sequence of torch.Generator
        Generators of the caller's own, of a DataLoader, say.

    Examples
    --------
    >>> model = nn.Linear(2, 1)
    >>> trainee = TorchTrainee(model, torch.optim.AdamW(model.parameters(), lr=0.001))
    >>> trainee.rate = 0.01
    >>> trainee.optimizers[0].param_groups[0]["lr"]
    0.01
    """

    weights_file = "best.safetensors"

    def __init__(
        self,
        model: nn.Module,
        optimizer: Optimizer | Sequence[Optimizer],
        *,
        scaler: Any = None,
        initial: str | Callable[[int], Any] = "same",
        seed: int = 0,
        states: Copying = "host",
        generators: Sequence[torch.Generator] = (),
    ) -> None:
        self.model = inner(model)
        self.optimizers = check_optimizers(optimizer)
        check_model(self.model, self.optimizers)
        if states not in ("host", "device"):
            raise ValueError(f'states has to be "host" or "device", got {states!r}')
        self.scaler = scaler
        self.states = states
        self._generators = list(generators)
        self._average: Average | None = None
        self._hook: Any = None
        self._parameters = [parameter for group in self._groups for parameter in group["params"]]
        first = float(self._groups[0]["lr"])
        self._ratios = [float(group["lr"]) / first for group in self._groups]
        self._inits = Inits(self.model, self.trained, initial, seed)
        self._names = list(self._named())
        self._new_optimizer = self._packed([new_states(opt) for opt in self.optimizers], NEW)

    # The rate ---------------------------------------------------------------------------------

    @property
    def rate(self) -> float:  # type: ignore[override]
        """The learning rate of the first group."""
        return float(self._groups[0]["lr"])

    @rate.setter
    def rate(self, rate: float) -> None:
        for group, ratio in zip(self._groups, self._ratios, strict=False):  # `check` tells of more
            if isinstance(group["lr"], torch.Tensor):
                group["lr"].fill_(rate * ratio)
            else:
                group["lr"] = rate * ratio

    # States -----------------------------------------------------------------------------------

    @property
    def trained(self) -> list[nn.Parameter]:
        """The parameters that the optimizers had when this was made."""
        return self._parameters

    @property
    def devices(self) -> list[torch.device]:
        """The CUDA devices of the model."""
        devices = {tensor.device for tensor in self._tensors()}
        return sorted((d for d in devices if d.type == "cuda"), key=lambda d: d.index or 0)

    def take(self) -> State:
        optimizers = [taken(optimizer) for optimizer in self.optimizers]
        average = NEW if self._average is None else self._average.taken()
        return State(self.weights(), self._packed(optimizers, average), self.generators())

    @torch.no_grad()
    def put(self, state: State) -> None:
        """Put a state back in place; gradients that were accumulated are dropped."""
        if state.model:
            for tensor, value in zip(self._tensors(), state.model, strict=True):
                tensor.copy_(tensor_of(value))
        if state.optimizer:
            self._put_optimizer(unpack(state.optimizer))
        if state.generators:
            put_generators(state.generators, self.devices, self._generators)
        self._drop_gradients()

    def initial(self, init: int, first: State) -> State:
        if init == 0 and not callable(self._inits.initial):
            return first
        before = self.weights()
        with self._seeded(init):
            drawn = self.generators()
            try:
                self._inits.draw(init)
                weights = self.weights()
            finally:
                self.put(State(before))
        trained = {id(parameter) for parameter in self.trained}
        if not callable(self._inits.initial):
            weights = [
                value if id(tensor) in trained else known
                for tensor, value, known in zip(self._tensors(), weights, first.model, strict=True)
            ]
        return State(weights, self.new_optimizer(), drawn)

    def new_optimizer(self) -> list[Any]:
        return self._new_optimizer

    def weights(self) -> list[Copy]:
        return [Copy(tensor, self.states) for tensor in self._tensors()]

    def generators(self) -> list[Any]:
        """The generators' part of the state."""
        return generators(self.devices, self._generators)

    def generators_of(self, init: int, rank: int = 0) -> list[Any]:
        """The generators' part of the state of an init, of one process of several."""
        with self._seeded(init, rank):
            return self.generators()

    def leaving_generators(self, function: Callable[[], Any]) -> Callable[[], Any]:
        """A function after which the generators are where they were before it."""

        def left() -> Any:
            before = self.generators()
            try:
                return function()
            finally:
                put_generators(before, self.devices, self._generators)

        return left

    def check(self) -> None:
        """Raise where there are other parameters than those that a state has.

        Raises
        ------
        ValueError
            It names some.
        """
        known = {id(tensor) for tensor in self.trained}
        strange = [p for group in self._groups for p in group["params"] if id(p) not in known]
        names = [name for name in self._named() if name not in self._names]
        names += [f"one of shape {tuple(parameter.shape)}" for parameter in strange]
        if names or len(self._groups) != len(self._ratios):
            raise ValueError(
                f"parameters were added after the first epoch had begun ({', '.join(names[:3])}): "
                "give the model and its optimizers all of theirs before the Explorer is made"
            )

    def begin_epoch(self) -> None:
        """Begin without the gradients that were accumulated and led to no step."""
        self.check()
        self._drop_gradients()
        if self._average is not None:
            self._average.begin_epoch()

    # The average ------------------------------------------------------------------------------

    def keep_average(self) -> bool:
        """Take the weights in after the steps of the first optimizer."""
        if self._average is None:
            self._average = Average(averaged(self.model, self.trained))
            self._hook = self.optimizers[0].register_step_post_hook(self._after_step)
        return True

    def swap_average(self) -> None:
        if self._average is not None:
            self._average.swap()

    def drop_average(self) -> None:
        if self._average is not None:
            self._hook.remove()
            self._average = self._hook = None

    def _after_step(self, *_: Any) -> None:
        if self._average is not None:
            self._average.step()

    # What it is -------------------------------------------------------------------------------

    def identity(self) -> dict[str, Any]:
        """Its modules, its tensors' shapes and types, its optimizers and their options."""
        modules = dict(self.model.named_modules())
        return {
            "model": {name or "itself": _described(part) for name, part in modules.items()},
            "modules": len(modules),
            "tensors": [[list(t.shape), str(t.dtype)] for t in self._tensors()],
            "optimizers": [type(optimizer).__name__ for optimizer in self.optimizers],
            "groups": [_options(group) for group in self._groups],
        }

    def write_weights(self, path: Path) -> None:
        """Write the model's ``state_dict()``, for `safetensors.torch.load_model`."""
        try:
            save_model(self.model, str(path))
        except SafetensorError as error:  # the disk is full, say
            raise OSError(str(error)) from error

    def read_weights(self, path: Path) -> None:
        load_model(self.model, path)

    # Inside -----------------------------------------------------------------------------------

    @property
    def _groups(self) -> list[dict[str, Any]]:
        """The groups that there are: an optimizer makes new ones when it loads a state."""
        return [group for optimizer in self.optimizers for group in optimizer.param_groups]

    def _seeded(self, init: int, rank: int = 0) -> Any:
        return seeded(self._inits.number(init) + rank, self.devices, self._generators)

    def _drop_gradients(self) -> None:
        for parameter in self.trained:
            parameter.grad = None

    def _named(self) -> dict[str, torch.Tensor]:
        return {**dict(self.model.named_parameters()), **dict(self.model.named_buffers())}

    def _tensors(self) -> list[torch.Tensor]:
        named = self._named()
        return [named[name] for name in self._names]

    def _packed(self, optimizers: list[Any], average: Any) -> list[Any]:
        scaler = None if self.scaler is None else self.scaler.state_dict()
        return pack({"optimizers": optimizers, "scaler": scaler, "average": average}, self.states)

    def _put_optimizer(self, tree: dict[str, Any]) -> None:
        for optimizer, state in zip(self.optimizers, tree["optimizers"], strict=True):
            put_optimizer(optimizer, state)
        if self.scaler is not None and tree["scaler"]:
            self.scaler.load_state_dict(tree["scaler"])
        if self._average is not None:
            self._average.put(tree["average"])


def inner(model: Any) -> Any:
    """The model itself, within `torch.compile` and data-parallel wrappers."""
    while True:
        if hasattr(model, "_orig_mod"):
            model = model._orig_mod
        elif isinstance(model, (nn.DataParallel, nn.parallel.DistributedDataParallel)):
            model = model.module
        else:
            return model


def _described(module: nn.Module) -> str:
    """A module's class and settings, without those of its parts and without addresses."""
    settings = re.sub(r" at 0x[0-9a-f]+", "", module.extra_repr())
    return f"{type(module).__name__}({settings})"


def _options(group: dict[str, Any]) -> dict[str, Any]:
    """A group's options as JSON, without the rate, which is searched for."""
    return {
        name: value if isinstance(value, (bool, int, float, str, type(None))) else repr(value)
        for name, value in group.items()
        if name not in ("params", "param_names", "lr", "initial_lr")
    }

"""The initialisations that trials start from."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import nn

__all__ = ["Inits"]

_RESETS = ("reset_parameters", "_reset_parameters")


class Inits:
    """The weights of each init but the first, by its number.

    They are drawn by the modules' own ``reset_parameters()``, in which PyTorch initialises them
    when they are built; only what is trained is drawn. A function of the user's stands in for it.

    Parameters
    ----------
    model : nn.Module
        The model.
    trained : sequence of tensors
        The parameters that its optimizers have.
    initial : callable or other
        ``initial(init)`` returns the model, or its ``state_dict()``, for an init.
    seed : int
        What the draws depend on beside their number.
    """

    def __init__(
        self,
        model: nn.Module,
        trained: Sequence[torch.Tensor],
        initial: str | Callable[[int], Any],
        seed: int,
    ) -> None:
        self.model = model
        self.initial = initial
        self.seed = seed
        self._trained = {id(tensor) for tensor in trained}

    def number(self, init: int) -> int:
        """The seed of an init."""
        return random.Random(f"{self.seed}/{init}").getrandbits(32)

    @torch.no_grad()
    def draw(self, init: int) -> None:
        """Draw the model's weights; the generators have been seeded.

        Raises
        ------
        ValueError
            If a module that is trained cannot draw its weights, or the function's are others.
        """
        if callable(self.initial):
            self._load(init, self.initial(init))
            return
        modules = dict(self.model.named_modules())
        resets = {name: reset for name, module in modules.items() if (reset := _reset(module))}
        for name, module in modules.items():
            if self._trains(module, recurse=False) and not _within(name, resets):
                raise ValueError(
                    f"{type(module).__name__} ({name or 'the model'}) has parameters of its own "
                    "and no reset_parameters() to draw them anew: give it one, or pass "
                    "initial=function to Explorer, where function(init) builds and returns the "
                    "model, or its state_dict(), for that init"
                )
        for name, reset in reversed(resets.items()):  # a module's after those of its parts
            if self._trains(modules[name], recurse=True):
                reset()

    def _trains(self, module: nn.Module, recurse: bool) -> bool:
        return any(id(p) in self._trained for p in module.parameters(recurse))

    def _load(self, init: int, given: Any) -> None:
        if isinstance(given, nn.Module):
            given = given.state_dict()
        own = self.model.state_dict()
        wanted = {name: tuple(tensor.shape) for name, tensor in own.items()}
        shapes = (
            {name: tuple(tensor.shape) for name, tensor in given.items()}
            if isinstance(given, Mapping)
            else type(given).__name__
        )
        if shapes != wanted:
            raise ValueError(
                f"initial({init}) has to return a model like this one, or its state_dict(), with "
                f"the shapes {wanted}; got {shapes}"
            )
        self.model.load_state_dict(given)


def _reset(module: nn.Module) -> Callable[[], Any] | None:
    return next((getattr(module, name) for name in _RESETS if hasattr(module, name)), None)


def _within(name: str, resets: Mapping[str, Any]) -> bool:
    """Whether a module of this name, or one that it is a part of, can draw its weights."""
    parts = name.split(".") if name else []
    return any(".".join(parts[:count]) in resets for count in range(len(parts) + 1))

"""A small regression, and a model with all that a trial changes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import nn

from lrsearch import GridSearch
from lrsearch_torch import Explorer


def data(examples: int = 96) -> tuple[torch.Tensor, torch.Tensor]:
    """x of shape (examples, 8), y of shape (examples, 1)."""
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(examples, 8, generator=generator)
    noise = torch.randn(examples, 1, generator=generator)
    return x, x[:, :1] * x[:, 1:2] + x[:, 2:3] + 0.1 * noise


X, Y = data()


class Net(nn.Module):
    """Weights, batch statistics, dropout."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(8, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Dropout(0.2), nn.Linear(16, 1)
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.layers(x)


def network() -> Net:
    """The same weights at each call."""
    torch.manual_seed(0)
    return Net()


def adamw(model: nn.Module, rate: float = 0.01) -> torch.optim.Optimizer:
    """The optimizer of most tests."""
    return torch.optim.AdamW(model.parameters(), lr=rate)


def step(model: nn.Module, optimizers: Iterable[Any], rows: torch.Tensor) -> None:
    """Train on some rows."""
    for optimizer in optimizers:
        optimizer.zero_grad()
    nn.functional.mse_loss(model(X[rows]), Y[rows]).backward()
    for optimizer in optimizers:
        optimizer.step()


def train(model: nn.Module, *optimizers: Any) -> None:
    """One epoch of four steps, in an order that is drawn."""
    model.train()
    for rows in torch.randperm(64).split(16):
        step(model, optimizers, rows)


@torch.no_grad()
def validate(model: nn.Module) -> float:
    """The validation score."""
    model.eval()
    return nn.functional.mse_loss(model(X[64:]), Y[64:]).item()


def grid(**options: Any) -> GridSearch:
    """Two rates, two epochs each: four epochs in all."""
    return GridSearch(["0.1", "0.01"], epochs=2, **options)


def explored(
    model: nn.Module | None = None,
    optimizer: Any = None,
    epochs: int = 8,
    search: Any = None,
    exploit: Any = None,
    number: bool = False,
    **options: Any,
) -> Explorer:
    """The loop, to its end."""
    model = network() if model is None else model
    optimizer = adamw(model) if optimizer is None else optimizer
    search = grid() if search is None else search
    explorer = Explorer(model, optimizer, epochs, search, exploit, verbose=0, **options)
    for _ in explorer:
        train(model, *explorer.trainee.optimizers)
        explorer.report(validate(model) if number else lambda: validate(model))
    return explorer

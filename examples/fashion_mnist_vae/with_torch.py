"""The paper's task in a PyTorch loop: on a GPU where there is one."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from examples.fashion_mnist_vae.torch_model import (
    VAE,
    build_vae,
    encode,
    generate,
    reconstruct,
    score,
)
from lrsearch_torch import Explorer

__all__ = ["encode", "explored", "generate", "reconstruct", "score"]

BATCH = 32


def explored(
    images: Any, epochs: int, search: Any, exploit: Any, seed: int, directory: Any
) -> tuple[VAE, Explorer]:
    """Train it: the model with its best weights, and what was found."""
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    train = torch.as_tensor(images.train, dtype=torch.float32).to(device)
    model = build_vae(seed).to(device)
    optimizer = torch.optim.Adam(model.parameters())
    explorer = Explorer(
        model,
        optimizer,
        epochs,
        search,
        exploit,
        initial=lambda init: build_vae(seed + init),
        directory=directory,
        predict=lambda: np.column_stack([score(model, images.test), encode(model, images.test)]),
        name="val_loss",
    )
    torch.manual_seed(seed)
    for _ in explorer:
        train_one_epoch(model, optimizer, train)
        explorer.report(lambda: score(model, images.validation).mean())
    return model, explorer


def train_one_epoch(model: VAE, optimizer: Any, images: torch.Tensor) -> None:
    """Every image once, in an order that is drawn."""
    model.train()
    for rows in torch.randperm(len(images), device=images.device).split(BATCH):
        optimizer.zero_grad()
        model(images[rows]).mean().backward()
        optimizer.step()

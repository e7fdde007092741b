"""The paper's variational auto-encoder in PyTorch: layers, loss and first weights of model.py."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits, softplus

__all__ = ["PIXELS", "VAE", "build_vae", "encode", "generate", "reconstruct", "score"]

PIXELS = 28 * 28
ROWS_AT_ONCE = 1_000


class VAE(nn.Module):
    """A variational auto-encoder: dense layers, ReLU between them, Bernoulli pixels.

    Called with images, shape (n, 784), it returns the paper's NLL of each, shape (n,): in training
    z is drawn from q(z|x), otherwise it is the mean.

    Parameters
    ----------
    z_dim : int
        The number of latent dimensions.
    hidden : int
        The number of units in each hidden layer.
    """

    def __init__(self, z_dim: int = 10, hidden: int = 200) -> None:
        super().__init__()
        self.z_dim = z_dim
        self.encoder = nn.Sequential(
            Dense(PIXELS, hidden), nn.ReLU(), Dense(hidden, hidden), nn.ReLU()
        )
        self.mean, self.deviation = Dense(hidden, z_dim), Dense(hidden, z_dim)
        self.decoder = nn.Sequential(
            Dense(z_dim, hidden), nn.ReLU(), Dense(hidden, hidden), nn.ReLU(), Dense(hidden, PIXELS)
        )

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        mean, raw = self.encode(images)
        z = mean + softplus(raw) * torch.randn_like(mean) if self.training else mean
        entropy = binary_cross_entropy_with_logits(self.decoder(z), images, reduction="none")
        return kl_divergence(mean, raw) + entropy.sum(dim=-1)

    def encode(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """The mean of q(z|x), and what softplus turns into its standard deviation."""
        h = self.encoder(images)
        return self.mean(h), self.deviation(h)


class Dense(nn.Linear):
    """A linear layer that begins as Keras's does: Glorot's uniform weights, no bias."""

    def reset_parameters(self) -> None:
        nn.init.xavier_uniform_(self.weight)
        nn.init.zeros_(self.bias)


def kl_divergence(mean: torch.Tensor, raw: torch.Tensor) -> torch.Tensor:
    """KL(N(mean, softplus(raw)²) || N(0, I)) in nats, from shape (n, z_dim) to shape (n,)."""
    variance = softplus(raw).square()
    log_deviation = softplus(raw.clamp(min=-20)).log() + (raw + 20).clamp(max=0)
    return 0.5 * (mean.square() + variance - 1 - 2 * log_deviation).sum(dim=-1)


def build_vae(seed: int = 0, z_dim: int = 10, hidden: int = 200) -> VAE:
    """The paper's model; equal seeds give equal weights."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return VAE(z_dim, hidden)


def encode(model: VAE, images: np.ndarray) -> np.ndarray:
    """Return the mean of q(z|x) for images of shape (n, 784): float32, shape (n, z_dim)."""
    return _by_parts(model, lambda part: model.encode(part)[0], images)


def reconstruct(model: VAE, images: np.ndarray) -> np.ndarray:
    """Encode and decode images with z = mean: expected grey values, shape (n, 784)."""
    return _by_parts(model, lambda part: model.decoder(model.encode(part)[0]).sigmoid(), images)


def score(model: VAE, images: np.ndarray) -> np.ndarray:
    """Return the paper's NLL of each image in nats, with z = mean: from (n, 784) to shape (n,)."""
    return _by_parts(model, model, images)


def generate(model: VAE, number: int, seed: int = 0) -> np.ndarray:
    """Decode draws of z from N(0, I), which come from NumPy: shape (number, 784)."""
    z = np.random.default_rng(seed).standard_normal((number, model.z_dim), dtype=np.float32)
    return _by_parts(model, lambda part: model.decoder(part).sigmoid(), z)


@torch.no_grad()
def _by_parts(model: VAE, function: Any, rows: np.ndarray) -> np.ndarray:
    model.eval()
    device = next(model.parameters()).device
    parts = torch.as_tensor(np.asarray(rows, np.float32)).split(ROWS_AT_ONCE)
    return np.concatenate([function(part.to(device)).cpu().numpy() for part in parts])

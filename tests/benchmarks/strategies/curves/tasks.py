"""The ten tasks: a network, an optimizer, what it learns, and how it is scored."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import optax

from . import data, networks

LETTERS = 32


class Task(NamedTuple):
    """A problem and an optimizer, whose rate is left open.

    `error` is the loss to train by, `score` what is validated: both a mean over examples of
    outputs and targets.
    """

    data: Callable[[], data.Data]
    network: networks.Network
    optimizer: Callable[[], optax.GradientTransformation]
    epochs: int
    error: Callable[[jax.Array, jax.Array], jax.Array]
    score: Callable[[jax.Array, jax.Array], jax.Array]
    batch: int = 25


def likelihood(outputs: jax.Array, labels: jax.Array) -> jax.Array:
    """The mean negative log-likelihood of the labels."""
    return optax.softmax_cross_entropy_with_integer_labels(outputs, labels).mean()


def mistakes(outputs: jax.Array, labels: jax.Array) -> jax.Array:
    """The part of the labels that is not hit: 1 - accuracy, with many equal scores."""
    wrong = (outputs.argmax(-1) != labels).mean()
    return jnp.where(jnp.isfinite(outputs).all(), wrong, jnp.nan)


def squares(outputs: jax.Array, targets: jax.Array) -> jax.Array:
    """The mean squared error."""
    return ((outputs - targets) ** 2).mean()


def _transformer() -> networks.Network:
    return networks.transformer(LETTERS, data.CONTEXT, width=16, heads=2, blocks=1)


def _pictures(batch_norm: bool) -> networks.Network:
    return networks.convolutional(14, [8, 16], 10, batch_norm)


def _momentum() -> optax.GradientTransformation:
    return optax.sgd(1.0, 0.9)


TASKS = {
    "text_transformer-adamw": Task(
        data.text, _transformer(), lambda: optax.adamw(1.0, weight_decay=0.1), 30,
        likelihood, likelihood,
    ),
    "text_transformer-lion": Task(
        data.text, _transformer(), lambda: optax.lion(1.0, weight_decay=0.1), 30,
        likelihood, likelihood,
    ),
    "fashion_cnn-adam": Task(
        data.fashion, _pictures(False), lambda: optax.adam(1.0), 40, likelihood, likelihood
    ),
    "fashion_cnn-sgd": Task(
        data.fashion, _pictures(False), lambda: optax.sgd(1.0), 50, likelihood, mistakes
    ),
    "fashion_cnn_batchnorm-momentum": Task(
        data.fashion, _pictures(True), _momentum, 40, likelihood, likelihood
    ),
    "fashion_cnn_batchnorm-rmsprop": Task(
        data.fashion, _pictures(True), lambda: optax.rmsprop(1.0, 0.9), 40, likelihood, mistakes
    ),
    "classes_mlp-rmsprop": Task(
        data.classes, networks.mlp([20, 64, 64, 5]), lambda: optax.rmsprop(1.0, 0.9), 60,
        likelihood, mistakes,
    ),
    "classes_resnet-adamw": Task(
        data.classes, networks.residual(20, 32, 2, 5), lambda: optax.adamw(1.0), 60,
        likelihood, likelihood,
    ),
    "friedman_mlp-momentum": Task(
        data.friedman, networks.mlp([10, 64, 64, 1], jnp.tanh), _momentum, 100, squares, squares
    ),
    "digits_autoencoder-adam": Task(
        data.digits, networks.mlp([64, 32, 8, 32, 64]), lambda: optax.adam(1.0), 60,
        squares, squares,
    ),
}  # fmt: skip

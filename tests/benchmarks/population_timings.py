"""Seconds an epoch of the paper's VAE: ``python population_timings.py WHAT IMAGES``.

WHAT is the name of one of MEASURES, or ``platform``: what JAX computes on.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "adapters")]

import numpy as np  # noqa: E402

BATCH, HELD_OUT, REPEATS, TOGETHER = 32, 2_000, 12, 30


def least(*trains: Callable[[], Any]) -> list[float]:
    """The least seconds of an epoch of each, trained in turns; a first one compiles."""
    seconds: list[list[float]] = [[] for _ in trains]
    for _ in range(1 + REPEATS):
        for train, found in zip(trains, seconds, strict=True):
            begun = time.perf_counter()
            train()
            found.append(time.perf_counter() - begun)
    return [min(found[1:]) for found in seconds]


def vae() -> Any:
    """The paper's model, compiled."""
    import keras

    from examples.fashion_mnist_vae.model import build_vae

    model = build_vae()
    model.compile(keras.optimizers.Adam())
    return model


def population(x: np.ndarray, held_out: np.ndarray, size: int) -> Callable[[], None]:
    """An epoch of so many rates side by side."""
    from lrsearch_keras import take
    from lrsearch_keras.population import CompiledTrainer

    model = vae()
    trainer = CompiledTrainer(
        model, x, validation_data=(held_out,), batch_size=BATCH, training_metrics=False, size=size
    )
    members = [trainer.member(take(model)) for _ in range(size)]

    def train() -> None:
        nonlocal members
        members, _ = trainer.epoch(members, [0.001] * size, [(0, 1)] * size)

    return train


def compiled(x: np.ndarray, held_out: np.ndarray) -> dict[str, float]:
    """The population of one and a hand-written loop, in turns."""
    ours, theirs = least(population(x, held_out, 1), hand_written(x, held_out))
    return {"population": ours, "hand written": theirs}


def together(x: np.ndarray, held_out: np.ndarray) -> dict[str, float]:
    """One rate, and thirty side by side, in turns."""
    one, many = least(population(x, held_out, 1), population(x, held_out, TOGETHER))
    return {"one": one, "together": many}


def hand_written(x: np.ndarray, held_out: np.ndarray) -> Callable[[], None]:
    """The same training in JAX alone: weights in a list, Adam in six lines, one scan."""
    import jax
    import jax.numpy as jnp

    from examples.fashion_mnist_vae.model import PIXELS, cross_entropy, kl_divergence

    sizes = [(PIXELS, 200), (200, 200), (200, 10), (200, 10), (10, 200), (200, 200), (200, PIXELS)]
    keys = jax.random.split(jax.random.key(0), len(sizes))
    draw = jax.nn.initializers.glorot_uniform()
    weights = [(draw(k, s), jnp.zeros(s[1])) for k, s in zip(keys, sizes, strict=True)]

    def loss(weights: Any, images: Any, key: Any) -> Any:
        dense = [lambda h, w=w, b=b: h @ w + b for w, b in weights]
        h = jax.nn.relu(dense[1](jax.nn.relu(dense[0](images))))
        mean, raw = dense[2](h), dense[3](h)
        z = mean
        if key is not None:
            z = mean + jax.nn.softplus(raw) * jax.random.normal(key, mean.shape)
        logits = dense[6](jax.nn.relu(dense[5](jax.nn.relu(dense[4](z)))))
        return (kl_divergence(mean, raw) + cross_entropy(images, logits)).mean()

    def step(state: Any, rows: Any) -> Any:
        weights, first, second, count, key = state
        key, draw = jax.random.split(key)
        gradients = jax.grad(loss)(weights, data[rows], draw)
        count = count + 1
        rate = 0.001 * jnp.sqrt(1 - 0.999**count) / (1 - 0.9**count)
        first = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, first, gradients)
        second = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, second, gradients)
        weights = jax.tree.map(
            lambda w, m, v: w - rate * m / (jnp.sqrt(v) + 1e-7), weights, first, second
        )
        return (weights, first, second, count, key), None

    @jax.jit
    def epoch(state: Any, rows: Any) -> Any:
        state, _ = jax.lax.scan(step, state, rows)
        parts = validation.reshape(-1, 1000, PIXELS)
        return state, jax.lax.map(lambda part: loss(state[0], part, None), parts).mean()

    data, validation = jnp.asarray(x), jnp.asarray(held_out)
    zeros = jax.tree.map(jnp.zeros_like, weights)
    state = (weights, zeros, zeros, jnp.zeros(()), jax.random.key(1))
    random = np.random.default_rng(0)

    def train() -> None:
        nonlocal state
        rows = random.permutation(len(x))[: len(x) // BATCH * BATCH].reshape(-1, BATCH)
        state, score = epoch(state, rows.astype(np.int32))
        float(score)

    return train


def fitted(x: np.ndarray, held_out: np.ndarray) -> dict[str, float]:
    """``model.fit`` as the example calls it."""
    model = vae()

    def train() -> None:
        model.fit(
            x, epochs=1, batch_size=BATCH, validation_data=(held_out, None),
            validation_batch_size=1000, verbose=0,
        )  # fmt: skip

    return {"fit": least(train)[0]}


def platform() -> str:
    """What JAX computes on by default: "cpu", "gpu" or "tpu"."""
    import jax.numpy as jnp

    (device,) = jnp.zeros(1).devices()
    return str(device.platform)


MEASURES = {"compiled": compiled, "together": together, "fit": fitted}

if __name__ == "__main__":
    what, count = sys.argv[1], int(sys.argv[2])
    if what == "platform":
        print(json.dumps({"platform": platform()}))
    else:
        images = np.random.default_rng(0).uniform(size=(count + HELD_OUT, 784)).astype("float32")
        print(json.dumps(MEASURES[what](images[HELD_OUT:], images[:HELD_OUT])))

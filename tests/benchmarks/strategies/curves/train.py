"""Train the ten tables: 30 rates and 3 inits of each task, as one compiled population.

    python -m tests.benchmarks.strategies.curves.train [TASK ...]

Needs ``pip install jax optax scikit-learn`` and Debian's package ``dataset-fashion-mnist``. The
rates are constant, from 1e-6 to 10, equally apart in the logarithm; all rates of an init share its
weights and the order of its examples. On one core all ten take about half an hour.
"""

from __future__ import annotations

import csv
import gzip
import io
import math
import sys
import time
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

from .tasks import TASKS, Task

RATES = [float(f"{rate:.3g}") for rate in np.geomspace(1e-6, 10, 30)]
INITS = 3
_KEPT = 0.9
"""What the running statistics of batch normalisation keep of themselves at a step."""


def population(task: Task) -> np.ndarray:
    """Scores of shape (inits, rates, epochs + 1), the untrained models' first."""
    x, y, held_x, held_y = map(jnp.asarray, task.data())
    network, optimizer = task.network, task.optimizer()
    steps = len(x) // task.batch

    def begin(init):
        parameters = network.begin(jax.random.key(init))
        statistics = network.apply(parameters, x[: task.batch])[1]
        return parameters, optimizer.init(parameters), statistics

    def loss(parameters, inputs, targets):
        outputs, statistics = network.apply(parameters, inputs)
        return task.error(outputs, targets), statistics

    def epoch(state, rate, order):
        def step(state, batch):
            parameters, moments, kept = state
            gradients, seen = jax.grad(loss, has_aux=True)(parameters, x[batch], y[batch])
            updates, moments = optimizer.update(gradients, moments, parameters)
            parameters = jax.tree.map(lambda p, u: p + rate * u, parameters, updates)
            kept = jax.tree.map(lambda old, new: _KEPT * old + (1 - _KEPT) * new, kept, seen)
            return (parameters, moments, kept), None

        return jax.lax.scan(step, state, order)[0]

    def score(state):
        outputs, _ = network.apply(state[0], held_x, fixed=state[2])
        return task.score(outputs, held_y)

    rates = jnp.asarray(RATES, jnp.float32)
    over_rates = jax.vmap(epoch, (0, 0, None))
    advance = jax.jit(jax.vmap(over_rates, (0, None, 0)), donate_argnums=0)
    judge = jax.jit(jax.vmap(jax.vmap(score)))
    state = jax.vmap(lambda init: jax.vmap(lambda _: begin(init))(rates))(jnp.arange(INITS))
    generators = [np.random.default_rng(init) for init in range(INITS)]
    scores = [judge(state)]
    for _ in range(task.epochs):
        orders = [g.permutation(len(x))[: steps * task.batch] for g in generators]
        state = advance(state, rates, jnp.asarray(orders).reshape(INITS, steps, task.batch))
        scores.append(judge(state))
    return np.stack(scores, -1)


def write(path: Path, scores: np.ndarray) -> None:
    """The table as gzipped CSV; from its first score that is not finite on, a curve is nan."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["rate", "seed", "epoch", "score"])
    for init, rates in enumerate(scores):
        for rate, curve in zip(RATES, rates, strict=True):
            diverged = False
            for epoch, score in enumerate(curve):
                diverged = diverged or not math.isfinite(score)
                writer.writerow([rate, init, epoch, "nan" if diverged else f"{score:.4g}"])
    path.write_bytes(gzip.compress(text.getvalue().encode(), 9, mtime=0))


def main() -> None:
    for name in sys.argv[1:] or TASKS:
        begun = time.perf_counter()
        write(Path(__file__).parent / f"{name}.csv.gz", population(TASKS[name]))
        print(f"{name}: {time.perf_counter() - begun:.0f} s", flush=True)


if __name__ == "__main__":
    main()

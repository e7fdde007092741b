"""Whole epochs of one model as one compiled program, a rate for every step (JAX backend)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from lrsearch.training.average import early_span

__all__ = ["KerasOptimizer", "Loop", "Weights"]

VALIDATED_AT_ONCE = 1_000


class Weights(NamedTuple):
    """All that training changes, as arrays of JAX.

    Attributes
    ----------
    trainable, others : list of jax.Array
        The model's variables, those that are trained and those that are not.
    optimizer : Any
        The optimizer's state.
    average : list of jax.Array
        The running average of what is trained.
    step : jax.Array
        Steps behind it.
    """

    trainable: Any
    others: Any
    optimizer: Any
    average: Any
    step: Any


class KerasOptimizer:
    """The optimizer that a model was compiled with, as pure functions.

    Parameters
    ----------
    model : keras.Model
        Compiled and built.
    """

    def __init__(self, model: Any) -> None:
        self.optimizer = model.optimizer
        self.optimizer.build(model.trainable_variables)
        self.fresh = [variable.value for variable in self.optimizer.variables]
        rate = self.optimizer.learning_rate
        self.place = [variable is rate for variable in self.optimizer.variables].index(True)

    def init(self, trainable: Any) -> Any:
        """The state before the first step."""
        return list(self.fresh)

    def step(self, gradients: Any, state: Any, trainable: Any, rate: Any) -> tuple[Any, Any]:
        """The weights and the state after a step at a rate."""
        state = [rate if n == self.place else value for n, value in enumerate(state)]
        return self.optimizer.stateless_apply(state, gradients, trainable)  # type: ignore[no-any-return]

    def shown(self, state: Any, trainable: Any) -> Any:
        """The weights to validate."""
        return trainable


class Loop:
    """Train one model on a task by an optimizer, and validate it after every epoch, twice.

    The order of the examples depends on the init and the epoch alone. The running average is the
    callback's, taken at every step.

    Parameters
    ----------
    task : Task
        What to train.
    optimizer : callable, optional
        ``optimizer(model)`` has `init`, `step` and `shown`; the model's own where left out.
    decay : callable, optional
        ``decay(step)``, the average's decay at a step counted from 1.
    measure_again : bool
        Whether statistics of normalisation are measured again at the weights that are validated.
    """

    def __init__(
        self,
        task: Any,
        optimizer: Callable[[Any], Any] = KerasOptimizer,
        decay: Callable[[Any], Any] | None = None,
        measure_again: bool = False,
    ) -> None:
        import jax
        import jax.numpy as jnp

        self.task = task
        self.model = task.build(0)
        self.optimizer = optimizer(self.model)
        self.examples = len(task.train[0])
        self.batch = task.batch
        self.steps = -(-self.examples // self.batch)
        self.decay = self._decay if decay is None else decay
        statistics = any("moving_" in v.path for v in self.model.non_trainable_variables)
        self.measure_again = measure_again and statistics
        self.data, self.validation, self.test = (
            tuple(map(jnp.asarray, part)) for part in (task.train, task.validation, task.test)
        )
        self._epoch = jax.jit(self._trained)
        self._score = jax.jit(self._loss_of)
        self._rise = jax.jit(self._rising)

    def start(self, init: int) -> Weights:
        """The state that an init begins with."""
        import jax.numpy as jnp

        model = self.task.build(init)
        trainable = [jnp.array(v.value) for v in model.trainable_variables]
        others = [jnp.array(v.value) for v in model.non_trainable_variables]
        return Weights(trainable, others, self.optimizer.init(trainable), trainable, jnp.array(0))

    def epoch(
        self, weights: Weights, rates: np.ndarray, init: int, epoch: int
    ) -> tuple[Weights, tuple[float, float]]:
        """Train for an epoch, counted from 1, with a rate a step; the two scores after it.

        The scores are those of the weights and of their average.
        """
        order = np.random.default_rng((0, init, epoch)).permutation(self.examples)
        full = self.examples // self.batch * self.batch
        parts = order[:full].reshape(-1, self.batch).astype(np.int32), order[full:].astype(np.int32)
        weights, scores = self._epoch(
            weights, np.asarray(rates, np.float32), *parts, self.data, self.validation
        )
        return weights, (float(scores[0]), float(scores[1]))

    def test_score(self, weights: Weights, averaged: bool) -> float:
        """The score on the test data, with the weights or with their average."""
        trainable, others = self._validated(weights, self.data)
        if averaged:
            trainable, others = weights.average, weights.others
        return float(self._score(trainable, others, self.test))

    def losses(self, rates: np.ndarray, init: int) -> list[float]:
        """The losses of a training whose rate changes with every step, on batches drawn anew."""
        rows = np.random.default_rng(init).integers(self.examples, size=(len(rates), self.batch))
        return list(map(float, self._rise(self.start(init), rates, rows, self.data)))

    # What is compiled -------------------------------------------------------------------------

    def _trained(
        self, weights: Weights, rates: Any, rows: Any, rest: Any, data: Any, validation: Any
    ) -> tuple[Weights, tuple[Any, Any]]:
        import jax

        step = partial(self._step, data)
        if len(rows):
            weights, _ = jax.lax.scan(step, weights, (rates[: len(rows)], rows))
        if len(rest):
            weights, _ = step(weights, (rates[-1], rest))
        raw = self._loss_of(*self._validated(weights, data), validation)
        return weights, (raw, self._loss_of(weights.average, weights.others, validation))

    def _rising(self, weights: Weights, rates: Any, rows: Any, data: Any) -> Any:
        import jax

        return jax.lax.scan(partial(self._step, data), weights, (rates, rows))[1]

    def _step(self, data: Any, weights: Weights, at: Any) -> tuple[Weights, Any]:
        import jax

        rate, chosen = at
        batch = tuple(part[chosen] for part in data)
        (loss, others), gradients = jax.value_and_grad(self._loss, has_aux=True)(
            weights.trainable, weights.others, batch, True
        )
        trainable, state = self.optimizer.step(
            gradients, weights.optimizer, weights.trainable, rate
        )
        count = weights.step + 1
        keep = jax.numpy.where(count == 1, 0.0, self.decay(count))
        average = [
            keep * old + (1 - keep) * new
            for old, new in zip(weights.average, trainable, strict=True)
        ]
        return Weights(list(trainable), list(others), state, average, count), loss

    def _decay(self, step: Any) -> Any:
        import jax.numpy as jnp

        return 1 - 1 / jnp.minimum(self.steps, early_span(step))

    def _validated(self, weights: Weights, data: Any) -> tuple[Any, Any]:
        """What is validated of the weights: those the optimizer shows, and what is not trained."""
        import jax

        shown, others = self.optimizer.shown(weights.optimizer, weights.trainable), weights.others
        if not self.measure_again:
            return shown, others

        def measure(others: Any, rows: Any) -> tuple[Any, None]:
            batch = tuple(part[rows] for part in data)
            return list(self._loss(shown, others, batch, True)[1]), None

        rows = np.arange(self.examples // self.batch * self.batch).reshape(-1, self.batch)
        return shown, jax.lax.scan(measure, others, rows)[0]

    def _loss_of(self, trainable: Any, others: Any, data: Any) -> Any:
        """The mean over all examples, without training."""
        import jax

        count = len(data[0])
        full = count // VALIDATED_AT_ONCE * VALIDATED_AT_ONCE
        total = 0.0
        if full:
            parts = tuple(
                part[:full].reshape(-1, VALIDATED_AT_ONCE, *part.shape[1:]) for part in data
            )
            losses = jax.lax.map(lambda p: self._loss(trainable, others, p, False)[0], parts)
            total = losses.sum() * VALIDATED_AT_ONCE
        if full < count:
            rest = tuple(part[full:] for part in data)
            total += self._loss(trainable, others, rest, False)[0] * (count - full)
        return total / count

    def _loss(self, trainable: Any, others: Any, batch: Any, training: bool) -> tuple[Any, Any]:
        """The mean loss of a batch, and what is not trained after it."""
        import keras

        x, *y = batch
        found, others, losses = self.model.stateless_call(
            trainable, others, x, training=training, return_losses=True
        )
        total = sum(losses)
        if y:
            total += keras.ops.mean(
                keras.losses.sparse_categorical_crossentropy(y[0], found, from_logits=True)
            )
        return total, others

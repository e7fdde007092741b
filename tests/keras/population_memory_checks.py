"""How large a population gets; run by test_population.py, with Keras on JAX."""

from __future__ import annotations

import math
from typing import Any

import keras
import numpy as np
import pytest

from lrsearch_keras.population import CompiledTrainer
from lrsearch_keras.population.memory import members_that_fit
from tests.keras.population_tasks import small, trainer


def convolutional() -> keras.Model:
    """Few weights, many activations."""
    model = keras.Sequential([
        keras.Input((24, 24, 1)), keras.layers.Conv2D(16, 3, activation="relu"),
        keras.layers.Conv2D(16, 3, activation="relu"), keras.layers.GlobalAveragePooling2D(),
        keras.layers.Dense(1),
    ])  # fmt: skip
    model.compile("adam", "mse")
    return model


def wide() -> keras.Model:
    """Many weights, few activations."""
    model = keras.Sequential(
        [keras.Input((400,)), keras.layers.Dense(1000, "relu"), keras.layers.Dense(1)]
    )
    model.compile("adam", "mse")
    return model


def images(model: keras.Model, batch_size: int) -> CompiledTrainer:
    shape = (64, *model.input_shape[1:])
    return CompiledTrainer(
        model, np.zeros(shape), np.zeros((64, 1)), batch_size=batch_size, training_metrics=False
    )


def held(model: keras.Model) -> int:
    """Bytes of weights and moments."""
    return sum(v.value.nbytes for v in [*model.variables, *model.optimizer.variables])


def test_a_convolutional_member_is_as_large_as_its_activations() -> None:
    """And a wide one as its weights; more examples a step, more activations."""
    model = convolutional()
    small_batches, large_batches = (images(model, b).bytes_a_member() for b in (8, 32))
    activations = 4 * 16 * (22**2 + 20**2)
    assert large_batches > 32 * activations > 20 * held(model)
    assert large_batches / small_batches == pytest.approx(4, rel=0.25)
    model = wide()
    small_batches, large_batches = (images(model, b).bytes_a_member() for b in (8, 32))
    assert large_batches == pytest.approx(small_batches, rel=0.1)
    assert 2 * held(model) < large_batches < 4 * held(model)


@pytest.mark.parametrize("make", [convolutional, wide])
def test_so_many_members_take_so_many_times_the_memory_of_one(make: Any) -> None:
    """Against XLA's account of the program that trains them side by side."""
    trainer, size = images(make(), 32), 4
    members = (trainer._start()[0],) * size
    rows, rest = (np.stack([part] * size) for part in trainer._order(0, 1))
    together = trainer._together.lower(
        members, np.zeros((size, trainer.steps), "float32"), trainer.data, None, rows, rest
    )
    account = together.compile().memory_analysis()
    taken = account.temp_size_in_bytes + account.output_size_in_bytes
    assert size * trainer.bytes_a_member() == pytest.approx(taken, rel=0.25)


def test_the_population_is_what_fits_from_1_to_30() -> None:
    """Half of what is free, shared out."""
    assert members_that_fit(free=10e9, one=1e9) == 5
    assert members_that_fit(free=9.99e9, one=1e9) == 4
    assert members_that_fit(free=80e9, one=1e6) == 30
    assert members_that_fit(free=1e9, one=4e9) == 1
    assert members_that_fit(free=0, one=1e6) == 1
    assert members_that_fit(free=80e9, one=math.inf) == 1


def test_on_a_processor_one_is_trained_at_a_time() -> None:
    """Where JAX has no accelerator, as in continuous integration."""
    import jax

    if jax.devices()[0].platform == "cpu":
        assert trainer(small(), size=None).size == 1
    else:
        assert 1 <= trainer(small(), size=None).size <= 30

"""Small data and small models."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from lrsearch import DigitSearch


def data(examples: int = 64) -> tuple[np.ndarray, np.ndarray]:
    """A regression: x of shape (examples, 4), y of shape (examples, 1)."""
    x = np.random.default_rng(0).normal(size=(examples, 4)).astype("float32")
    return x, x @ np.array([[1.0], [2.0], [-1.0], [0.5]], "float32")


def classes(examples: int = 64) -> tuple[np.ndarray, np.ndarray]:
    """Two classes: x of shape (examples, 4), y of shape (examples,)."""
    x, y = data(examples)
    return x, (y[:, 0] > 0).astype("int32")


def network(optimizer: Any = "adam", loss: Any = "mse", **compiled: Any) -> keras.Model:
    """Everything that a trial changes: weights, batch statistics, a seed generator, moments."""
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [
            keras.Input((4,)),
            keras.layers.Dense(8, "relu"),
            keras.layers.BatchNormalization(),
            keras.layers.Dropout(0.25),
            keras.layers.Dense(1),
        ]
    )
    model.compile(optimizer, loss, **compiled)
    return model


def line() -> keras.Model:
    """The smallest model: one weight a column, no noise."""
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(), "mse")
    return model


def decades(**changes: Any) -> DigitSearch:
    """Two rates, two epochs each: four epochs in all."""
    settings: dict[str, Any] = {"digits": 0, "epochs": 2, "extend": 0}
    return DigitSearch(["0.1", "0.01"], **{**settings, **changes})


def fit(model: keras.Model, explorer: Any, epochs: int = 6, **changes: Any) -> Any:
    """Fit on `data`, in order, with a quarter of it for validation."""
    x, y = data()
    settings: dict[str, Any] = {"validation_split": 0.25, "shuffle": False, "batch_size": 16}
    callbacks = [explorer, *changes.pop("callbacks", [])]
    settings = {"verbose": 0, "callbacks": callbacks, **settings, **changes}
    return model.fit(x, y, epochs=epochs, **settings)


def scores(explorer: Any, trial: int) -> list[float | None]:
    """A trial's scores, epoch by epoch."""
    return [epoch.score for epoch in explorer.history if epoch.trial == trial]

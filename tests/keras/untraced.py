"""Models whose Python looks at values: ``python untraced.py`` explores in fit, not on JAX."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "adapters")]

import keras  # noqa: E402
import numpy as np  # noqa: E402

from tests.keras.tasks import data, decades, line  # noqa: E402


class Looking(keras.Model):
    """It doubles what it predicts where the mean of that is positive."""

    def __init__(self) -> None:
        super().__init__()
        self.dense = keras.layers.Dense(1)

    def call(self, x: Any) -> Any:
        predicted = self.dense(x)
        return 2 * predicted if keras.ops.mean(predicted) > 0 else predicted


def looking() -> keras.Model:
    """A model of the user's own class, without variables before its first batch."""
    model = Looking()
    model.compile("sgd", "mse")
    return model


def looking_built() -> keras.Model:
    """The same, called before."""
    model = looking()
    model(data()[0][:2])
    return model


def looking_loss() -> keras.Model:
    """An ordinary model; its loss makes a Python number of a tensor."""

    def loss(y: Any, predicted: Any) -> Any:
        error = keras.ops.mean(keras.ops.square(y - predicted))
        return error * min(1.0, float(keras.ops.mean(predicted)) ** 2)

    model = line()
    model.compile("sgd", loss)
    return model


def looking_array() -> keras.Model:
    """An ordinary model; its loss makes a NumPy array of a tensor."""

    def loss(y: Any, predicted: Any) -> Any:
        error = keras.ops.square(y - predicted)
        return keras.ops.mean(error) * float(np.tanh(np.asarray(predicted)).mean() ** 2)

    model = line()
    model.compile("sgd", loss)
    return model


MODELS: tuple[Callable[[], keras.Model], ...] = (
    looking, looking_built, looking_loss, looking_array
)  # fmt: skip


def main() -> None:
    """Explore in fit the way that the sentence names, and say so."""
    from lrsearch_keras import LRExplorerCallback

    x, y = data()
    on_torch = keras.backend.backend() == "torch"
    for make in MODELS[:-1] if on_torch else MODELS:
        model = make()
        if not on_torch:
            model.run_eagerly = True
            model(x[:1])
        explorer = LRExplorerCallback(decades(), exploit=False, verbose=0)
        model.fit(x, y, epochs=4, validation_split=0.25, verbose=0, callbacks=[explorer])
        print(make.__name__, "found", explorer.rate)


if __name__ == "__main__":
    main()

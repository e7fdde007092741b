"""The loop's phases are those of the Keras callback, epoch by epoch, on the same scores."""

from __future__ import annotations

import math
from typing import Any

import keras
import pytest
import torch

import lrsearch
from lrsearch import Epoch
from lrsearch_keras import LRExplorerCallback
from lrsearch_torch import Explorer
from tests.torch.tasks import network


def stub(epoch: Epoch) -> float:
    """A score that falls with the epochs, and knows a best rate; the highest rates diverge."""
    rate = float(epoch.rate)
    if rate > 0.2:
        return math.nan
    far = abs(math.log10(max(rate, 1e-9) / 0.004))
    return 1 / (1 + epoch.epoch) + 0.1 * far + 0.02 * math.sin(1000 * rate + epoch.epoch)


class Scored(keras.callbacks.Callback):
    """Puts the stub's score into the logs."""

    def __init__(self, explorer: LRExplorerCallback) -> None:
        super().__init__()
        self.explorer = explorer

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        logs["val_loss"] = stub(self.explorer.explorer._epoch)


def of_keras(epochs: int, search: Any, **options: Any) -> list[Epoch]:
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile("adam", "mse")
    explorer = LRExplorerCallback(search, verbose=0, **options)
    x = keras.ops.ones((4, 1))
    model.fit(
        x, x, epochs=epochs, validation_data=(x, x), callbacks=[Scored(explorer), explorer],
        verbose=0,
    )  # fmt: skip
    return list(explorer.history)


def of_torch(epochs: int, search: Any, **options: Any) -> list[Epoch]:
    model = network()
    optimizer = torch.optim.Adam(model.parameters())
    explorer = Explorer(model, optimizer, epochs, search, verbose=0, **options)
    for epoch in explorer:
        optimizer.step()
        explorer.report(lambda: stub(epoch))  # noqa: B023
    return list(explorer.history)


@pytest.mark.parametrize(
    ("epochs", "search", "average"),
    [
        (30, lambda: None, True),
        (30, lambda: None, False),
        (24, lambda: lrsearch.DigitRace(16, 8), True),
    ],
    ids=["default", "without averages", "race"],
)
def test_histories_equal_those_of_the_keras_callback(
    epochs: int, search: Any, average: bool
) -> None:
    found = of_torch(epochs, search(), average=average)
    expected = of_keras(epochs, search(), average=average)
    assert len(found) == epochs
    assert {epoch.phase for epoch in found} == {"explore", "exploit"}
    assert repr(found) == repr(expected), "as nan is not equal to itself"

"""A fit that raised or was interrupted loses nothing."""

import json
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from lrsearch_keras import LRExplorerCallback
from tests.keras.tasks import data, decades, fit, network


class Interrupt(keras.callbacks.Callback):
    """Ctrl-C in the middle of an epoch."""

    def __init__(self, epoch: int) -> None:
        super().__init__()
        self.at, self.epoch = epoch, -1

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.epoch = epoch

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        if self.epoch == self.at and batch == 1:
            raise KeyboardInterrupt


@pytest.mark.parametrize("epoch", [3, 7])
def test_restore_puts_the_best_weights_back(epoch: int, tmp_path: Path) -> None:
    model = network()
    explorer = LRExplorerCallback(decades(), directory=tmp_path, verbose=0)
    with pytest.raises(KeyboardInterrupt):
        fit(model, explorer, epochs=10, callbacks=[Interrupt(epoch)])
    explorer.restore()
    assert len(explorer.history) == epoch
    x, y = data()
    assert model.evaluate(x[48:], y[48:], 16, verbose=0) == pytest.approx(explorer.best_score)
    other = network()
    other.load_weights(tmp_path / "best.weights.h5")
    assert all(
        np.array_equal(a, b) for a, b in zip(model.get_weights(), other.get_weights(), strict=True)
    )
    assert json.loads((tmp_path / "summary.json").read_text())["epochs"] == epoch
    model.fit(x, y, epochs=1, verbose=0)


def test_what_is_on_the_disk_is_good_without_restore_too(tmp_path: Path) -> None:
    explorer = LRExplorerCallback(decades(), directory=tmp_path, verbose=0)
    with pytest.raises(KeyboardInterrupt):
        fit(network(), explorer, epochs=10, callbacks=[Interrupt(6)])
    assert len((tmp_path / "trials.csv").read_text().splitlines()) == 3
    assert json.loads((tmp_path / "summary.json").read_text())["rate"] == str(explorer.rate)
    network().load_weights(tmp_path / "best.weights.h5")


def test_before_any_score_restore_puts_the_first_weights_back() -> None:
    model = network()
    weights = model.get_weights()
    explorer = LRExplorerCallback(decades(), verbose=0)
    with pytest.raises(KeyboardInterrupt):
        fit(model, explorer, epochs=10, callbacks=[Interrupt(0)])
    explorer.restore()
    assert all(np.array_equal(a, b) for a, b in zip(weights, model.get_weights(), strict=True))


def test_restore_before_any_fit_does_nothing() -> None:
    LRExplorerCallback(decades(), verbose=0).restore()


def test_the_search_goes_on_in_another_fit() -> None:
    search = decades()
    explorer = LRExplorerCallback(search, exploit=False, verbose=0)
    with pytest.raises(KeyboardInterrupt):
        fit(network(), explorer, epochs=10, callbacks=[Interrupt(3)])
    explorer.restore()
    whole = LRExplorerCallback(decades(), exploit=False, verbose=0)
    fit(network(), whole, epochs=10)
    again = LRExplorerCallback(search, exploit=False, verbose=0)
    fit(network(), again, epochs=10)
    assert search.done
    assert [r.scores for r in search.trials] == [r.scores for r in whole.search.trials]

"""The callback without arguments."""

import warnings
from pathlib import Path
from typing import Any

import keras
import pytest

from lrsearch import CosineAnnealing, DigitRace, Rate
from lrsearch.exploit import peak_rate
from lrsearch_keras import LRExplorerCallback
from tests.keras.tasks import data, fit, line, network


def test_a_tenth_races_and_the_rest_anneals_from_a_fresh_start() -> None:
    model = network()
    explorer = LRExplorerCallback(verbose=0)
    fit(model, explorer, epochs=60)
    race, exploit = explorer.search, explorer.exploit
    assert isinstance(race, DigitRace)
    assert (race.budget, race.max_epochs, race.prior) == (10, 3, Rate("0.001"))
    assert isinstance(exploit.schedule, CosineAnnealing)
    exploited = [epoch for epoch in explorer.history if epoch.phase == "exploit"]
    assert len(explorer.history) == 60
    assert len(exploited) == 60 - race.spent == exploit.schedule.epochs
    peak = max(float(epoch.rate) for epoch in exploited)
    assert peak == pytest.approx(peak_rate(explorer.rate, 0.001, 50, True), rel=0.05)
    assert explorer.peak == pytest.approx(peak, rel=0.01)
    assert float(exploited[-1].rate) < 0.01 * peak
    x, y = data()
    assert model.evaluate(x[48:], y[48:], verbose=0) == pytest.approx(explorer.best_score, rel=1e-4)


def test_without_averages_the_peak_is_as_the_weights_bear_it() -> None:
    explorer = LRExplorerCallback(average=False, verbose=0)
    fit(network(), explorer, epochs=50)
    assert explorer.peak == pytest.approx(0.7 * explorer.rate, rel=0.02)


def test_evidence_and_the_page_of_the_run(tmp_path: Path) -> None:
    explorer = LRExplorerCallback(verbose=0)
    assert explorer.evidence is None
    with pytest.raises(RuntimeError, match="train first"):
        explorer.report(tmp_path / "report.html")
    fit(line(), explorer, epochs=25)
    assert explorer.evidence.rate is not None
    explorer.report(tmp_path / "report.html")
    assert str(explorer.rate) in (tmp_path / "report.html").read_text()


@pytest.mark.parametrize("epochs", [5, 19])
def test_few_epochs_try_the_compiled_rate_and_ten_times_it(epochs: int) -> None:
    model = line()
    model.optimizer.learning_rate = 0.0234567
    explorer = LRExplorerCallback(verbose=0)
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        fit(model, explorer, epochs=epochs)
    tried = [str(epoch.rate) for epoch in explorer.history if epoch.phase == "explore"]
    assert tried == ["0.0234567", "0.234567"]
    assert len(explorer.history) == epochs
    assert explorer.peak == explorer.rate.rounded(2)
    assert explorer.best.phase == "exploit"


def test_too_few_epochs_to_search_in_are_said_and_annealed_from_the_compiled_rate() -> None:
    model = line()
    model.optimizer.learning_rate = 0.0234567
    explorer = LRExplorerCallback(verbose=0)
    with pytest.warns(RuntimeWarning, match=r"4 epochs .* 0\.0234567, which the model"):
        fit(model, explorer, epochs=4)
    assert str(explorer.rate) == "0.0234567"
    assert [epoch.phase for epoch in explorer.history] == ["exploit"] * 4
    assert explorer.best_score is not None


def test_a_long_epoch_is_searched_in_by_stretches_of_its_steps() -> None:
    """Three epochs of 40 steps as 24 of 5, over a data set that repeats."""
    import tensorflow as tf

    x, y = data()
    stretches = tf.data.Dataset.from_tensor_slices((x[:40], y[:40])).repeat().batch(8)
    explorer = LRExplorerCallback(verbose=0)
    network().fit(
        stretches, epochs=24, steps_per_epoch=5, validation_data=(x[40:], y[40:]), verbose=0,
        callbacks=[explorer],
    )  # fmt: skip
    assert isinstance(explorer.search, DigitRace)
    assert explorer.search.spent <= 10
    assert explorer.best.phase == "exploit"
    assert len(explorer.history) == 24


def test_too_few_epochs_leave_a_folder_that_goes_on_too(tmp_path: Path) -> None:
    class Stop(keras.callbacks.Callback):
        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            if epoch == 1:
                raise KeyboardInterrupt

    explorer = LRExplorerCallback(directory=tmp_path, verbose=0)
    with pytest.warns(RuntimeWarning), pytest.raises(KeyboardInterrupt):
        fit(line(), explorer, epochs=4, callbacks=[Stop()])
    again = LRExplorerCallback(directory=tmp_path, verbose=0)
    with pytest.warns(RuntimeWarning, match="too few"):
        fit(line(), again, epochs=4)
    assert [epoch.epoch for epoch in again.history] == [1, 2, 3, 4]


def test_a_schedule_serves_keras_as_it_stands() -> None:
    x, y = data()
    schedule = CosineAnnealing("0.1", epochs=6, warmup=2)
    history = line().fit(
        x, y, epochs=6, verbose=0, callbacks=[keras.callbacks.LearningRateScheduler(schedule)]
    )
    rates = history.history["learning_rate"]
    assert rates == pytest.approx([schedule(epoch) for epoch in range(6)], rel=1e-5)

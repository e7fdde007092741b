"""The average of the weights: what is validated, kept and seen, and what is left alone."""

import json
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from lrsearch import Exploit
from lrsearch.testing import TraineeContract
from lrsearch.training.average import early_span
from lrsearch_keras import KerasTrainee, LRExplorerCallback
from tests.keras.killing import Kill, Killed, outcome, run
from tests.keras.tasks import data, decades, fit, line, network, scores
from tests.script import Script


class Watch(keras.callbacks.Callback):
    """The weights after each step, and what the model holds when an epoch has ended."""

    def __init__(self) -> None:
        super().__init__()
        self.steps: list[list[np.ndarray]] = []
        self.ends: list[list[np.ndarray]] = []

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self.steps.append(self.model.get_weights())

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.ends.append(self.model.get_weights())


def constant(search: Any, left: int) -> Exploit:
    return Exploit(["0.1"], left, patience=None)


@pytest.mark.skipif(keras.backend.backend() == "jax", reason="JAX shows steps at epoch ends only")
def test_what_is_validated_is_the_average_over_the_steps_of_an_epoch() -> None:
    """By hand: over the last quarter of the steps so far, and over an epoch's at the most."""
    watch = Watch()
    explorer = LRExplorerCallback(Script([("0.1", 0)], [(0, 3)]), False, verbose=0)
    model = line()
    fit(model, explorer, epochs=3, callbacks=[watch])
    per_epoch = len(watch.steps) // 3
    average = watch.steps[0]
    for number, weights in enumerate(watch.steps):
        share = 1 / min(per_epoch, early_span(number + 1))
        average = [a + share * (w - a) for a, w in zip(average, weights, strict=True)]
        if (number + 1) % per_epoch == 0:
            end = watch.ends[number // per_epoch]
            for mine, theirs in zip(average, end, strict=True):
                np.testing.assert_allclose(mine, theirs, rtol=1e-4, atol=1e-6)
    x, y = data()
    for epoch, weights in zip(explorer.history, watch.ends, strict=True):
        model.set_weights(weights)
        assert model.evaluate(x[48:], y[48:], 16, verbose=0) == pytest.approx(epoch.score, rel=1e-4)


def test_the_training_itself_is_not_changed_by_the_average() -> None:
    """The weights that are trained on are as without it: only the scores differ."""

    def last(average: bool) -> list[float]:
        explorer = LRExplorerCallback(
            Script([("0.01", 0)], [(0, 4)]), False, average=average, monitor="val_loss", verbose=0
        )
        return fit(network(), explorer, epochs=4).history["loss"]

    assert last(True) == pytest.approx(last(False), rel=1e-5)


def test_the_best_weights_predictions_and_the_model_are_the_averages(tmp_path: Path) -> None:
    x, y = data()
    model = network()
    explorer = LRExplorerCallback(decades(), constant, directory=tmp_path, x_test=x[48:], verbose=0)
    fit(model, explorer, epochs=10)
    assert model.evaluate(x[48:], y[48:], verbose=0) == pytest.approx(explorer.best_score, rel=1e-4)
    other = network()
    other.load_weights(tmp_path / "best.weights.h5")
    assert other.evaluate(x[48:], y[48:], verbose=0) == pytest.approx(explorer.best_score, rel=1e-4)
    table = np.loadtxt(tmp_path / "best_predictions.csv", delimiter=",", skiprows=1)
    assert table[:, 1] == pytest.approx(model.predict(x[48:], verbose=0)[:, 0], rel=1e-4)


def test_the_optimizer_is_as_it_came_afterwards() -> None:
    model = network()
    x, y = data()
    model.optimizer.build(model.trainable_variables)
    before = [tuple(v.shape) for v in model.optimizer.variables]
    fit(model, LRExplorerCallback(decades(), verbose=0), epochs=8)
    assert not model.optimizer.use_ema
    assert [tuple(v.shape) for v in model.optimizer.variables] == before
    model.fit(x, y, epochs=1, verbose=0)


def test_a_model_that_was_fit_before_has_its_average_too() -> None:
    model = network()
    fit(model, keras.callbacks.Callback(), epochs=2)
    raw, averaged = (
        LRExplorerCallback(Script([("0.1", 0)], [(0, 3)]), False, average=average, verbose=0)
        for average in (False, True)
    )
    weights = model.get_weights()
    for explorer in (raw, averaged):
        model.set_weights(weights)
        fit(model, explorer, epochs=3)
    assert scores(averaged, 0) != scores(raw, 0)


def test_one_fit_after_another_keeps_its_average_among_the_optimizers_variables(
    tmp_path: Path,
) -> None:
    model = network()
    found = []
    for number in range(2):
        explorer = LRExplorerCallback(decades(), directory=tmp_path / str(number), verbose=0)
        with pytest.raises(Killed):
            fit(model, explorer, epochs=8, callbacks=[Kill(5)])
        with np.load(tmp_path / str(number) / "last.npz") as arrays:
            found.append(sum(name.startswith("optimizer") for name in arrays.files))
        explorer.restore()
    assert found[0] == found[1] > len(model.optimizer.variables)


def test_an_optimizer_that_keeps_its_own_average_is_left_alone() -> None:
    def explored(average: bool) -> Any:
        optimizer = keras.optimizers.Adam(use_ema=True, ema_momentum=0.5)
        model = network(optimizer)
        explorer = LRExplorerCallback(
            Script([("0.01", 0)], [(0, 3)]), False, average=average, verbose=0
        )
        fit(model, explorer, epochs=3)
        assert (optimizer.use_ema, optimizer.ema_momentum) == (True, 0.5)
        return scores(explorer, 0)

    assert explored(True) == explored(False)


@pytest.mark.parametrize("on_epoch", [False, True])
def test_a_callback_that_swaps_weights_is_refused(on_epoch: bool) -> None:
    model = network()
    model.compile(keras.optimizers.Adam(use_ema=True), "mse")
    swap = keras.callbacks.SwapEMAWeights(swap_on_epoch=on_epoch)
    for callbacks in ([swap], [keras.callbacks.ReduceLROnPlateau(), swap]):
        with pytest.raises(ValueError, match="leave it and use_ema out"):
            fit(model, LRExplorerCallback(verbose=0), epochs=20, callbacks=callbacks)


def test_a_score_of_training_is_of_the_weights() -> None:
    model = line()
    explorer = LRExplorerCallback(decades(), monitor="loss", exploit=False, verbose=0)
    history = fit(model, explorer, validation_split=0.0)
    assert [epoch.score for epoch in explorer.history] == history.history["loss"]


def test_frozen_and_shared_layers_and_integer_variables() -> None:
    """What is not trained is not averaged; a shared layer is once."""

    class Counting(keras.layers.Layer):
        def build(self, shape: Any) -> None:
            self.count = self.add_weight(shape=(), dtype="int32", trainable=False)

        def call(self, x: Any, training: bool = False) -> Any:
            if training:
                self.count.assign(self.count + 1)
            return x

    keras.utils.set_random_seed(0)
    shared, frozen = keras.layers.Dense(4, "relu"), keras.layers.Dense(4)
    inputs = keras.Input((4,))
    hidden = shared(shared(frozen(Counting()(inputs))))
    model = keras.Model(inputs, keras.layers.Dense(1)(hidden))
    frozen.trainable = False
    model.compile("adam", "mse")
    kernel = frozen.get_weights()[0]
    explorer = LRExplorerCallback(
        Script([("0.01", 0), ("0.1", 0), ("0.01", 0)], [(n, 2) for n in range(3)]), verbose=0
    )
    fit(model, explorer, epochs=9)
    assert scores(explorer, 0) == scores(explorer, 2)
    assert np.array_equal(frozen.get_weights()[0], kernel)
    x, y = data()
    assert model.evaluate(x[48:], y[48:], verbose=0) == pytest.approx(explorer.best_score, rel=1e-4)


def test_an_epoch_of_one_step_is_its_own_average() -> None:
    one, other = (
        LRExplorerCallback(Script([("0.1", 0)], [(0, 3)]), False, average=average, verbose=0)
        for average in (True, False)
    )
    fit(line(), one, epochs=3, batch_size=64)
    fit(line(), other, epochs=3, batch_size=64)
    assert scores(one, 0) == pytest.approx(scores(other, 0), rel=1e-5)


def test_a_trial_that_diverges_within_the_average_does_no_harm_to_the_next() -> None:
    trials = [("0.01", 0), ("1e30", 0), ("0.01", 0)]
    explorer = LRExplorerCallback(Script(trials, [(n, 2) for n in range(3)]), verbose=0)
    model = network("sgd")
    fit(model, explorer, epochs=9)
    assert explorer.search.trials[1].state == "diverged"
    assert scores(explorer, 0) == scores(explorer, 2)
    assert all(np.isfinite(weights).all() for weights in model.get_weights())


@pytest.mark.parametrize(("epoch", "where"), [(7, "end"), (14, "end"), (15, "begin")])
def test_a_resumed_run_has_the_history_of_the_uninterrupted_one(
    tmp_path: Path, epoch: int, where: str
) -> None:
    whole = run(None)
    raw = run(None, average=False)
    with pytest.raises(Killed):
        run(tmp_path, Kill(epoch, where))
    resumed = run(tmp_path)
    assert outcome(resumed) == outcome(whole)
    found, expected, plain = ([e.score for e in r.history] for r in (resumed, whole, raw))
    np.testing.assert_allclose(found, expected, rtol=1e-4)
    assert not np.allclose(found, plain, rtol=1e-4)


def test_a_folder_from_before_there_were_averages_goes_on_without(tmp_path: Path) -> None:
    whole = run(None, average=False)
    with pytest.raises(Killed):
        run(tmp_path, Kill(7), average=False)
    about = json.loads((tmp_path / "run.json").read_text())
    del about["average"], about["checksums"]
    (tmp_path / "run.json").write_text(json.dumps(about))
    (tmp_path / "checksums.json").unlink()
    resumed = run(tmp_path)
    np.testing.assert_allclose(
        [e.score for e in resumed.history], [e.score for e in whole.history], rtol=1e-4
    )


class TestKerasTrainee(TraineeContract):
    """With its average, as an explorer has it."""

    rates = (0.01, 0.0001)

    def make(self) -> Any:
        trainee = KerasTrainee(network(), steps=3)
        trainee.model.optimizer.build(trainee.model.trainable_variables)
        return trainee

    def train(self, trainee: Any) -> None:
        x, y = data()
        for start in (0, 16, 32):
            trainee.model.train_on_batch(x[start : start + 16], y[start : start + 16])

    def validate(self, trainee: Any) -> float:
        x, y = data()
        return float(trainee.model.evaluate(x[48:], y[48:], batch_size=16, verbose=0))

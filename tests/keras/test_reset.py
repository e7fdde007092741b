"""Each trial starts from its own state, whatever the trials before it did."""

from pathlib import Path

import keras
import numpy as np
import pytest

from lrsearch_keras import LRExplorerCallback
from lrsearch_keras.state.snapshot import put_state, take
from tests.keras.tasks import fit, network, scores
from tests.script import Script


def test_trials_at_the_same_rate_and_init_have_identical_scores() -> None:
    trials = [("0.01", 0), ("10", 0), ("0.3", 0), ("0.01", 0)]
    explorer = LRExplorerCallback(
        Script(trials, [(n, 4) for n in range(4)]), exploit=False, verbose=0
    )
    fit(network(), explorer, epochs=16)
    assert len(scores(explorer, 0)) == 4
    assert scores(explorer, 3) == scores(explorer, 0)
    assert scores(explorer, 2) != scores(explorer, 0)


@pytest.mark.parametrize(
    "optimizer",
    [
        keras.optimizers.SGD(momentum=0.9, nesterov=True),
        keras.optimizers.Adam(use_ema=True, ema_overwrite_frequency=2),
        keras.optimizers.AdamW(gradient_accumulation_steps=2, amsgrad=True),
        keras.optimizers.Adafactor(),
    ],
    ids=lambda optimizer: type(optimizer).__name__,
)
def test_every_state_of_an_optimizer_is_put_back(optimizer: keras.Optimizer) -> None:
    trials = [("0.01", 0), ("1", 0), ("0.01", 0)]
    explorer = LRExplorerCallback(
        Script(trials, [(n, 3) for n in range(3)]), exploit=False, verbose=0
    )
    fit(network(optimizer), explorer, epochs=9)
    assert scores(explorer, 2) == scores(explorer, 0)


def test_they_also_equal_a_plain_fit_at_that_rate() -> None:
    explorer = LRExplorerCallback(
        Script([("10", 0), ("0.01", 0)], [(0, 4), (1, 4)]), False, average=False, verbose=0
    )
    fit(network(), explorer, epochs=8)
    plain = fit(network(keras.optimizers.Adam(0.01)), keras.callbacks.Callback(), epochs=4)
    assert scores(explorer, 1) == plain.history["val_loss"]


@pytest.mark.parametrize("folder", [False, True])
def test_a_paused_trial_goes_on_as_if_it_had_not_been_interrupted(
    folder: bool, tmp_path: Path
) -> None:
    trials = [("0.01", 0), ("0.3", 0), ("0.01", 0), ("0.3", 0)]
    legs = [(0, 2), (1, 3), (2, 5), (0, 3), (1, 5), (3, 5), (0, 5)]
    explorer = LRExplorerCallback(
        Script(trials, legs),
        exploit=False,
        directory=tmp_path / "run" if folder else None,
        verbose=0,
    )
    fit(network(), explorer, epochs=20)
    assert scores(explorer, 0) == scores(explorer, 2)
    assert scores(explorer, 1) == scores(explorer, 3)
    assert not (tmp_path / "run" / "trials").exists()


def test_paused_trials_are_on_the_disk_until_they_cannot_be_continued(tmp_path: Path) -> None:
    held = []

    class Look(keras.callbacks.Callback):
        def on_epoch_end(self, epoch: int, logs: object = None) -> None:
            held.append(sorted(path.stem for path in (tmp_path / "trials").glob("*.npz")))

    legs = [(0, 1), (1, 1), (1, 2), (0, 2)]
    explorer = LRExplorerCallback(
        Script([("0.01", 0), ("0.1", 0)], legs), exploit=False, directory=tmp_path, verbose=0
    )
    fit(network(), explorer, epochs=8, callbacks=[Look()])
    assert held == [["000000"], ["000000", "000001"], ["000000"], []]


def test_a_trial_whose_weights_are_not_here_begins_anew() -> None:
    search = Script([("0.01", 0)], [(0, 2), (0, 4)])
    search.tell(search.ask(), [0.9, 0.8])
    explorer = LRExplorerCallback(search, exploit=False, verbose=0)
    fit(network(), explorer, epochs=9)
    assert [epoch.epoch for epoch in explorer.history] == [1, 2, 3, 4]


def test_the_loss_scale_and_its_inner_optimizer_are_put_back() -> None:
    optimizer = keras.optimizers.LossScaleOptimizer(keras.optimizers.Adam(), dynamic_growth_steps=2)
    trials = [("0.01", 0), ("0.1", 0), ("0.01", 0)]
    explorer = LRExplorerCallback(
        Script(trials, [(n, 3) for n in range(3)]), exploit=False, verbose=0
    )
    seen = []

    class Look(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch: int, logs: object = None) -> None:
            inner = float(optimizer.inner_optimizer.learning_rate)
            seen.append((int(optimizer.iterations), float(optimizer.dynamic_scale), inner))

    fit(network(optimizer), explorer, epochs=9, callbacks=[Look()])
    assert scores(explorer, 2) == scores(explorer, 0)
    assert seen[0] == seen[6] == (0, 2.0**15, pytest.approx(0.01))
    assert seen[3] == (0, 2.0**15, pytest.approx(0.1))
    assert seen[1][1] > 2.0**15


def test_moments_from_before_the_fit_belong_to_init_0() -> None:
    model = network()
    fit(model, keras.callbacks.Callback(), epochs=2)
    explorer = LRExplorerCallback(
        Script([("0.01", 0), ("0.01", 1)], [(0, 2), (1, 2)]), exploit=False, verbose=0
    )
    seen = []

    class Look(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch: int, logs: object = None) -> None:
            seen.append(int(model.optimizer.iterations))

    fit(model, explorer, epochs=4, callbacks=[Look()])
    assert seen == [6, 9, 0, 3]


def test_nothing_is_compiled_again_between_trials() -> None:
    calls = []

    class Counted(keras.layers.Layer):
        def call(self, inputs: object) -> object:
            calls.append(1)
            return inputs

    model = keras.Sequential([keras.Input((4,)), Counted(), keras.layers.Dense(1)])
    model.compile("adam", "mse")
    functions, traces = [], []

    class Look(keras.callbacks.Callback):
        def on_epoch_end(self, epoch: int, logs: object = None) -> None:
            functions.append(model.train_function)
            traces.append(len(calls))

    explorer = LRExplorerCallback(
        Script([("0.01", 0), ("0.1", 0), ("0.3", 1)], [(n, 2) for n in range(3)]), verbose=0
    )
    fit(model, explorer, epochs=12, callbacks=[Look()], batch_size=12)
    assert explorer.exploit is not None
    if keras.backend.backend() != "torch":
        drawing = 1
        assert traces[-1] <= traces[0] + drawing
    assert all(function is functions[0] for function in functions)
    assert len(functions) == 12


def test_training_does_not_write_to_a_snapshot() -> None:
    model = network()
    fit(model, keras.callbacks.Callback(), epochs=1)
    state = take(model)
    before = [value.copy() for value in state.model + state.optimizer]
    for _ in range(2):
        put_state(model, state)
        fit(model, keras.callbacks.Callback(), epochs=2)
    after = state.model + state.optimizer
    assert all(np.array_equal(a, b) for a, b in zip(before, after, strict=True))
    assert not np.array_equal(take(model).model[0], before[0])

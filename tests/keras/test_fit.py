"""One fit runs both phases."""

import re
from typing import Any

import keras
import numpy as np
import pytest

import lrsearch
from lrsearch import CosineAnnealing, DigitSearch, Exploit, Rate
from lrsearch_keras import LRExplorerCallback
from tests.keras.tasks import classes, data, decades, fit, line, network, scores
from tests.script import Script


def test_it_explores_and_then_exploits_and_the_model_holds_the_best_weights() -> None:
    model = network()
    explorer = LRExplorerCallback(decades(), verbose=0)
    history = fit(model, explorer, epochs=10)
    assert [epoch.phase for epoch in explorer.history] == ["explore"] * 4 + ["exploit"] * 6
    assert [epoch.rate for epoch in explorer.history[:4]] == [Rate("0.1")] * 2 + [Rate("0.01")] * 2
    assert explorer.rate == Rate("0.1")
    assert explorer.exploit.rates[0] == Rate("0.1")
    assert [epoch.score for epoch in explorer.history] == history.history["val_loss"]
    assert explorer.best_score == min(history.history["val_loss"])
    x, y = data()
    assert model.evaluate(x[48:], y[48:], 16, verbose=0) == pytest.approx(explorer.best_score)


def test_the_optimizer_is_new_afterwards_at_the_rate_found() -> None:
    model = network()
    explorer = LRExplorerCallback(decades(), exploit=False, verbose=0)
    fit(model, explorer)
    assert int(model.optimizer.iterations) == 0
    assert float(model.optimizer.learning_rate) == pytest.approx(0.1)
    assert all(not np.any(v) for v in model.optimizer.variables[2:])


def test_the_model_that_comes_back_is_safe_to_train_on() -> None:
    """At the rate found, three more epochs would lose what the annealing won."""
    x, y = data(256)
    noise = np.random.default_rng(1).normal(size=y.shape).astype("float32")
    model = network()
    explorer = LRExplorerCallback(verbose=0)
    settings: Any = {"batch_size": 16, "shuffle": False, "verbose": 0}
    held_out = (x[192:], y[192:] + noise[192:])
    model.fit(x[:192], y[:192] + noise[:192], epochs=60, validation_data=held_out,
              callbacks=[explorer], **settings)  # fmt: skip
    assert float(model.optimizer.learning_rate) == pytest.approx(explorer.peak / 100)
    before = model.evaluate(*held_out, verbose=0)
    again = model.fit(x[:192], y[:192] + noise[:192], epochs=3, validation_data=held_out,
                      **settings)  # fmt: skip
    assert max(again.history["val_loss"]) < 1.1 * before


@pytest.mark.parametrize("verbose", [0, 2])
def test_the_fit_ends_with_a_line_that_says_what_was_found(capfd: Any, verbose: int) -> None:
    explorer = LRExplorerCallback()
    fit(line(), explorer, epochs=40, verbose=verbose)
    shown = "".join(capfd.readouterr())
    closing = next(text for text in shown.splitlines() if text.startswith("rate "))
    best = explorer.history.index(explorer.best) + 1
    assert closing.startswith(f"rate {explorer.rate}, then trained from a peak of {explorer.peak};")
    assert f"best val_loss {explorer.best_score:.5g} in epoch {best} of 40" in closing
    assert explorer.evidence.sentence in closing
    rates = [float(epoch.rate) for epoch in explorer.history if epoch.phase == "exploit"]
    assert max(rates) <= explorer.peak <= 1.02 * max(rates)


def test_a_log_file_shows_the_second_phase_tenth_by_tenth(capfd: Any) -> None:
    fit(line(), LRExplorerCallback(), epochs=60)
    lines = [text for text in capfd.readouterr().err.splitlines() if "exploit" in text]
    assert [text.partition(" ")[0] for text in lines] == [f"{n}/60" for n in range(15, 61, 5)]
    assert all(len(text.partition(" at ")[2]) < 10 for text in lines)


def test_a_second_phase_that_overfits_says_where_its_best_epoch_lay(capfd: Any) -> None:
    """Twelve examples with noise for labels, and a network that can learn them by heart."""
    keras.utils.set_random_seed(1)
    x, y = data(24)
    y = y + np.random.default_rng(3).normal(size=y.shape).astype("float32")
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(256, "relu"),
                              keras.layers.Dense(256, "relu"), keras.layers.Dense(1)])  # fmt: skip
    model.compile("adam", "mse")
    explorer = LRExplorerCallback(lrsearch.GridSearch(["0.01"], 1), lambda search, left: Exploit(
        search.kept, left, patience=None))  # fmt: skip
    model.fit(x[:12], y[:12], epochs=81, validation_data=(x[12:], y[12:]), verbose=0,
              callbacks=[explorer])  # fmt: skip
    at = explorer.best.epoch
    assert at < 40
    shown = capfd.readouterr().err
    assert re.search(rf"its {at}(st|nd|rd|th) of 80, and val_loss went from .* overfits", shown)


def test_a_second_phase_that_is_best_at_its_end_says_nothing_of_the_kind(capfd: Any) -> None:
    fit(line(), LRExplorerCallback(), epochs=40)
    assert "overfits" not in capfd.readouterr().err


def test_without_a_second_phase_the_fit_ends_when_the_search_is_done() -> None:
    explorer = LRExplorerCallback(decades(), exploit=False, verbose=0)
    history = fit(line(), explorer, epochs=20)
    assert len(history.epoch) == explorer.search.spent == 4
    assert explorer.exploit is None


def test_the_second_phase_is_made_from_the_search_and_the_epochs_left() -> None:
    def make(search: Any, epochs: int) -> Exploit:
        assert search.kept == (Rate("0.1"), Rate("0.01"))
        assert epochs == 5
        return Exploit(search.kept[:1], 4, CosineAnnealing(1, 4, warmup=2))

    explorer = LRExplorerCallback(decades(), make, verbose=0)
    history = fit(line(), explorer, epochs=9)
    assert history.history["rate"][4:] == pytest.approx([0.05, 0.1, 0.1, 0.05])
    assert explorer.exploit.done


def test_a_second_phase_can_be_given_ready_made() -> None:
    exploit = Exploit(["0.05"], 3)
    explorer = LRExplorerCallback(decades(), exploit, verbose=0)
    fit(line(), explorer, epochs=20)
    assert explorer.exploit is exploit
    assert [str(epoch.rate) for epoch in explorer.history[4:]] == ["0.05"] * 3


def test_a_search_that_is_done_leaves_all_epochs_to_the_second_phase() -> None:
    search = decades()
    for trial in search:
        search.tell(trial, float(trial.rate))
    explorer = LRExplorerCallback(search, verbose=0)
    fit(line(), explorer, epochs=5)
    assert [epoch.phase for epoch in explorer.history] == ["exploit"] * 5


def test_the_second_phase_starts_from_the_initial_weights_or_from_the_best() -> None:
    def run(start: Any) -> Any:
        still = lambda search, epochs: Exploit(["1e-9"], 1)  # noqa: E731
        explorer = LRExplorerCallback(decades(), still, start=start, verbose=0)
        model = line()
        x, y = data()
        before = model.evaluate(x[48:], y[48:], 16, verbose=0)
        fit(model, explorer, epochs=5)
        return before, explorer

    before, explorer = run("initial")
    assert explorer.history[4].score == pytest.approx(before, rel=1e-5)
    _, explorer = run("best")
    assert explorer.history[4].score == pytest.approx(explorer.best_score, rel=1e-5)
    assert explorer.best_score < before


def test_a_later_turn_goes_back_to_the_best_weights_of_the_phase() -> None:
    def make(search: Any, epochs: int) -> Exploit:
        return Exploit(["1", "1e-9"], epochs, turn=3, patience=None, new_optimizer=False)

    explorer = LRExplorerCallback(decades(), make, verbose=0)
    fit(line(), explorer, epochs=10)
    first_turn, second_turn = explorer.history[4:7], explorer.history[7:]
    best = min(epoch.score for epoch in first_turn)
    assert first_turn[-1].score > best
    assert second_turn[0].score == pytest.approx(best, rel=1e-5)


def test_a_turn_can_start_with_a_new_optimizer() -> None:
    model = network()
    seen = []

    class Look(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
            seen.append(int(model.optimizer.iterations))

    def make(search: Any, epochs: int) -> Exploit:
        return Exploit(["0.1", "0.01"], epochs, turn=2, patience=None)

    fit(model, LRExplorerCallback(decades(), make, verbose=0), epochs=8, callbacks=[Look()])
    assert seen == [0, 3, 0, 3, 0, 3, 0, 3]


def test_an_accuracy_is_maximised() -> None:
    model = network(loss=keras.losses.BinaryCrossentropy(True), metrics=["accuracy"])
    x, y = classes()
    search = decades(direction="maximize")
    explorer = LRExplorerCallback(search, monitor="val_accuracy", mode="max", verbose=0)
    history = model.fit(
        x, y, epochs=8, validation_data=(x, y), class_weight={0: 1.0, 1: 2.0},
        verbose=0, callbacks=[explorer],
    )  # fmt: skip
    assert explorer.best_score == max(history.history["val_accuracy"])
    assert explorer.exploit.direction == "maximize"
    assert model.evaluate(x, y, verbose=0)[1] == pytest.approx(explorer.best_score)


def test_the_default_search_takes_the_monitors_direction() -> None:
    model = network(loss=keras.losses.BinaryCrossentropy(True), metrics=["accuracy"])
    x, y = classes()
    explorer = LRExplorerCallback(monitor="val_accuracy", verbose=0)
    model.fit(x, y, epochs=50, validation_data=(x, y), verbose=0, callbacks=[explorer])
    assert explorer.search.direction == "maximize"
    assert explorer.search.done
    assert explorer.rate is not None
    assert len(explorer.history) == 50


def test_epochs_that_validation_freq_skips_have_no_score_and_no_complaint(recwarn: Any) -> None:
    explorer = LRExplorerCallback(decades(epochs=4), exploit=False, verbose=0)
    fit(line(), explorer, epochs=9, validation_freq=3)
    assert [epoch.score is None for epoch in explorer.history] == [
        True, True, False, True, True, False, True, True,
    ]  # fmt: skip
    assert list(explorer.search.trials[0].scores) == [3]
    assert list(explorer.search.trials[1].scores) == [2]
    assert not [w for w in recwarn if issubclass(w.category, RuntimeWarning)]


def test_the_last_epoch_of_a_leg_is_validated_where_validation_freq_leaves_it_no_score() -> None:
    model = line()
    explorer = LRExplorerCallback(decades(), verbose=0)
    fit(model, explorer, epochs=12, validation_freq=5)
    scored = [index for index, epoch in enumerate(explorer.history, 1) if epoch.score is not None]
    legs = [2, 4]
    assert scored == [*legs, 5, 10, 12]
    assert "_should_eval" not in vars(model)


def test_without_arguments_the_race_gets_its_scores_whatever_validation_freq_is() -> None:
    explorer = LRExplorerCallback(verbose=0)
    fit(line(), explorer, epochs=30, validation_freq=7)
    assert explorer.search.done
    assert explorer.rate is not None
    assert all(trial.scores for trial in explorer.search.trials)
    assert explorer.history[-1].score is not None


def test_training_scores_can_be_monitored_without_validation_data() -> None:
    explorer = LRExplorerCallback(decades(), monitor="loss", exploit=False, verbose=0)
    history = fit(line(), explorer, validation_split=0.0)
    assert [epoch.score for epoch in explorer.history] == history.history["loss"]


def test_other_callbacks_see_rate_round_and_trial(tmp_path: Any) -> None:
    explorer = LRExplorerCallback(decades(), verbose=0)
    log = keras.callbacks.CSVLogger(str(tmp_path / "log.csv"))
    best = keras.callbacks.ModelCheckpoint(
        str(tmp_path / "best.weights.h5"), save_best_only=True, save_weights_only=True
    )
    model = network()
    history = fit(model, explorer, epochs=5, callbacks=[log, best]).history
    assert history["trial"] == [0, 0, 1, 1, -1]
    assert history["round"] == [1, 1, 1, 1, 0]
    assert history["rate"] == [0.1, 0.1, 0.01, 0.01, 0.1]
    assert (tmp_path / "log.csv").read_text().splitlines()[0] == (
        "epoch,loss,rate,round,trial,val_loss"
    )
    other = network()
    other.load_weights(tmp_path / "best.weights.h5")
    assert all(
        np.array_equal(a, b) for a, b in zip(model.get_weights(), other.get_weights(), strict=True)
    )


def test_a_checkpoint_of_every_epoch_is_what_that_epoch_trained(tmp_path: Any) -> None:
    explorer = LRExplorerCallback(decades(), exploit=False, verbose=0)
    every = keras.callbacks.ModelCheckpoint(
        str(tmp_path / "{epoch}.weights.h5"), save_weights_only=True
    )
    fit(line(), explorer, epochs=4, callbacks=[every])
    x, y = data()
    for number, epoch in enumerate(explorer.history, 1):
        model = line()
        model.load_weights(tmp_path / f"{number}.weights.h5")
        assert model.evaluate(x[48:], y[48:], 16, verbose=0) == pytest.approx(epoch.score)


def test_tensorboard_has_one_line_of_epochs_with_rate_round_and_trial(tmp_path: Any) -> None:
    pytest.importorskip("tensorflow", reason="Keras's TensorBoard writes through TensorFlow")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    from tensorboard.util.tensor_util import make_ndarray

    explorer = LRExplorerCallback(decades(), verbose=0)
    board = keras.callbacks.TensorBoard(str(tmp_path), write_graph=False)
    fit(line(), explorer, epochs=5, callbacks=[board])
    events = EventAccumulator(str(tmp_path / "train"), {"tensors": 0})
    events.Reload()
    assert {f"epoch_{name}" for name in ("rate", "round", "trial")} <= set(events.Tags()["tensors"])
    steps = events.Tensors("epoch_trial")
    assert [event.step for event in steps] == [0, 1, 2, 3, 4]
    assert [make_ndarray(event.tensor_proto).item() for event in steps] == [0, 0, 1, 1, -1]


def test_the_fit_may_show_its_own_progress(capsys: Any) -> None:
    fit(line(), LRExplorerCallback(decades()), epochs=5, verbose=2)
    out = capsys.readouterr().out
    assert "Epoch 5/5" in out
    assert all(f" - {name}: " in out for name in ("rate", "round", "trial", "val_loss"))
    assert "round 1" in out


def test_verbose_0_shows_nothing(capfd: Any) -> None:
    model = line()
    capfd.readouterr()
    fit(model, LRExplorerCallback(decades(), verbose=0), epochs=5)
    out, err = capfd.readouterr()
    assert out == ""
    assert "round" not in err


def test_it_continues_from_initial_epoch() -> None:
    explorer = LRExplorerCallback(decades(), verbose=0)
    fit(line(), explorer, epochs=10, initial_epoch=4)
    assert len(explorer.history) == 6
    assert explorer.exploit.budget == 2


def test_steps_per_epoch_and_a_stream_of_batches() -> None:
    def batches() -> Any:
        x, y = data()
        while True:
            yield x[:16], y[:16]

    explorer = LRExplorerCallback(decades(), verbose=0)
    model = line()
    x, y = data()
    model.fit(
        batches(), epochs=6, steps_per_epoch=2, validation_data=(x, y), verbose=0,
        callbacks=[explorer],
    )  # fmt: skip
    assert len(explorer.history) == 6


def test_mixed_precision() -> None:
    keras.config.set_dtype_policy("mixed_float16")
    try:
        model = network()
    finally:
        keras.config.set_dtype_policy("float32")
    assert isinstance(model.optimizer, keras.optimizers.LossScaleOptimizer)
    search = Script([("0.01", 0), ("10", 0), ("0.01", 0)], [(n, 2) for n in range(3)])
    explorer = LRExplorerCallback(search, verbose=0)
    fit(model, explorer, epochs=8)
    assert scores(explorer, 0) == scores(explorer, 2)
    assert float(model.optimizer.inner_optimizer.learning_rate) == pytest.approx(
        explorer.peak / 100
    )


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="TensorFlow's own")
def test_tf_data() -> None:
    import tensorflow as tf

    x, y = data()
    training = tf.data.Dataset.from_tensor_slices((x, y)).batch(16)
    explorer = LRExplorerCallback(
        Script([("0.01", 0), ("0.1", 0), ("0.01", 0)], [(n, 2) for n in range(3)]), verbose=0
    )
    model = network()
    model.fit(training, epochs=8, validation_data=training, verbose=0, callbacks=[explorer])
    assert scores(explorer, 0) == scores(explorer, 2)


class Late(keras.Model):
    """A model that has no variables before it is called."""

    def __init__(self) -> None:
        super().__init__()
        self.hidden = keras.layers.Dense(4)
        self.out = keras.layers.Dense(1)

    def call(self, x: Any) -> Any:
        return self.out(self.hidden(x))


@pytest.mark.parametrize(
    "make", [Late, lambda: keras.Sequential([keras.layers.Dense(4), keras.layers.Dense(1)])]
)
def test_a_model_that_is_built_by_its_first_batch(make: Any) -> None:
    model = make()
    model.compile("adam", "mse")
    explorer = LRExplorerCallback(
        Script([("0.01", 0), ("0.1", 0), ("0.01", 0)], [(n, 2) for n in range(3)]),
        exploit=False,
        verbose=0,
    )
    fit(model, explorer)
    assert scores(explorer, 0) == scores(explorer, 2)
    assert explorer.best_score == min(epoch.score for epoch in explorer.history)


def test_the_papers_exploration_runs_to_its_end() -> None:
    search = DigitSearch.paper(["0.2", "0.1", "0"], epochs=1, digits=2, keep=1)
    explorer = LRExplorerCallback(search, exploit=False, initial="fresh", verbose=0)
    fit(line(), explorer, epochs=search.most_epochs)
    assert search.done
    assert len(search.rounds) == 2
    assert [epoch.epoch for epoch in explorer.history if epoch.rate == 0] == [1]

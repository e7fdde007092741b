"""Each mistake says what to do, and nothing is lost by it."""

import math
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from lrsearch import CosineAnnealing, DigitSearch, Exploit, GridSearch
from lrsearch_keras import LRExplorerCallback
from tests.keras.tasks import data, decades, fit, line, network, scores
from tests.script import Script


def unchanged(model: keras.Model, weights: list[np.ndarray]) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(weights, model.get_weights(), strict=True))


@pytest.mark.parametrize("validation_freq", [1, 2])
def test_a_monitor_that_the_logs_do_not_have(validation_freq: int) -> None:
    model = line()
    weights = model.get_weights()
    explorer = LRExplorerCallback(decades(), monitor="val_acuracy", verbose=0)
    with pytest.raises(ValueError, match="no 'val_acuracy', they have loss, val_loss: pass one"):
        fit(model, explorer, validation_freq=validation_freq)
    assert unchanged(model, weights)
    assert explorer.search.out == ()
    with pytest.raises(ValueError, match="the logs have no 'los'"):
        fit(model, LRExplorerCallback(decades(), monitor="los", verbose=0))


def test_no_validation_data() -> None:
    model = line()
    weights = model.get_weights()
    explorer = LRExplorerCallback(decades(epochs=50), verbose=0)
    with pytest.raises(ValueError, match=r"pass\s+validation_data=\(x, y\) or validation_split"):
        fit(model, explorer, epochs=100, validation_split=0.0)
    assert explorer.search.spent == 0
    assert unchanged(model, weights)
    fit(model, LRExplorerCallback(decades(), verbose=0))


@pytest.mark.parametrize(
    "schedule",
    [keras.optimizers.schedules.CosineDecay(0.1, 10), lambda: 0.1],
    ids=["schedule", "function"],
)
def test_an_optimizer_with_a_schedule(schedule: Any) -> None:
    model = line()
    model.compile(keras.optimizers.SGD(schedule), "mse")
    explorer = LRExplorerCallback(decades(), verbose=0)
    with pytest.raises(ValueError, match=r"compile with a plain SGD\(\)"):
        fit(model, explorer)
    assert explorer.search.trials == ()


def test_a_model_that_is_not_compiled() -> None:
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    with pytest.raises(ValueError, match="compile"):
        fit(model, LRExplorerCallback(decades(), verbose=0))


def test_epochs_1_is_annealed_and_the_warning_says_how_many_to_pass() -> None:
    model = line()
    explorer = LRExplorerCallback(verbose=0)
    with pytest.warns(RuntimeWarning, match="Pass at least 5 epochs to fit, better 50 and more"):
        fit(model, explorer, epochs=1)
    (epoch,) = explorer.history
    assert (epoch.phase, float(epoch.rate)) == ("exploit", pytest.approx(0.01))
    assert explorer.best == epoch


@pytest.mark.parametrize(
    ("search", "epochs", "least"),
    [(DigitSearch(), 60, 2000), (decades(), 3, 4), (GridSearch(["0.1"], 5), 4, 5)],
)
def test_a_search_that_cannot_end_within_the_epochs_is_an_error_before_training(
    search: Any, epochs: int, least: int, tmp_path: Path
) -> None:
    model = line()
    weights = model.get_weights()
    explorer = LRExplorerCallback(search, verbose=0, directory=tmp_path)
    message = rf"needs at least {least} epochs, and the fit has {epochs}: pass at least {least}"
    with pytest.raises(ValueError, match=message + ".* epochs a trial .* or no search to LRExp"):
        fit(model, explorer, epochs=epochs)
    assert unchanged(model, weights)
    assert search.trials == ()
    assert list(tmp_path.iterdir()) == []
    assert LRExplorerCallback(verbose=0).search is None


def test_epochs_that_may_be_too_few_are_said_and_used_as_far_as_they_last() -> None:
    model = line()
    explorer = LRExplorerCallback(decades(extend=3), verbose=0)
    with (
        pytest.warns(RuntimeWarning, match="needs up to 10 epochs, and the fit has 5"),
        pytest.warns(RuntimeWarning, match="over before the search was: 0.1 is the best"),
    ):
        history = fit(model, explorer, epochs=5)
    assert len(explorer.history) == 5
    assert explorer.search.out == ()
    assert explorer.best_score == min(history.history["val_loss"])
    x, y = data()
    assert model.evaluate(x[48:], y[48:], 16, verbose=0) == pytest.approx(explorer.best_score)


def test_exactly_enough_epochs_leave_none_for_the_second_phase(recwarn: Any) -> None:
    explorer = LRExplorerCallback(decades(), verbose=0)
    fit(line(), explorer, epochs=4)
    assert explorer.search.done
    assert explorer.exploit is None
    assert not [w for w in recwarn if issubclass(w.category, RuntimeWarning)]


def test_a_fit_that_early_stopping_ends() -> None:
    model = line()
    explorer = LRExplorerCallback(decades(epochs=4), verbose=0)
    stopping = keras.callbacks.EarlyStopping(patience=0, min_delta=1e6, start_from_epoch=2)
    with pytest.warns(RuntimeWarning, match="most likely EarlyStopping"):
        history = fit(model, explorer, epochs=20, callbacks=[stopping])
    assert len(history.epoch) < 8
    x, y = data()
    assert model.evaluate(x[48:], y[48:], 16, verbose=0) == pytest.approx(explorer.best_score)


def test_early_stopping_in_the_second_phase_is_named_too() -> None:
    explorer = LRExplorerCallback(decades(), verbose=0)
    stopping = keras.callbacks.EarlyStopping(patience=0, min_delta=1e6, start_from_epoch=6)
    with pytest.warns(RuntimeWarning, match="before the rate was annealed.*EarlyStopping"):
        fit(line(), explorer, epochs=20, callbacks=[stopping])
    assert 4 < len(explorer.history) < 20


def test_a_scheduler_that_overrides_the_rate_of_a_trial() -> None:
    model = line()
    weights = model.get_weights()
    other = keras.callbacks.LearningRateScheduler(lambda epoch: 0.5)
    x, y = data()
    for first in (True, False):
        explorer = LRExplorerCallback(decades(), verbose=0)
        callbacks = [explorer, other] if first else [other, explorer]
        with pytest.raises(ValueError, match=r"sets the rate of each epoch.*: leave Learning"):
            model.fit(x, y, epochs=6, validation_split=0.25, verbose=0, callbacks=callbacks)
        assert explorer.history == ()
    assert unchanged(model, weights)


def test_a_callback_of_ones_own_that_overrides_the_rate_of_a_trial() -> None:
    def set_rate(epoch: int, logs: Any) -> None:
        model.optimizer.learning_rate = 0.5

    model = line()
    weights = model.get_weights()
    other = keras.callbacks.LambdaCallback(on_epoch_begin=set_rate)
    with pytest.raises(ValueError, match=r"trained at 0\.1, and another .* 0\.5: leave Learning"):
        fit(model, LRExplorerCallback(decades(), verbose=0), callbacks=[other])
    assert unchanged(model, weights)


def test_a_callback_that_sets_the_rate_after_an_epoch_does_no_harm() -> None:
    plateau = keras.callbacks.ReduceLROnPlateau(patience=0, min_delta=1e6)
    alone, beside = (LRExplorerCallback(decades(), verbose=0) for _ in range(2))
    fit(line(), alone, epochs=8)
    fit(line(), beside, epochs=8, callbacks=[plateau])
    assert beside.history == alone.history


@pytest.mark.parametrize("epochs", [12, 40])
def test_nan_scores_are_named_without_arguments(epochs: int) -> None:
    x, y = data()
    y = np.full_like(y, np.nan)
    explorer = LRExplorerCallback(verbose=0)
    with pytest.warns(RuntimeWarning, match="check the data and the model"):
        line().fit(x, y, epochs=epochs, validation_split=0.25, verbose=0, callbacks=[explorer])
    assert explorer.best is None


def test_a_rate_that_diverges_at_once_does_no_harm_to_the_second_phase() -> None:
    def second(search: Any, left: int) -> Exploit:
        return Exploit(["1e30", "0.01"], left, restore=False)

    explorer = LRExplorerCallback(decades(), second, verbose=0)
    fit(network("sgd"), explorer, epochs=8)
    scores = [epoch.score for epoch in explorer.history if epoch.phase == "exploit"]
    assert [math.isfinite(score) for score in scores] == [False, True, True, True]


def test_nan_scores_from_the_first_epoch_end_each_trial_and_name_the_cause() -> None:
    model = line()
    weights = model.get_weights()
    x, y = data()
    y = np.full_like(y, np.nan)
    explorer = LRExplorerCallback(decades(), verbose=0)
    with pytest.warns(RuntimeWarning, match="no rate was found.*check the data and the model"):
        model.fit(x, y, epochs=9, validation_split=0.25, verbose=0, callbacks=[explorer])
    assert len(explorer.history) == 2
    assert explorer.rate is None
    assert explorer.best is None
    assert unchanged(model, weights)


def test_terminate_on_nan_is_named_too() -> None:
    explorer = LRExplorerCallback(Script([("1e30", 0), ("0.1", 0)], [(0, 2), (1, 2)]), verbose=0)
    stopping = keras.callbacks.TerminateOnNaN()
    with pytest.warns(RuntimeWarning, match="TerminateOnNaN"):
        fit(line(), explorer, epochs=9, callbacks=[stopping])


def test_a_rate_that_diverges_does_no_harm_to_the_next() -> None:
    trials = [("0.01", 0), ("1e30", 0), ("0.01", 0)]
    explorer = LRExplorerCallback(
        Script(trials, [(n, 2) for n in range(3)]), exploit=False, verbose=0
    )
    fit(network("sgd"), explorer, epochs=6)
    assert explorer.search.trials[1].state == "diverged"
    assert scores(explorer, 0) == scores(explorer, 2)


def test_a_direction_that_contradicts_the_mode() -> None:
    search = decades(direction="maximize")
    with pytest.raises(ValueError, match='build the search with direction="minimize"'):
        fit(line(), LRExplorerCallback(search, verbose=0))
    with pytest.raises(ValueError, match='direction="maximize", or pass mode="min"'):
        fit(line(), LRExplorerCallback(decades(), mode="max", verbose=0))
    exploit = Exploit(["0.1"], 3, direction="maximize")
    with pytest.raises(ValueError, match='build it with direction="minimize"'):
        fit(line(), LRExplorerCallback(decades(), exploit, verbose=0))


def test_a_monitor_whose_direction_nothing_tells() -> None:
    explorer = LRExplorerCallback(monitor="val_zeta", verbose=0)
    with pytest.raises(ValueError, match='pass mode="min" or mode="max"'):
        fit(line(), explorer)


def test_a_second_fit_with_the_same_callback() -> None:
    explorer = LRExplorerCallback(decades(), verbose=0)
    model = line()
    fit(model, explorer)
    with pytest.raises(RuntimeError, match="make a new one, with a new search"):
        fit(model, explorer)
    assert len(explorer.history) == 6


def test_trials_that_were_asked_elsewhere() -> None:
    search = decades()
    search.ask()
    search.ask()
    with pytest.raises(RuntimeError, match="nothing to hand out"):
        fit(line(), LRExplorerCallback(search, verbose=0))


@pytest.mark.parametrize(
    ("options", "error", "match"),
    [
        ({"search": 3}, TypeError, "search has to be a search such as"),
        ({"search": DigitSearch}, TypeError, "got the class DigitSearch"),
        ({"exploit": 3}, TypeError, "exploit has to be an Exploit, a function"),
        ({"exploit": CosineAnnealing("0.01", 180)}, TypeError, "an Exploit, not a schedule alone"),
        ({"mode": "up"}, ValueError, 'mode has to be "auto", "min" or "max", got \'up\''),
        ({"initial": "new"}, ValueError, "initial has to be"),
        ({"start": "last"}, ValueError, "start has to be"),
    ],
)
def test_options_that_cannot_be_meant(options: Any, error: Any, match: str) -> None:
    with pytest.raises(error, match=match):
        LRExplorerCallback(**options)

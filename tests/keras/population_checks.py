"""What a compiled population has to keep to; run by test_population.py with Keras on JAX."""

from __future__ import annotations

import inspect
import math
import textwrap
from typing import Any

import keras
import numpy as np
import pytest

from examples.fashion_mnist_vae.model import build_vae
from lrsearch import CosineAnnealing, DigitRace, GridSearch
from lrsearch_keras import (
    Inits,
    LRExplorerCallback,
    State,
    explore_population,
    put_state,
    take,
)
from lrsearch_keras.population import CompiledTrainer
from lrsearch_keras.state.snapshot import copied
from tests.benchmarks.compare.together import train_together
from tests.keras.population_tasks import RATES, Listed, explore, scores, script, small, trainer
from tests.keras.tasks import classes, data, decades, line, network
from tests.script import Script

SIZES = pytest.mark.parametrize("size", [1, 3])


def close(one: State, other: State, relative: float) -> None:
    for a, b in zip([*one.model, *one.optimizer], [*other.model, *other.optimizer], strict=True):
        np.testing.assert_allclose(a, b, rtol=relative, atol=relative * max(1e-3, np.abs(b).max()))


@pytest.mark.parametrize(("size", "optimizer"), [(1, "adam"), (3, "adam"), (1, "rmsprop")])
def test_the_first_step_equals_that_of_train_on_batch(size: int, optimizer: str) -> None:
    """Within 1e-5, weights, batch statistics, random state and moments alike."""
    model = small(optimizer)
    x, y = data(16)
    compiled = CompiledTrainer(model, x, y, batch_size=16, shuffle=False, size=size)
    first = take(model)
    members, _ = compiled.epoch(
        [compiled.member(first) for _ in RATES[:size]], [float(r) for r in RATES[:size]],
        [(0, 1)] * size,
    )  # fmt: skip
    for rate, member in zip(RATES, members, strict=False):
        put_state(model, first)
        model.optimizer.learning_rate = float(rate)
        model.train_on_batch(x, y)
        close(compiled.state(member), take(model), 1e-5)


def test_the_first_step_of_the_paper_s_model_too() -> None:
    """It adds its loss, and draws from a seed generator of its own."""
    keras.utils.set_random_seed(0)
    model = build_vae()
    model.compile("adam")
    x = np.random.default_rng(0).uniform(size=(32, 784)).astype("float32")
    first = None
    for size in (1, 3):
        compiled = CompiledTrainer(model, x, batch_size=32, shuffle=False, size=size)
        first = take(model) if first is None else first
        starts = [compiled.member(first) for _ in range(size)]
        members, _ = compiled.epoch(starts, [0.001] * size, [(0, 1)] * size)
        put_state(model, first)
        model.optimizer.learning_rate = 0.001
        model.train_on_batch(x)
        for member in members:
            close(compiled.state(member), take(model), 1e-5)
        put_state(model, first)


@SIZES
def test_scores_are_those_of_the_callback(size: int) -> None:
    """The same search over fit and compiled: equal trials, equal scores."""
    x, y = data(80)
    model = small()
    explorer = LRExplorerCallback(decades(), exploit=False, verbose=0)
    model.fit(
        x[:60], y[:60], batch_size=16, epochs=4, validation_data=(x[60:], y[60:]), shuffle=False,
        verbose=0, callbacks=[explorer],
    )  # fmt: skip
    explored = explore(decades(), size=size)
    for trial in (0, 1):
        fitted = [epoch.score for epoch in explorer.history if epoch.trial == trial]
        np.testing.assert_allclose(scores(explored, trial), fitted, rtol=1e-4)
    assert explored.rate == explorer.rate


@SIZES
def test_averages_of_many_steps_are_those_of_the_callback(size: int) -> None:
    """Taken every fourth step, and after the last three."""
    x, y = data(80)
    model = small("sgd")
    explorer = LRExplorerCallback(decades(), exploit=False, verbose=0)
    model.fit(
        x[:59], y[:59], batch_size=1, epochs=4, validation_data=(x[60:], y[60:]), shuffle=False,
        verbose=0, callbacks=[explorer],
    )  # fmt: skip
    explored = explore(decades(), small("sgd"), size=size, x=x[:59], y=y[:59], batch_size=1)
    for trial in (0, 1):
        fitted = [epoch.score for epoch in explorer.history if epoch.trial == trial]
        np.testing.assert_allclose(scores(explored, trial), fitted, rtol=1e-4)


@SIZES
def test_a_paused_trial_goes_on_as_if_it_had_not_been_paused(size: int) -> None:
    paused = explore(script(), size=size, shuffle=True)
    whole = explore(Script([(rate, 0) for rate in RATES], [(0, 4), (1, 4), (2, 4)]), shuffle=True)
    for trial in range(3):
        np.testing.assert_allclose(scores(paused, trial), scores(whole, trial), rtol=1e-4)


@SIZES
def test_a_diverged_member_disturbs_no_other(size: int) -> None:
    def run(rates: list[str]) -> Any:
        search = Listed([(rate, 0) for rate in rates], [(n, 3) for n in range(len(rates))])
        return explore(search, small("sgd"), size=size), search

    wild, search = run(["0.01", "1e30", "0.003"])
    calm, _ = run(["0.01", "0.003"])
    assert search.trials[1].state == "diverged"
    assert not math.isfinite(scores(wild, 1)[-1])
    np.testing.assert_allclose(scores(wild, 0), scores(calm, 0), rtol=1e-5)
    np.testing.assert_allclose(scores(wild, 2), scores(calm, 1), rtol=1e-5)


@pytest.mark.parametrize("size", [1, 2, 4])
def test_nothing_is_compiled_again_between_rounds(size: int) -> None:
    """Fewer trials than places, paused ones, new rounds: one program serves them all."""
    compiled = trainer(small(), size=size)
    first = take(compiled.model)
    for count in (size, 1, size):
        members = [compiled.member(first) for _ in range(count)]
        for epoch in (1, 2):
            members, _ = compiled.epoch(members, [0.01] * count, [(0, epoch)] * count)
    assert compiled.programs == 1


def test_the_model_has_the_best_weights_and_a_new_optimizer_at_the_rate() -> None:
    model = small()
    x, y = data(80)
    explored = explore(decades(), model)
    score = model.evaluate(x[60:], y[60:], verbose=0)
    assert score == pytest.approx(explored.best.score, rel=1e-5)
    assert float(model.optimizer.learning_rate) == pytest.approx(float(explored.rate))
    assert int(model.optimizer.iterations) == 0


@pytest.mark.parametrize("size", [1, 5])
def test_final_scores_lie_within_the_spread_of_inits(size: int) -> None:
    """Compiled and fitted runs, five inits each: means apart by less than their spread."""
    x, y = data(80)
    model = small()
    compiled = trainer(model, size, shuffle=True)
    inits = Inits(model, "same", 0)
    starts = [inits.state(init) for init in range(5)]
    trained = train_together(compiled, [lambda epoch: 0.01] * 5, 8, starts, range(5))
    fitted = []
    for start in starts:
        put_state(model, start)
        model.optimizer.learning_rate = 0.01
        history = model.fit(x[:60], y[:60], batch_size=16, epochs=8, verbose=0,
                            validation_data=(x[60:], y[60:]))  # fmt: skip
        fitted.append(history.history["val_loss"][-1])
    assert abs(np.mean(trained.scores[:, -1]) - np.mean(fitted)) <= np.std(fitted) + np.std(
        trained.scores[:, -1]
    )


@SIZES
def test_schedules_set_a_rate_of_its_own_for_each_member_and_epoch(size: int) -> None:
    model = small("sgd")
    compiled = trainer(model, size)
    schedules = [CosineAnnealing(rate, 4, 1) for rate in ("0.1", "0.01")]
    first = take(model)
    trained = train_together(compiled, schedules, 4, [first] * 2, [0, 0])
    for schedule, found in zip(schedules, trained.scores, strict=True):
        put_state(model, first)
        x, y = data(80)
        history = model.fit(
            x[:60], y[:60], batch_size=16, epochs=4, shuffle=False, verbose=0,
            validation_data=(x[60:], y[60:]),
            callbacks=[keras.callbacks.LearningRateScheduler(schedule)],
        )  # fmt: skip
        np.testing.assert_allclose(found, history.history["val_loss"], rtol=1e-4)


@SIZES
def test_rates_move_by_the_step_as_keras_decays_them(size: int) -> None:
    x, y = data(80)
    decay = keras.optimizers.schedules.CosineDecay(0.1, decay_steps=3 * 4)
    model = small(keras.optimizers.SGD(decay))
    history = model.fit(
        x[:60], y[:60], batch_size=16, epochs=3, shuffle=False, verbose=0,
        validation_data=(x[60:], y[60:]),
    )  # fmt: skip
    compiled = trainer(small("sgd"), size)
    schedule = CosineAnnealing("0.1", 3, 0)
    members, scores = [compiled.member(take(compiled.model))], []
    for epoch in range(3):
        rates = [schedule.at(epoch + step / 4, 1 / 4) for step in range(compiled.steps)]
        members, (logs,) = compiled.epoch(members, [rates], [(0, epoch + 1)])
        scores.append(logs["val_loss"])
    np.testing.assert_allclose(scores, history.history["val_loss"], rtol=1e-4)
    assert compiled.programs == 1


def test_without_the_metrics_of_training_all_else_is_the_same() -> None:
    model, logs = small(), []
    for wanted in (True, False):
        compiled = trainer(model, training_metrics=wanted)
        member = compiled.member(take(model))
        _, (found,) = compiled.epoch([member], [0.01], [(0, 1)])
        logs.append(found)
    assert set(logs[0]) == {"loss", "val_loss"}
    assert set(logs[1]) == {"val_loss"}
    assert logs[1]["val_loss"] == pytest.approx(logs[0]["val_loss"], rel=1e-6)


def test_the_state_explored_goes_into_the_model_that_was_explored() -> None:
    x, y = data(80)
    model = small()
    search = GridSearch(["0.1", "0.01"], epochs=2)
    explored = explore_population(
        model, x[:60], y[:60], search=search, validation_data=(x[60:], y[60:]), verbose=0
    )
    put_state(model, explored.state)
    score = model.evaluate(x[60:], y[60:], verbose=0)
    assert score == pytest.approx(explored.best.score, rel=1e-4)


def test_forgotten_moments_are_those_of_a_new_optimizer() -> None:
    model = small()
    compiled = trainer(model)
    first, new = take(model), copied(model.optimizer.variables)
    kept = train_together(compiled, [lambda epoch: 0.01], 3, [first], [0])
    forgot = train_together(compiled, [lambda epoch: 0.01], 3, [first], [0], new_optimizer=new)
    assert kept.scores[0, 0] == forgot.scores[0, 0]
    assert kept.scores[0, 2] != forgot.scores[0, 2]


def test_a_race_with_metrics_and_several_members() -> None:
    """Accuracy, maximised, by a race that looks ahead while trials are out."""
    x, y = classes(96)
    model = network("sgd", "binary_crossentropy", metrics=["accuracy"])
    model.layers[-1].activation = keras.activations.sigmoid
    race = DigitRace(24, 6, direction="maximize")
    explored = explore_population(
        model, x[:64], y[:64], search=race, validation_data=(x[64:], y[64:]), population=3,
        monitor="val_accuracy", batch_size=16,
    )  # fmt: skip
    assert race.done
    assert race.spent == len(explored.history) <= 24
    assert 0.5 < explored.best.score <= 1


@SIZES
def test_sample_weights_count_as_in_fit(size: int) -> None:
    x, y = data(80)
    weights = np.linspace(0, 2, 60)
    model = line()
    explorer = LRExplorerCallback(decades(), exploit=False, verbose=0)
    model.fit(
        x[:60], y[:60], sample_weight=weights, batch_size=16, epochs=4, shuffle=False, verbose=0,
        validation_data=(x[60:], y[60:], weights[:20]), callbacks=[explorer],
    )  # fmt: skip
    explored = explore(
        decades(), line(), size, sample_weight=weights,
        validation_data=(x[60:], y[60:], weights[:20]),
    )  # fmt: skip
    for trial in (0, 1):
        fitted = [epoch.score for epoch in explorer.history if epoch.trial == trial]
        np.testing.assert_allclose(scores(explored, trial), fitted, rtol=1e-4)


def test_the_display_is_the_callback_s(capsys: Any) -> None:
    explore(decades(), line(), verbose=1)
    shown = capsys.readouterr().err
    assert "4/4 epochs" in shown
    assert "rate 0.01" in shown
    explore(decades(), line(), verbose=0)
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("documented", [CompiledTrainer, explore_population, train_together])
def test_the_examples_of_the_docstrings_are_complete(documented: Any) -> None:
    """Each runs as it is copied."""
    example = inspect.getdoc(documented).split("::\n\n", 1)[1]
    exec(textwrap.dedent(example), {})


def test_an_interrupted_exploration_gives_its_trials_back() -> None:
    search = script()

    def stop(*_: Any) -> bool:
        raise KeyboardInterrupt

    search.report = stop
    model = small()
    before = model.get_weights()
    with pytest.raises(KeyboardInterrupt):
        explore(search, model)
    assert not search.out
    for one, other in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)

"""Where trials start from: the model as it was, or weights drawn anew."""

import random
from typing import Any

import keras
import numpy as np
import pytest

from lrsearch_keras import LRExplorerCallback
from lrsearch_keras.state.inits import Inits, drawn
from lrsearch_keras.state.snapshot import copied
from tests.keras.tasks import decades, fit, line, network, scores
from tests.script import Script


def kernels(model: keras.Model, values: list[np.ndarray]) -> list[np.ndarray]:
    return [v for v, var in zip(values, model.variables, strict=True) if var.name == "kernel"]


def test_two_draws_differ_and_a_draw_repeats() -> None:
    model = network()
    base = copied(model.variables)
    one, again, other = (drawn(model, base, seed) for seed in ("1", "1", "2"))
    for a, b, c, d in zip(*(kernels(model, v) for v in (one, again, other, base)), strict=True):
        assert np.array_equal(a, b)
        assert not np.array_equal(a, c)
        assert not np.array_equal(a, d)
        assert a.std() == pytest.approx(d.std(), rel=0.7)


def test_a_draw_repeats_in_a_model_built_again() -> None:
    first, second = network(), network()
    one = drawn(first, copied(first.variables), "1")
    two = drawn(second, copied(second.variables), "1")
    assert all(np.array_equal(a, b) for a, b in zip(one, two, strict=True))


def test_a_draw_leaves_the_model_and_pythons_generator_alone() -> None:
    model = network()
    base = copied(model.variables)
    random.seed(5)
    expected = random.random()
    random.seed(5)
    drawn(model, base, "1")
    assert random.random() == expected
    assert all(np.array_equal(a, b) for a, b in zip(base, copied(model.variables), strict=True))


def test_fixed_seeds_of_initializers_do_not_keep_a_draw_from_differing() -> None:
    kernel = keras.initializers.HeNormal(seed=3)
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, kernel_initializer=kernel)])
    base = copied(model.variables)
    assert not np.array_equal(drawn(model, base, "1")[0], drawn(model, base, "2")[0])


def test_what_is_not_trained_is_not_drawn() -> None:
    normalization = keras.layers.Normalization()
    normalization.adapt(np.arange(8.0).reshape(4, 2))
    frozen = keras.layers.Dense(3)
    model = keras.Sequential([keras.Input((2,)), normalization, frozen, keras.layers.Dense(1)])
    frozen.trainable = False
    base = copied(model.variables)
    values = drawn(model, base, "1")
    changed = [
        variable.path
        for variable, a, b in zip(model.variables, base, values, strict=True)
        if not np.array_equal(a, b)
    ]
    assert changed == [model.layers[-1].kernel.path]


class Noisy(keras.Model):
    """A subclassed model without get_config, with noise and a nested model of its own."""

    def __init__(self, bias: Any) -> None:
        super().__init__()
        self.inner = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
        self.lstm = keras.layers.Bidirectional(keras.layers.LSTM(2))
        self.attention = keras.layers.MultiHeadAttention(1, 2)
        self.out = keras.layers.Dense(1)
        self.bias = bias
        self.noise = keras.random.SeedGenerator(1)

    def call(self, x: Any, training: bool = False) -> Any:
        h = self.inner(x)
        sequence = keras.ops.expand_dims(h, -1)
        h = self.lstm(self.attention(sequence, sequence))
        if training:
            h = h + keras.random.normal(keras.ops.shape(h), seed=self.noise)
        return self.out(h) + self.bias


def test_a_subclassed_model_without_a_config_is_drawn_layer_by_layer() -> None:
    model = Noisy(bias=2.0)
    model(np.zeros((1, 4), "float32"))
    base = copied(model.variables)
    one, two = drawn(model, base, "1"), drawn(model, base, "2")
    for a, b in zip(kernels(model, one), kernels(model, two), strict=True):
        assert not np.array_equal(a, b)
    states = [
        (a, b)
        for a, b, v in zip(one, two, model.variables, strict=True)
        if v.name == "seed_generator_state"
    ]
    assert states
    assert all(not np.array_equal(a, b) for a, b in states)


def test_weights_that_no_config_tells_of_need_a_callable() -> None:
    class Own(keras.Model):
        def __init__(self, size: Any) -> None:
            super().__init__()
            self.own = self.add_weight(shape=(4, 1), name="own")

        def call(self, x: Any) -> Any:
            return x @ self.own

    def build(init: int = 0) -> keras.Model:
        keras.utils.set_random_seed(init)
        model = Own(1)
        model.build((None, 4))
        model.compile("sgd", "mse")
        return model

    search = Script([("0.1", 0), ("0.1", 1), ("0.1", 0)], [(n, 2) for n in range(3)])
    with pytest.raises(ValueError, match="initial=function"):
        fit(build(), LRExplorerCallback(search, verbose=0))
    search = Script([("0.1", 0), ("0.1", 1), ("0.1", 0)], [(n, 2) for n in range(3)])
    explorer = LRExplorerCallback(search, exploit=False, initial=build, verbose=0)
    fit(build(9), explorer)
    assert scores(explorer, 0) == scores(explorer, 2)
    assert scores(explorer, 0) != scores(explorer, 1)


def test_a_callable_may_return_a_list_of_weights() -> None:
    asked = []

    def ones(init: int) -> list[np.ndarray]:
        asked.append(init)
        return [np.full((4, 1), init + 1.0), np.zeros(1)]

    explorer = LRExplorerCallback(decades(repeats=2), initial=ones, exploit=False, verbose=0)
    fit(line(), explorer, epochs=8)
    assert asked == [0, 1]
    with pytest.raises(
        ValueError, match=r"initial\(0\) has to return .* shapes \[\(4, 1\), \(1,\)\]"
    ):
        fit(line(), LRExplorerCallback(decades(), initial=lambda init: [np.ones(3)], verbose=0))


def test_with_fresh_every_trial_draws_anew_and_the_first_has_the_models_weights() -> None:
    trials = [("0.01", 0)] * 3
    legs = [(n, 2) for n in range(3)]
    explorer = LRExplorerCallback(Script(trials, legs), exploit=False, initial="fresh", verbose=0)
    fit(network(), explorer)
    same = LRExplorerCallback(Script(trials, legs), exploit=False, verbose=0)
    fit(network(), same)
    assert scores(explorer, 0) == scores(same, 0) == scores(same, 2)
    assert len({tuple(scores(explorer, trial)) for trial in range(3)}) == 3


def test_fresh_runs_repeat_for_a_seed() -> None:
    def run(seed: int) -> list[float | None]:
        explorer = LRExplorerCallback(
            decades(), exploit=False, initial="fresh", seed=seed, verbose=0
        )
        fit(network(), explorer)
        return scores(explorer, 1)

    assert run(1) == run(1) != run(2)


def test_repeats_share_their_inits_across_rates() -> None:
    search = Script(
        [("0.01", 0), ("0.01", 1), ("0.01", 0), ("0.01", 1)], [(n, 1) for n in range(4)]
    )
    explorer = LRExplorerCallback(search, exploit=False, verbose=0)
    fit(network(), explorer)
    assert scores(explorer, 0) == scores(explorer, 2)
    assert scores(explorer, 1) == scores(explorer, 3)
    assert scores(explorer, 0) != scores(explorer, 1)


def test_inits_are_drawn_once() -> None:
    inits = Inits(network(), "same", 0)
    assert inits.state(1).model is inits.state(1).model
    assert inits.state(0) is inits.first

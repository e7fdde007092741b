"""Mistakes in what a compiled population is given; run by test_population.py, Keras on JAX."""

from __future__ import annotations

import inspect
from typing import Any

import keras
import numpy as np
import pytest

from lrsearch import DigitRace
from lrsearch_keras import LRExplorerCallback
from tests.keras.population_tasks import Listed, explore, scores
from tests.keras.tasks import data, decades, line
from tests.keras.untraced import MODELS


@pytest.mark.parametrize("make", MODELS)
def test_a_model_that_cannot_be_traced_gets_a_sentence(make: Any) -> None:
    """One sentence, built or not; that fit on JAX is no way out is true as well."""
    sentence = r"cannot be traced.*KERAS_BACKEND=tensorflow, with.*run_eagerly.*KERAS_BACKEND=torch"
    with pytest.raises(ValueError, match=sentence) as raised:
        explore(decades(), make())
    assert "Tracer" in str(raised.value) or "Concretization" in str(raised.value)
    x, y = data()
    with pytest.raises((TypeError, RuntimeError)):
        make().fit(x, y, verbose=0)


def test_what_python_looked_at_can_be_written_in_keras_s_operations() -> None:
    """The other way out that the sentence names."""
    inputs = keras.Input((4,))
    outputs = keras.layers.Dense(1)(inputs)
    doubled = keras.layers.Lambda(
        lambda p: keras.ops.where(keras.ops.mean(p) > 0, 2 * p, p), output_shape=(1,)
    )(outputs)
    model = keras.Model(inputs, doubled)
    model.compile("sgd", "mse")
    assert explore(decades(), model).rate is not None


def test_an_eager_model_is_told_the_way_out_and_it_works() -> None:
    model = line()
    model.run_eagerly = True
    with pytest.raises(ValueError, match=r"run_eagerly=True.*compile it without, or.*model\.fit"):
        explore(decades(), model)
    x, y = data()
    explorer = LRExplorerCallback(decades(), exploit=False, verbose=0)
    model.fit(x, y, epochs=4, validation_split=0.25, verbose=0, callbacks=[explorer])
    assert explorer.rate is not None
    model.run_eagerly = False
    assert explore(decades(), model).rate is not None


def classifier() -> keras.Model:
    """Three classes; its loss wants them one-hot."""
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, "softmax")])
    model.compile("sgd", "categorical_crossentropy")
    return model


@pytest.mark.parametrize("tried", [False, True], ids=["new", "tried before"])
@pytest.mark.parametrize(
    ("make", "changes", "match"),
    [
        (classifier, {"y": np.arange(60) % 3}, "y: int32 .60,. .*same shape.*its loss"),
        (line, {"x": np.zeros((60, 3))}, r"trained on these data, x: float32 \(60, 3\).*axis -1"),
        (line, {"y": None}, "trained on these data, x: .*, no y"),
        (line, {"validation_data": np.zeros((20, 4))}, "validated on validation_data, .*no y"),
        (line, {"validation_data": (np.zeros((20, 3)), np.zeros((20, 1)))},
         "validated on validation_data, .*axis -1"),
    ],
    ids=["labels", "width", "no y", "validation without y", "width of validation"],
)  # fmt: skip
def test_data_that_do_not_fit_the_model_are_named(
    make: Any, changes: Any, match: str, tried: bool
) -> None:
    """With Keras's own reason, and not as a model that cannot be traced."""
    model = make()
    if tried:
        model.train_on_batch(np.zeros((2, 4)), np.zeros((2, *model.output_shape[1:])))
    with pytest.raises(ValueError, match=match) as raised:
        explore(decades(), model, **changes)
    assert "traced" not in str(raised.value)


def data_set() -> Any:
    tf = pytest.importorskip("tensorflow")
    return tf.data.Dataset.from_tensor_slices(data(60)).batch(16)


class Batches(keras.utils.PyDataset):
    def __len__(self) -> int:
        return 4

    def __getitem__(self, index: int) -> Any:
        return data(16)


@pytest.mark.parametrize(
    ("changes", "error", "match"),
    [
        ({"x": data_set, "y": None}, TypeError, "x has to be an array.*Dataset.*model.fit"),
        ({"x": Batches, "y": None}, TypeError, "x has to be an array.*Batches.*model.fit"),
        ({"x": lambda: (part for part in data())}, TypeError, "x has to be an array.*generator"),
        ({"validation_data": data_set}, TypeError, "validation_data: x has to be an array.*Data"),
        ({"validation_data": (1, 2, 3, 4)}, ValueError, r"validation_data has to be \(x, y\)"),
        ({"x": None}, TypeError, "x has to be an array.*NoneType"),
        ({"x": np.full((60, 4), "a")}, TypeError, "x has to hold numbers, got an array of <U1"),
        ({"x": [[1.0, 2.0], [1.0]]}, ValueError, "x has lists of unequal lengths"),
        ({"y": np.zeros((10, 1))}, ValueError, r"x, y need equal numbers of examples.*\[60, 10\]"),
        ({"batch_size": 0}, ValueError, "batch_size has to be at least 1, got 0"),
        ({"batch_size": 1.5}, TypeError, "batch_size has to be a whole number, got 1.5"),
        ({"validation_batch_size": 0}, ValueError, "validation_batch_size has to be at least 1"),
        ({"population": 0}, ValueError, "population has to be at least 1, got 0"),
        ({"search": DigitRace}, TypeError, "such as lrsearch.*got the class DigitRace"),
        ({"search": None}, TypeError, "search has to be a search such as lrsearch.*got None"),
        ({"mode": "up"}, ValueError, 'mode has to be "auto", "min" or "max"'),
        ({"initial": "new"}, ValueError, "initial has to be"),
        ({"monitor": "val_acc", "mode": "min"}, ValueError, "pass one of these"),
        ({"validation_data": None}, ValueError, r"pass validation_data=\(x, y\), or monitor"),
    ],
)
def test_what_cannot_be_meant_is_named_and_nothing_is_lost(
    changes: Any, error: Any, match: str
) -> None:
    model, search = line(), decades()
    weights = model.get_weights()
    made = {name: value() if inspect.isroutine(value) or value is Batches else value
            for name, value in changes.items()}  # fmt: skip
    with pytest.raises(error, match=match):
        explore(**{"search": search, "model": model, **made})
    assert search.out == ()
    for one, other in zip(weights, model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_no_validation_data_is_told_before_anything_is_trained() -> None:
    search = decades()
    with pytest.raises(ValueError, match="there is no validation data to have 'val_loss' from"):
        explore(search, validation_data=None)
    assert search.trials == ()
    explored = explore(search, validation_data=None, monitor="loss")
    assert explored.rate is not None


def test_a_model_that_is_not_compiled_is_not_told_of_fit() -> None:
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    with pytest.raises(ValueError, match=r"call model\.compile") as raised:
        explore(decades(), model)
    assert "fit" not in str(raised.value)


def test_lists_of_numbers_are_arrays() -> None:
    """Alone and in a nest, as pandas's frames are."""
    x, y = data(80)
    given = explore(decades(), line(), x=x[:60].tolist(), y=y[:60].tolist())
    assert scores(given, 0) == pytest.approx(scores(explore(decades(), line()), 0), rel=1e-6)
    one, other = keras.Input((2,), name="one"), keras.Input((2,), name="other")
    joined = keras.layers.Concatenate()([one, other])
    keras.utils.set_random_seed(0)
    model = keras.Model([one, other], keras.layers.Dense(1)(joined))
    model.compile("sgd", "mse")
    parts = {"one": x[:, :2], "other": x[:, 2:]}
    nest = explore(
        decades(), model, x={name: part[:60].tolist() for name, part in parts.items()},
        validation_data=({name: part[60:] for name, part in parts.items()}, y[60:]),
    )  # fmt: skip
    assert nest.rate is not None


def test_scores_that_are_never_finite_are_warned_of() -> None:
    model = line()
    weights = model.get_weights()
    with pytest.warns(RuntimeWarning, match="no rate was found.*check the data") as warned:
        explored = explore(decades(), model, y=np.full((60, 1), np.nan))
    assert explored.rate is None
    assert explored.best is None
    (ours,) = (warning for warning in warned if "no rate" in str(warning.message))
    assert ours.filename == inspect.getfile(explore)
    for one, other in zip(weights, model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_rates_that_all_diverge_are_warned_of() -> None:
    search = Listed([("1e30", 0), ("1e29", 0)], [(0, 3), (1, 3)])
    with pytest.warns(RuntimeWarning, match="no rate was found"):
        assert explore(search, line()).rate is None

"""In the second phase the rate moves with every batch, by the schedule, and nothing is compiled."""

import keras
import numpy as np
import pytest

import lrsearch
from lrsearch import Exploit, GridSearch
from lrsearch_keras import LRExplorerCallback

BATCHES = 6
EPOCHS = 5
SCHEDULE = lrsearch.CosineAnnealing(1, EPOCHS - 1, warmup=1.5)


class Descent(keras.callbacks.Callback):
    """How far each epoch went: with a slope of one, the sum of the rates of its steps."""

    def __init__(self):
        super().__init__()
        self.lengths = []

    def on_epoch_begin(self, epoch, logs=None):
        self.before = self.model.get_weights()[0].item()

    def on_epoch_end(self, epoch, logs=None):
        self.lengths.append(self.before - self.model.get_weights()[0].item())


def mean_of_predictions(y, predictions):
    return keras.ops.mean(predictions)


def slope(optimizer="sgd", **compiled):
    model = keras.Sequential(
        [keras.Input((1,)), keras.layers.Dense(1, use_bias=False, dtype="float32")]
    )
    model.compile(optimizer, mean_of_predictions, **compiled)
    return model


def descent(model, data, steps=None, **options):
    """The second phase's epochs after one epoch of search."""
    explorer = LRExplorerCallback(
        GridSearch(["0.25"], epochs=1), Exploit(["0.5"], EPOCHS - 1, SCHEDULE),
        average=False, verbose=0,
    )  # fmt: skip
    seen = Descent()
    ones = np.ones((4, 1), "float32")
    model.fit(
        *data, epochs=EPOCHS, steps_per_epoch=steps, validation_data=(ones, ones), verbose=0,
        callbacks=[explorer, seen], **options,
    )  # fmt: skip
    assert seen.lengths[0] == pytest.approx(0.25 * BATCHES, rel=1e-4), "a trial's rate stays"
    return np.array(seen.lengths[1:])


def by_schedule(length=1, batches=BATCHES):
    """The sums of each epoch's rates, where it moves with every `length` batches."""
    rates = [
        0.5 * SCHEDULE.at(epoch + first / batches, 1 / batches)
        for epoch in range(EPOCHS - 1)
        for first in np.repeat(range(0, batches, length), length)
    ]
    return np.reshape(rates, (EPOCHS - 1, batches))[:, :BATCHES].sum(axis=1)


def arrays():
    return [np.ones((4 * BATCHES, 1), "float32")] * 2


def endless():
    while True:
        yield np.ones((4, 1), "float32"), np.ones((4, 1), "float32")


def test_the_rate_of_every_batch_is_the_schedules():
    lengths = descent(slope(), arrays(), batch_size=4)
    assert lengths == pytest.approx(by_schedule(), rel=1e-4)
    assert lengths != pytest.approx([0.5 * BATCHES * SCHEDULE(e) for e in range(4)], rel=1e-2)


def test_a_model_that_fit_builds_has_the_rate_of_its_first_batch_too():
    model = keras.Sequential([keras.layers.Dense(1, use_bias=False, dtype="float32")])
    model.compile("sgd", mean_of_predictions)
    seen = []

    class First(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            seen.append(float(self.model.optimizer.learning_rate))

    explorer = LRExplorerCallback(verbose=0)
    with pytest.warns(RuntimeWarning, match="too few"):
        model.fit(*arrays(), epochs=3, batch_size=4, validation_split=0.5, verbose=0,
                  callbacks=[explorer, First()])  # fmt: skip
    schedule = explorer.exploit.schedule
    expected = [0.01 * schedule.at(step / 3, 1 / 3) for step in range(9)]
    assert seen == pytest.approx(expected, rel=1e-5)


def test_the_smallest_rates_of_float16_are_not_taken_for_another_callbacks():
    before = keras.config.floatx()
    keras.config.set_floatx("float16")
    try:
        model = slope()
        explorer = LRExplorerCallback(GridSearch(["0.001"], epochs=1), verbose=0)
        model.fit(*arrays(), epochs=31, batch_size=1, validation_data=arrays(), verbose=0,
                  callbacks=[explorer])  # fmt: skip
    finally:
        keras.config.set_floatx(before)
    assert len(explorer.history) == 31


def test_steps_that_a_scaled_loss_skips_are_steps_of_the_epoch():
    overflowing = keras.optimizers.LossScaleOptimizer(
        keras.optimizers.SGD(), initial_scale=2.0**127
    )
    model = slope(overflowing)
    explorer = LRExplorerCallback(GridSearch(["0.25"], epochs=2), False, verbose=0)
    averages = []

    class Average(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            averages.append(self.model.get_weights()[0].item())

    start = model.get_weights()[0].item()
    model.fit(endless(), steps_per_epoch=BATCHES, epochs=2, validation_data=arrays(), verbose=0,
              callbacks=[explorer, Average()])  # fmt: skip
    assert start > averages[0] > averages[1]


def test_an_epoch_may_be_a_stretch_of_an_endless_data_set():
    assert descent(slope(), [endless()], steps=BATCHES) == pytest.approx(by_schedule(), rel=1e-4)


def test_batches_that_keras_cannot_count_are_those_of_the_epoch_before():
    import tensorflow as tf

    batch = np.ones((4, 1), "float32")
    signature = (tf.TensorSpec((4, 1)), tf.TensorSpec((4, 1)))
    data = tf.data.Dataset.from_generator(
        lambda: iter([(batch, batch)] * BATCHES), output_signature=signature
    )
    assert data.cardinality() == tf.data.UNKNOWN_CARDINALITY
    # TensorFlow counts the step, too, that finds the data at their end
    counted = BATCHES + (keras.backend.backend() == "tensorflow")
    assert descent(slope(), [data]) == pytest.approx(by_schedule(batches=counted), rel=1e-4)


@pytest.mark.skipif(keras.backend.backend() == "torch", reason="Keras on PyTorch has no such thing")
def test_steps_that_are_executed_together_have_one_rate():
    lengths = descent(slope(steps_per_execution=2), arrays(), batch_size=4)
    assert lengths == pytest.approx(by_schedule(length=2), rel=1e-4)


def test_a_scaled_loss_has_the_same_rates():
    scaled = keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD())
    assert descent(slope(scaled), arrays(), batch_size=4) == pytest.approx(by_schedule(), rel=1e-4)


@pytest.mark.skipif(keras.backend.backend() != "jax", reason="JAX counts what it compiles")
def test_moving_the_rate_compiles_nothing():
    import jax

    compiled = []
    jax.monitoring.register_event_duration_secs_listener(
        lambda name, *_, **__: compiled.append(name) if "backend_compile" in name else None
    )

    class Count(keras.callbacks.Callback):
        def __init__(self):
            super().__init__()
            self.counts = []

        def on_epoch_end(self, epoch, logs=None):
            self.counts.append(len(compiled))

    count = Count()
    explorer = LRExplorerCallback(
        GridSearch(["0.25"], epochs=2), Exploit(["0.5"], 4, SCHEDULE), verbose=0
    )
    data = arrays()
    slope().fit(*data, epochs=6, batch_size=4, validation_data=data, verbose=0,
                callbacks=[explorer, count])  # fmt: skip
    assert len(set(count.counts[1:])) == 1
    assert count.counts[0] > 0

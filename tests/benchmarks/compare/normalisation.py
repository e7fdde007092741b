"""Normalisation under an average: ``python -m tests.benchmarks.compare.normalisation``.

A convolutional network with BatchNormalization on scikit-learn's digits (8 x 8), trained at
constant rates. After some epochs it is validated with the average of its weights in four ways:
with the layers' running statistics as training left them, with their average over the epoch's
steps, and with statistics measured again over the training images; and with the weights
themselves. Prints a table of Markdown: mean validation loss of three initialisations.
"""

from __future__ import annotations

import os

import numpy as np

RATES = ("0.001", "0.01")
EPOCHS = (1, 5, 20)
INITS = 3
BATCH = 32


def main() -> None:
    from sklearn.datasets import load_digits

    images, classes = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(images))
    x = (images[order] / 16).reshape(-1, 8, 8, 1).astype("float32")
    y = classes[order]
    train, validation = (x[:1200], y[:1200]), (x[1200:], y[1200:])
    print("| rate | epochs | weights | average, as they are | averaged | measured again |")
    print("| --- | --- | --- | --- | --- | --- |")
    for rate in RATES:
        runs = [curve(float(rate), init, train, validation) for init in range(INITS)]
        for epochs in EPOCHS:
            means = np.mean([run[epochs] for run in runs], axis=0)
            print(f"| {rate} | {epochs} | " + " | ".join(f"{mean:.4f}" for mean in means) + " |")


def network(init: int):
    import keras
    from keras.layers import Activation, BatchNormalization, Conv2D, Dense, GlobalAveragePooling2D

    keras.utils.set_random_seed(init)
    layers = [keras.Input((8, 8, 1))]
    for filters, stride in ((16, 1), (32, 2), (32, 1)):
        layers += [Conv2D(filters, 3, stride, padding="same", use_bias=False),
                   BatchNormalization(), Activation("relu")]  # fmt: skip
    model = keras.Sequential([*layers, GlobalAveragePooling2D(), Dense(10)])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("adam", loss)
    return model


def curve(rate: float, init: int, train, validation) -> dict[int, list[float]]:
    """The four validation losses after each of `EPOCHS`."""
    import keras

    model = network(init)
    model.optimizer.learning_rate = rate
    steps = -(-len(train[0]) // BATCH)
    averages = [keras.ops.copy(v.value) for v in model.weights]
    found = {}
    for epoch in range(1, max(EPOCHS) + 1):
        order = np.random.default_rng([init, epoch]).permutation(len(train[0]))
        for start in range(0, len(order), BATCH):
            rows = order[start : start + BATCH]
            model.train_on_batch(train[0][rows], train[1][rows])
            averages = [
                a + (v.value - a) / steps for a, v in zip(averages, model.weights, strict=True)
            ]
        if epoch in EPOCHS:
            found[epoch] = four(model, averages, train, validation)
    return found


def four(model, averages, train, validation) -> list[float]:
    trained = model.get_weights()
    statistics = {id(v) for v in model.non_trainable_variables}
    losses = [loss(model, validation)]
    as_they_are = [
        w if id(v) in statistics else a
        for v, w, a in zip(model.weights, trained, averages, strict=True)
    ]
    model.set_weights([np.asarray(w) for w in as_they_are])
    losses.append(loss(model, validation))
    model.set_weights([np.asarray(a) for a in averages])
    losses.append(loss(model, validation))
    measure_again(model, train[0])
    losses.append(loss(model, validation))
    model.set_weights(trained)
    return losses


def loss(model, validation) -> float:
    return float(model.evaluate(*validation, batch_size=len(validation[0]), verbose=0))


def measure_again(model, x) -> None:
    """Set each layer's statistics to their means over batches of the training images."""
    import keras

    layers = [layer for layer in model.layers if isinstance(layer, keras.layers.BatchNormalization)]
    momenta = [layer.momentum for layer in layers]
    sums: list = [0.0] * (2 * len(layers))
    batches = [x[start : start + 200] for start in range(0, len(x), 200)]
    for layer in layers:
        layer.momentum = 0.0
    for batch in batches:
        model(batch, training=True)
        seen = [v.numpy() for layer in layers for v in (layer.moving_mean, layer.moving_variance)]
        sums = [total + value / len(batches) for total, value in zip(sums, seen, strict=True)]
    variables = [v for layer in layers for v in (layer.moving_mean, layer.moving_variance)]
    for variable, value in zip(variables, sums, strict=True):
        variable.assign(value)
    for layer, momentum in zip(layers, momenta, strict=True):
        layer.momentum = momentum


if __name__ == "__main__":
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    main()

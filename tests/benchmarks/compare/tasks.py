"""The tasks that ways to set a rate are compared on, small enough for two CPU cores."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["TASKS", "Task", "load_task"]

Data = tuple[Any, ...]


@dataclass(frozen=True, eq=False)
class Task:
    """One model and its data.

    Attributes
    ----------
    name, title : str
        For files, and for people.
    build : callable
        ``build(init)`` returns the compiled model; equal numbers give equal weights.
    train, validation, test : tuple (x,) or (x, y)
        The three parts of the data.
    monitor : str
        The score; smaller is better for all tasks.
    usual : str
        The optimizer's default rate: what people do today.
    goal : float or None
        The score that counts as good, where there is one.
    batch : int
        Examples a step.
    """

    name: str
    title: str
    build: Callable[[int], Any]
    train: Data
    validation: Data
    test: Data
    monitor: str = "val_loss"
    usual: str = "0.001"
    goal: float | None = None
    batch: int = 32


def load_task(name: str, images: int | None = None) -> Task:
    """A task by its name, on so many training images (all of them where None)."""
    return TASKS[name](images)


def _vae(images: int | None) -> Task:
    import keras

    from examples.fashion_mnist_vae.data import load_images
    from examples.fashion_mnist_vae.model import build_vae

    held_out = 10_000 if images is None or images > 5_000 else 2_000
    data = load_images(train=images, validation=held_out)

    def build(init: int) -> Any:
        model = build_vae(seed=init)
        model.compile(keras.optimizers.Adam())
        return model

    test = data.test if held_out == 10_000 else data.test[:2_000]
    title = f"Fashion-MNIST VAE, Adam, {len(data.train):,} images"
    parts = (data.train,), (data.validation,), (test,)
    return Task("vae", title, build, *parts, usual="0.001", goal=235.0)


def _fashion_sgd(images: int | None) -> Task:
    import keras

    (x, y), (x_test, y_test), title = _labelled()
    held_out = min(10_000 if images is None or images > 5_000 else 2_000, len(x) // 5)
    train = (x[: len(x) - held_out][:images], y[: len(x) - held_out][:images])
    validation = (x[len(x) - held_out :], y[len(x) - held_out :])
    title = f"{title} classifier, plain SGD, {len(train[0]):,} images"

    def build(init: int) -> Any:
        return _classifier(init, x.shape[1], (128,), keras.optimizers.SGD())

    parts = train, validation, (x_test[:held_out], y_test[:held_out])
    return Task("fashion_sgd", title, build, *parts, usual="0.01")


def _digits(optimizer: str, usual: str) -> Callable[[int | None], Task]:
    def load(images: int | None) -> Task:
        from sklearn.datasets import load_digits

        digits = load_digits()
        order = np.random.default_rng(0).permutation(len(digits.target))
        x = (digits.data / 16).astype("float32")[order]
        y = digits.target.astype("int32")[order]
        cuts = ((0, 1077), (1077, 1437), (1437, None))
        parts = [(x[low:high], y[low:high]) for low, high in cuts]
        parts[0] = tuple(array[:images] for array in parts[0])

        def build(init: int) -> Any:
            return _classifier(init, 64, (64, 64), optimizer)

        title = f"digits MLP, {optimizer}, {len(parts[0][0]):,} images"
        return Task(f"digits_{optimizer}", title, build, *parts, usual=usual)

    return load


def _conv(images: int | None) -> Task:
    import keras

    (x, y), (x_test, y_test), title = _labelled()
    x, x_test = (part.reshape(len(part), int(part.shape[1] ** 0.5), -1, 1) for part in (x, x_test))
    held_out = min(1_000, len(x) // 5)
    train = (x[:-held_out][:images], y[:-held_out][:images])

    def build(init: int) -> Any:
        from tests.benchmarks.compare.convolution import Convolution

        keras.utils.set_random_seed(init)
        layers = [keras.Input(x.shape[1:])]
        for filters in (16, 32):
            layers += [
                Convolution(filters),
                keras.layers.BatchNormalization(),
                keras.layers.ReLU(),
            ]
        model = keras.Sequential([*layers, keras.layers.Flatten(), keras.layers.Dense(10)])
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile("adam", loss, metrics=["accuracy"])
        return model

    title = f"{title} convolutional network, Adam, {len(train[0]):,} images"
    parts = train, (x[-held_out:], y[-held_out:]), (x_test[:held_out], y_test[:held_out])
    return Task("conv_adam", title, build, *parts)


def _characters(windows: int | None) -> Task:
    """A small transformer that reads Python's own help texts, character by character."""
    from pydoc_data.topics import topics

    import keras

    text = "\n".join(topics[name] for name in sorted(topics))
    known = sorted(set(text))
    codes = np.array([known.index(character) for character in text], "int32")
    length, width = 32, 64
    whole = codes[: len(codes) // (length + 1) * (length + 1)].reshape(-1, length + 1)
    whole = whole[np.random.default_rng(0).permutation(len(whole))]
    held_out = 128
    cuts = whole[2 * held_out :][:windows], whole[:held_out], whole[held_out : 2 * held_out]

    def build(init: int) -> Any:
        keras.utils.set_random_seed(init)
        layers, ops = keras.layers, keras.ops
        inputs = keras.Input((length,), dtype="int32")
        h = layers.Embedding(len(known), width)(inputs)
        h = h + layers.Embedding(length, width)(ops.arange(length))
        for _ in range(2):
            a = layers.LayerNormalization()(h)
            h = h + layers.MultiHeadAttention(4, width // 4)(a, a, use_causal_mask=True)
            a = layers.LayerNormalization()(h)
            h = h + layers.Dense(width)(layers.Dense(4 * width, "gelu")(a))
        model = keras.Model(inputs, layers.Dense(len(known))(layers.LayerNormalization()(h)))
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile(keras.optimizers.AdamW(), loss)
        return model

    title = f"character transformer, AdamW, {len(cuts[0]):,} windows of {length}"
    parts = [(cut[:, :-1], cut[:, 1:]) for cut in cuts]
    return Task("characters_adamw", title, build, *parts, batch=8)


def _table(rows: int | None) -> Task:
    import keras
    from sklearn.datasets import make_classification

    x, y = make_classification(
        9_000, 20, n_informative=12, n_redundant=4, n_classes=5, n_clusters_per_class=3,
        flip_y=0.1, random_state=0,
    )  # fmt: skip
    x = ((x - x.mean(axis=0)) / x.std(axis=0)).astype("float32")
    parts = [(x[low:high], y[low:high].astype("int32")) for low, high in
             ((0, 5_000), (5_000, 7_000), (7_000, None))]  # fmt: skip
    parts[0] = tuple(part[:rows] for part in parts[0])

    def build(init: int) -> Any:
        return _classifier(init, x.shape[1], (64, 64), keras.optimizers.RMSprop())

    title = f"tabular network, RMSprop, {len(parts[0][0]):,} rows"
    return Task("table_rmsprop", title, build, *parts)


def _classifier(init: int, pixels: int, hidden: tuple[int, ...], optimizer: Any) -> Any:
    import keras

    seeds = iter(range(100 * init + 1, 100 * init + 100))

    def dense(units: int, activation: str | None) -> Any:
        draw = keras.initializers.GlorotUniform(seed=next(seeds))
        return keras.layers.Dense(units, activation, kernel_initializer=draw)

    layers = [dense(units, "relu") for units in hidden]
    model = keras.Sequential([keras.Input((pixels,)), *layers, dense(10, None)])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer, loss, metrics=["accuracy"])
    return model


def _labelled() -> tuple[tuple[Any, Any], tuple[Any, Any], str]:
    """Fashion-MNIST with its labels from Debian's package, else scikit-learn's digits."""
    from examples.fashion_mnist_vae.data import DEBIAN_DIR, IDX_FILES, read_idx

    if not DEBIAN_DIR.is_dir():
        from sklearn.datasets import load_digits

        digits = load_digits()
        x, y = (digits.data / 16).astype("float32"), digits.target.astype("int32")
        return (x[:1500], y[:1500]), (x[1500:], y[1500:]), "NOT Fashion-MNIST but digits,"
    parts = []
    for images, labels in IDX_FILES.values():
        pixels = read_idx(DEBIAN_DIR / f"{images}.gz", 3)
        x = pixels.reshape(len(pixels), -1).astype("float32") / 255
        parts.append((x, read_idx(DEBIAN_DIR / f"{labels}.gz", 1).astype("int32")))
    return parts[0], parts[1], "Fashion-MNIST"


TASKS: dict[str, Callable[[int | None], Task]] = {
    "vae": _vae,
    "fashion_sgd": _fashion_sgd,
    "digits_sgd": _digits("sgd", "0.01"),
    "digits_adam": _digits("adam", "0.001"),
    "conv_adam": _conv,
    "characters_adamw": _characters,
    "table_rmsprop": _table,
}

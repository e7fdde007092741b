"""What the networks of the tables learn: real data that a package brings, or made-up ones."""

from __future__ import annotations

import gzip
import re
from typing import NamedTuple

import numpy as np

from examples.fashion_mnist_vae.data import DEBIAN_DIR

SEED = 7
CONTEXT = 16


class Data(NamedTuple):
    """Inputs and targets, to train and held out; the first axis counts examples."""

    x: np.ndarray
    y: np.ndarray
    held_x: np.ndarray
    held_y: np.ndarray


def fashion(train: int = 300, held: int = 300) -> Data:
    """Fashion-MNIST in 14 x 14 pixels, from Debian's package ``dataset-fashion-mnist``."""
    with gzip.open(DEBIAN_DIR / "train-images-idx3-ubyte.gz") as file:
        images = np.frombuffer(file.read(), np.uint8, offset=16).reshape(-1, 14, 2, 14, 2)
    with gzip.open(DEBIAN_DIR / "train-labels-idx1-ubyte.gz") as file:
        labels = np.frombuffer(file.read(), np.uint8, offset=8).astype(np.int32)
    small = images[: train + held].mean((2, 4), dtype=np.float32)[..., None] / 255
    return _split((small - small.mean()) / small.std(), labels[: train + held], held)


def digits(train: int = 600, held: int = 300) -> Data:
    """scikit-learn's handwritten digits, in [0, 1]; the images are the targets too."""
    from sklearn.datasets import load_digits

    images = _shuffled(load_digits().data.astype(np.float32) / 16)[: train + held]
    return _split(images, images, held)


def classes(train: int = 1000, held: int = 1000, noise: float = 0.05) -> Data:
    """Five classes of three clusters each in 20 columns; some labels are wrong."""
    from sklearn.datasets import make_classification

    x, y = make_classification(
        train + held, 20, n_informative=10, n_classes=5, n_clusters_per_class=3,
        class_sep=1.5, flip_y=noise, random_state=SEED,
    )  # fmt: skip
    return _split(_standard(x), y.astype(np.int32), held)


def friedman(train: int = 600, held: int = 500) -> Data:
    """Friedman's first regression: five of ten columns matter, the noise is a fifth of the rest."""
    from sklearn.datasets import make_friedman1

    x, y = make_friedman1(train + held, 10, noise=1.0, random_state=SEED)
    return _split(_standard(x), _standard(y)[:, None], held)


def text(train: int = 300, held: int = 150) -> Data:
    """English in windows of characters: the topics of Python's own ``help()``.

    The target of each character is the next one.
    """
    from pydoc_data.topics import topics

    whole = re.sub(r"[^a-z.,()' ]+", " ", " ".join(topics[name] for name in sorted(topics)).lower())
    letters = sorted(set(whole))
    codes = np.array([letters.index(letter) for letter in re.sub(" +", " ", whole)], np.int32)
    windows = codes[: len(codes) // (CONTEXT + 1) * (CONTEXT + 1)].reshape(-1, CONTEXT + 1)
    windows = _shuffled(windows)[: train + held]
    return _split(windows[:, :-1], windows[:, 1:], held)


def _shuffled(array: np.ndarray) -> np.ndarray:
    return array[np.random.default_rng(SEED).permutation(len(array))]


def _standard(array: np.ndarray) -> np.ndarray:
    return ((array - array.mean(0)) / array.std(0)).astype(np.float32)


def _split(x: np.ndarray, y: np.ndarray, held: int) -> Data:
    return Data(x[:-held], y[:-held], x[-held:], y[-held:])

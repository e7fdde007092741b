"""Train a table in NumPy alone: a small network on scikit-learn's digits.

    python -m tests.benchmarks.strategies.curves.digits_mlp

64-24-24-10, sigmoid units, momentum 0.9, batches of 32, 40 epochs at 36 constant rates from 1e-5
to 100, five a decade, each from the same weights and in the same order of images. Score: mean
negative log-likelihood on 500 images held out. It takes about ten seconds.
"""

from __future__ import annotations

import csv
import gzip
import io
import itertools
import math
from pathlib import Path

import numpy as np

SEED, EPOCHS, BATCH, MOMENTUM = 42, 40, 32, 0.9
SIZES = (64, 24, 24, 10)


def digits() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Images and one-hot labels, to train and held out."""
    from sklearn.datasets import load_digits

    data = load_digits()
    order = np.random.default_rng(SEED).permutation(len(data.target))
    images, labels = data.data[order] / 16, np.eye(10)[data.target[order]]
    return images[500:], labels[500:], images[:500], labels[:500]


def forward(weights: list[np.ndarray], biases: list[np.ndarray], x: np.ndarray) -> list[np.ndarray]:
    """Activations of each layer; the last are log-probabilities."""
    layers = [x]
    for weight, bias in zip(weights[:-1], biases[:-1], strict=True):
        layers.append(1 / (1 + np.exp(-np.clip(layers[-1] @ weight + bias, -500, 500))))
    out = layers[-1] @ weights[-1] + biases[-1]
    out = out - out.max(axis=1, keepdims=True)
    return [*layers, out - np.log(np.exp(out).sum(axis=1, keepdims=True))]


def train(rate: float) -> list[float]:
    """The score of the untrained model, and after each epoch; nan once it has diverged."""
    images, labels, held_images, held_labels = digits()
    generator = np.random.default_rng(SEED)
    pairs = list(itertools.pairwise(SIZES))
    weights = [generator.normal(0, a**-0.5, (a, b)) for a, b in pairs]
    biases = [np.zeros(b) for _, b in pairs]
    moments = [np.zeros_like(p) for p in weights + biases]

    def score() -> float:
        return float(-(forward(weights, biases, held_images)[-1] * held_labels).sum(1).mean())

    scores = [score()]
    for _ in range(EPOCHS):
        order = generator.permutation(len(images))
        for batch in np.split(order, range(BATCH, len(order), BATCH)):
            layers = forward(weights, biases, images[batch])
            delta = (np.exp(layers[-1]) - labels[batch]) / len(batch)
            gradients: list[np.ndarray] = []
            bias_gradients: list[np.ndarray] = []
            for index in reversed(range(len(weights))):
                gradients.insert(0, layers[index].T @ delta)
                bias_gradients.insert(0, delta.sum(0))
                delta = (delta @ weights[index].T) * layers[index] * (1 - layers[index])
            for parameter, moment, gradient in zip(
                weights + biases, moments, gradients + bias_gradients, strict=True
            ):
                moment *= MOMENTUM
                moment += gradient
                parameter -= rate * moment
        scores.append(score())
        if not math.isfinite(scores[-1]):
            return scores + [math.nan] * (EPOCHS + 1 - len(scores))
    return scores


def main() -> None:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["rate", "seed", "epoch", "score"])
    for step in range(36):
        rate = float(f"{10 ** (-5 + step / 5):.4g}")
        with np.errstate(all="ignore"):
            for epoch, score in enumerate(train(rate)):
                writer.writerow([f"{rate:.6g}", SEED, epoch, f"{score:.5g}"])
    Path(__file__).with_name("digits_mlp-momentum.csv.gz").write_bytes(
        gzip.compress(text.getvalue().encode(), 9, mtime=0)
    )


if __name__ == "__main__":
    main()

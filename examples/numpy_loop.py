"""A plain training loop in NumPy: logistic regression on handwritten digits.

    python examples/numpy_loop.py

The search needs nothing of the loop but `trial.rate`, and one score an epoch.
"""

import argparse

import numpy as np
from sklearn.datasets import load_digits

import lrsearch
from lrsearch.results import rounds_text


def load():
    """Images of 64 pixels in [0, 1] with their classes; the last 400 are for validation."""
    data = load_digits()
    order = np.random.default_rng(0).permutation(len(data.target))
    images, classes = data.data[order] / 16, data.target[order]
    return (images[:-400], classes[:-400]), (images[-400:], classes[-400:])


class Softmax:
    """Logistic regression with ten classes, trained by plain gradient descent."""

    def __init__(self):
        self.weights = np.zeros((65, 10))

    def probabilities(self, images):
        logits = images @ self.weights[:-1] + self.weights[-1]
        exponents = np.exp(logits - logits.max(axis=1, keepdims=True))
        return exponents / exponents.sum(axis=1, keepdims=True)

    def train_one_epoch(self, images, classes, rate, batch=32):
        for start in range(0, len(images), batch):
            x, y = images[start : start + batch], classes[start : start + batch]
            error = self.probabilities(x) - np.eye(10)[y]
            self.weights[:-1] -= rate * x.T @ error / len(x)
            self.weights[-1] -= rate * error.mean(axis=0)

    def loss(self, images, classes):
        picked = self.probabilities(images)[np.arange(len(classes)), classes]
        return -np.log(np.maximum(picked, 1e-12)).mean()


def main(epochs, digits):
    train, validation = load()
    search = lrsearch.DigitSearch(digits=digits, epochs=epochs)
    for trial in search:
        model = Softmax()
        going = True
        while going:
            model.train_one_epoch(*train, rate=float(trial.rate))
            going = search.report(trial, model.loss(*validation))
    print(rounds_text(search))
    print(f"\nrate {search.rate}: {search.evidence().sentence}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=20, help="epochs a rate")
    parser.add_argument("--digits", type=int, default=2, help="digits to search")
    main(**vars(parser.parse_args()))

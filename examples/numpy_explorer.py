"""Both phases in a plain loop, in NumPy: handwritten digits, explored and then annealed.

    python examples/numpy_explorer.py --directory runs/numpy

Kill it, and the same command goes on where it was. `Digits` is all that lrsearch has to be told of
a framework: how to copy a model's state and put it back, and how an initialisation is drawn.
"""

import argparse

import numpy as np
from sklearn.datasets import load_digits

import lrsearch


class Digits(lrsearch.Trainee):
    """A network of one hidden layer, trained by gradient descent with momentum."""

    def __init__(self):
        images, classes = load_digits(return_X_y=True)
        self.x, self.y = images / 16, np.eye(10)[classes]
        self.rate = 0.01
        model, optimizer, _ = self.initial(0)
        self.model, self.velocity, self.epoch = model, optimizer, 0

    def take(self):
        copies = [[array.copy() for array in part] for part in (self.model, self.velocity)]
        return lrsearch.State(*copies, [np.array(self.epoch)])

    def put(self, state):
        for ours, given in ((self.model, state.model), (self.velocity, state.optimizer)):
            for array, value in zip(ours, given, strict=bool(given)):
                array[...] = value
        for epoch in state.generators:
            self.epoch = int(epoch)

    def initial(self, init, first=None):
        if init == 0 and first is not None:
            return first
        draw = np.random.default_rng(init).normal
        model = [draw(0, 0.2, (64, 32)), np.zeros(32), draw(0, 0.2, (32, 10)), np.zeros(10)]
        return lrsearch.State(model, [np.zeros_like(w) for w in model], [np.array(1000 * init)])

    def new_optimizer(self):
        return [np.zeros_like(w) for w in self.model]

    # What has nothing to do with lrsearch

    def forward(self, x):
        hidden = np.maximum(x @ self.model[0] + self.model[1], 0)
        logits = hidden @ self.model[2] + self.model[3]
        exponents = np.exp(logits - logits.max(axis=1, keepdims=True))
        return hidden, exponents / exponents.sum(axis=1, keepdims=True)

    def train_one_epoch(self):
        self.epoch += 1
        order = np.random.default_rng(self.epoch).permutation(1280)
        for batch in np.split(order, 40):
            x, y = self.x[batch], self.y[batch]
            hidden, probabilities = self.forward(x)
            error = (probabilities - y) / len(x)
            back = error @ self.model[2].T * (hidden > 0)
            gradients = [x.T @ back, back.sum(0), hidden.T @ error, error.sum(0)]
            for w, v, gradient in zip(self.model, self.velocity, gradients, strict=True):
                v[...] = 0.9 * v + gradient
                w -= self.rate * v

    def validate(self):
        _, probabilities = self.forward(self.x[1280:])
        return -np.log((probabilities * self.y[1280:]).sum(axis=1).clip(1e-12)).mean()


def main(epochs, directory):
    network = Digits()
    explorer = lrsearch.Explorer(network, epochs, directory=directory)
    for _ in explorer:
        network.train_one_epoch()
        explorer.report(network.validate())
    print(f"\nrate {explorer.rate}: {explorer.evidence.sentence}")
    print(f"loss {network.validate():.4f}, as after the best epoch ({explorer.best_score:.4f})")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=60, help="epochs of the whole training")
    parser.add_argument("--directory", help="a run folder, which a killed run goes on in")
    main(**vars(parser.parse_args()))

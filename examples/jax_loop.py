"""Both phases in a JAX loop: any pytree of weights with an optax optimizer, explored and annealed.

    python examples/jax_loop.py --directory runs/jax

Kill it, and the same command goes on where it was. `PytreeTrainee` is all that lrsearch has to be
told of JAX: it serves the parameters of Flax's Linen, Equinox or Haiku as it does a dictionary.
"""

import argparse
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from sklearn.datasets import load_digits

import lrsearch


class Training(NamedTuple):
    """All that training changes: three pytrees, each replaced by the next step."""

    weights: Any
    optimizer: Any
    key: jax.Array


class PytreeTrainee(lrsearch.Trainee):
    """What `draw(key)` makes, trained by an optimizer of optax.inject_hyperparams."""

    def __init__(self, draw, optimizer, seed=0):
        self.draw, self.optimizer, self.seed = draw, optimizer, seed
        self.now = self._drawn(0)

    @property
    def rate(self):
        return float(self.now.optimizer.hyperparams["learning_rate"])

    @rate.setter
    def rate(self, rate):
        hyperparams = self.now.optimizer.hyperparams
        hyperparams["learning_rate"] = jnp.full_like(hyperparams["learning_rate"], rate)

    def take(self):
        return lrsearch.State(*map(leaves, self.now))

    def put(self, state):
        self.now = Training(*map(with_leaves, self.now, state))

    def initial(self, init, first):
        return first if init == 0 else lrsearch.State(*map(leaves, self._drawn(init)))

    def new_optimizer(self):
        return leaves(self.optimizer.init(self.now.weights))

    def _drawn(self, init):
        key, drawing = jax.random.split(jax.random.fold_in(jax.random.PRNGKey(self.seed), init))
        weights = self.draw(drawing)
        return Training(weights, self.optimizer.init(weights), key)


def leaves(tree):
    return [np.array(leaf) for leaf in jax.tree.leaves(tree)]


def with_leaves(tree, arrays):
    """A tree like this one with other leaves, each where the one before it was; or the same."""
    old, structure = jax.tree.flatten(tree)
    new = [
        jnp.asarray(array, leaf.dtype, device=leaf.sharding if leaf.committed else None)
        for array, leaf in zip(arrays, old, strict=bool(arrays))
    ]
    return jax.tree.unflatten(structure, new) if arrays else tree


# What has nothing to do with lrsearch


def load():
    """Images of 64 pixels in [0, 1] with their classes, in two parts: to train, to validate."""
    images, classes = load_digits(return_X_y=True)
    x, y = jnp.asarray(images / 16, jnp.float32), jnp.asarray(classes)
    return (x[:1280], y[:1280]), (x[1280:], y[1280:])


def draw(key):
    one, two = jax.random.split(key)
    return {
        "hidden": (0.2 * jax.random.normal(one, (64, 32)), jnp.zeros(32)),
        "out": (0.2 * jax.random.normal(two, (32, 10)), jnp.zeros(10)),
    }


adam = optax.inject_hyperparams(optax.adam)(learning_rate=0.001)


@jax.jit
def validate(weights, x, y):
    (kernel, bias), (out_kernel, out_bias) = weights["hidden"], weights["out"]
    logits = jax.nn.relu(x @ kernel + bias) @ out_kernel + out_bias
    return optax.softmax_cross_entropy_with_integer_labels(logits, y).mean()


@jax.jit
def train_one_epoch(now, x, y):
    """Batches of 32, in an order that is drawn from the key."""

    def step(carry, batch):
        weights, optimizer = carry
        gradients = jax.grad(validate)(weights, x[batch], y[batch])
        updates, optimizer = adam.update(gradients, optimizer, weights)
        return (optax.apply_updates(weights, updates), optimizer), None

    key, ordering = jax.random.split(now.key)
    batches = jax.random.permutation(ordering, len(x)).reshape(-1, 32)
    (weights, optimizer), _ = jax.lax.scan(step, (now.weights, now.optimizer), batches)
    return Training(weights, optimizer, key)


def main(epochs, directory):
    train, validation = load()
    trainee = PytreeTrainee(draw, adam)
    explorer = lrsearch.Explorer(trainee, epochs, directory=directory)
    for _ in explorer:
        trainee.now = train_one_epoch(trainee.now, *train)
        explorer.report(validate(trainee.now.weights, *validation))
    print(f"\nrate {explorer.rate}: {explorer.evidence.sentence}")
    score = validate(trainee.now.weights, *validation)
    print(f"loss {score:.4f}, as after the best epoch ({explorer.best_score:.4f})")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=60, help="epochs of the whole training")
    parser.add_argument("--directory", help="a run folder, which a killed run goes on in")
    main(**vars(parser.parse_args()))

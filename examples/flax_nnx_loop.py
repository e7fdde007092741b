"""Both phases in a loop of Flax NNX: modules and an optimizer that a step changes in place.

    python examples/flax_nnx_loop.py --directory runs/nnx

Kill it, and the same command goes on where it was. `NNXTrainee` is all that lrsearch has to be told
of NNX. Random numbers, for dropout or the order of the data, are best drawn from a stream that the
model holds: so they are part of its state, and trials at one rate repeat each other exactly.
"""

import argparse

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx
from sklearn.datasets import load_digits

import lrsearch


class NNXTrainee(lrsearch.Trainee):
    """What `make(rngs)` makes, trained by an optimizer of optax.inject_hyperparams."""

    def __init__(self, make, optimizer, seed=0):
        self.make, self.transformation, self.seed = make, optimizer, seed
        self.model, self.optimizer = self._made(0)

    @property
    def rate(self):
        return float(self.optimizer.opt_state.hyperparams["learning_rate"][...])

    @rate.setter
    def rate(self, rate):
        variable = self.optimizer.opt_state.hyperparams["learning_rate"]
        variable[...] = jnp.full_like(variable[...], rate)

    def take(self):
        return lrsearch.State(leaves(self.model), leaves(self.optimizer))

    def put(self, state):
        put_leaves(self.model, state.model)
        put_leaves(self.optimizer, state.optimizer)

    def initial(self, init, first):
        return first if init == 0 else lrsearch.State(*map(leaves, self._made(init)))

    def new_optimizer(self):
        return leaves(nnx.Optimizer(self.model, self.transformation, wrt=nnx.Param))

    def _made(self, init):
        model = self.make(nnx.Rngs(self.seed + init))
        return model, nnx.Optimizer(model, self.transformation, wrt=nnx.Param)


def is_key(leaf):
    return jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key)


def leaves(module):
    found = jax.tree.leaves(nnx.state(module))
    return [np.array(jax.random.key_data(leaf) if is_key(leaf) else leaf) for leaf in found]


def put_leaves(module, arrays):
    old, structure = jax.tree.flatten(nnx.state(module))
    new = [
        jax.random.wrap_key_data(array) if is_key(leaf) else jnp.asarray(array, leaf.dtype)
        for array, leaf in zip(arrays, old, strict=bool(arrays))
    ]
    if new:
        nnx.update(module, jax.tree.unflatten(structure, new))


# What has nothing to do with lrsearch


def load():
    """Images of 64 pixels in [0, 1] with their classes, in two parts: to train, to validate."""
    images, classes = load_digits(return_X_y=True)
    x, y = jnp.asarray(images / 16, jnp.float32), jnp.asarray(classes)
    return (x[:1280], y[:1280]), (x[1280:], y[1280:])


adam = optax.inject_hyperparams(optax.adam)(learning_rate=0.001)


class Network(nnx.Module):
    def __init__(self, rngs):
        self.hidden = nnx.Linear(64, 64, rngs=rngs)
        self.norm = nnx.BatchNorm(64, rngs=rngs)
        self.dropout = nnx.Dropout(0.2, rngs=rngs)
        self.out = nnx.Linear(64, 10, rngs=rngs)
        self.rngs = rngs

    def __call__(self, x):
        return self.out(self.dropout(nnx.relu(self.norm(self.hidden(x)))))


def loss(model, x, y):
    return optax.softmax_cross_entropy_with_integer_labels(model(x), y).mean()


@nnx.jit
def train_one_epoch(model, optimizer, x, y):
    """Batches of 32, in an order that is drawn from the model's own stream."""
    order = jax.random.permutation(model.rngs.order(), len(x)).reshape(-1, 32)

    @nnx.scan(in_axes=(nnx.Carry, 0), out_axes=nnx.Carry)
    def step(carry, batch):
        model, optimizer = carry
        optimizer.update(model, nnx.grad(loss)(model, x[batch], y[batch]))
        return model, optimizer

    model.train()
    step((model, optimizer), order)


@nnx.jit
def validate(model, x, y):
    model.eval()
    return loss(model, x, y)


def main(epochs, directory):
    train, validation = load()
    trainee = NNXTrainee(Network, adam)
    explorer = lrsearch.Explorer(trainee, epochs, directory=directory)
    for _ in explorer:
        train_one_epoch(trainee.model, trainee.optimizer, *train)
        explorer.report(validate(trainee.model, *validation))
    print(f"\nrate {explorer.rate}: {explorer.evidence.sentence}")
    score = validate(trainee.model, *validation)
    print(f"loss {score:.4f}, as after the best epoch ({explorer.best_score:.4f})")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=60, help="epochs of the whole training")
    parser.add_argument("--directory", help="a run folder, which a killed run goes on in")
    main(**vars(parser.parse_args()))

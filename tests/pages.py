"""What the code blocks of README and site find there: the training of whoever reads them."""

import contextlib
import math
import os
import tempfile

import numpy as np

__all__ = ["of_keras", "of_lightning", "of_torch", "of_transformers", "setup", "teardown"]

_LEFT = contextlib.ExitStack()


def setup(names):
    """Names that the pages use, in a folder of their own."""
    folder = _LEFT.enter_context(tempfile.TemporaryDirectory())
    _LEFT.callback(os.chdir, os.getcwd())
    os.chdir(folder)
    names.update(
        train=train,
        accuracy=lambda rate, epochs: 1 / (1 + train(rate, epochs)),
        new_model=lambda init: {"epochs": 0},
        train_on=train_on,
        objective=objective,
        of_keras=of_keras,
        of_torch=of_torch,
        of_lightning=of_lightning,
        of_transformers=of_transformers,
    )
    with contextlib.suppress(ImportError):
        names.update(of_numpy(), **of_sklearn())


def teardown(names):
    _LEFT.close()
    with contextlib.suppress(ImportError):
        from matplotlib import pyplot

        pyplot.close("all")


def train(rate, epochs, weight_decay=0.01):
    """The loss of a training: a bowl in the logarithm of the rate, some noise, and the decay."""
    noise = 0.02 * math.sin(1e6 * rate)
    decay = math.log10((weight_decay + 1e-3) / 0.01) ** 2
    return math.log10((rate + 1e-9) / 0.003) ** 2 + 1 / epochs + noise + decay


def train_on(model, rate, epochs):
    """The scores of some more epochs of a model, which counts them."""
    model["epochs"] += epochs
    return [train(rate, model["epochs"] - left) for left in reversed(range(epochs))]


def objective(trial):
    rate = trial.suggest_float("lr", 1e-6, 10, log=True)
    for epoch in range(4):
        trial.report(train(rate, epoch + 1), epoch)
    return train(rate, 4)


def of_numpy():
    """A trainee, and how it trains and is validated."""
    from examples.numpy_explorer import Digits

    trainee = Digits()
    return {
        "trainee": trainee, "train_one_epoch": trainee.train_one_epoch,
        "validate": trainee.validate,
    }  # fmt: skip


def of_sklearn():
    from sklearn.datasets import load_iris
    from sklearn.neural_network import MLPClassifier
    from sklearn.svm import SVC

    x, y = load_iris(return_X_y=True)
    return {"MLPClassifier": MLPClassifier, "SVC": SVC, "X": x, "Y": y, "y": y, "X_test": x}


def of_keras():
    """A model, inputs and targets."""
    _elsewhere()
    import keras

    model = keras.Sequential([keras.Input([4]), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    x = np.random.default_rng(0).normal(size=(64, 4))
    return model, x, x.sum(axis=1, keepdims=True)


def of_torch():
    """A model, its data and optimizer, and functions that train and validate."""
    _elsewhere()
    import torch
    from torch.utils.data import DataLoader, TensorDataset

    torch.manual_seed(0)
    model = torch.nn.Linear(4, 1)
    x = torch.randn(64, 4)
    loader = DataLoader(TensorDataset(x, x.sum(1, keepdim=True)), batch_size=16, shuffle=True)

    def train_one_epoch(model, loader, optimizer):
        for inputs, targets in loader:
            optimizer.zero_grad()
            torch.nn.functional.mse_loss(model(inputs), targets).backward()
            optimizer.step()

    def validate():
        with torch.no_grad():
            return torch.nn.functional.mse_loss(model(x), x.sum(1, keepdim=True)).item()

    return model, loader, torch.optim.SGD(model.parameters(), lr=0.1), train_one_epoch, validate


def of_lightning():
    """A module, what it is trained on and what it is validated with."""
    from tests.lightning.tasks import Module, loaders

    _elsewhere()
    return Module(), *loaders()


def of_transformers():
    """A language model, and texts: long enough for twelve evaluations in three epochs."""
    from tests.transformers.tasks import VALIDATION, Text, model

    _elsewhere()
    return model(), Text([row % 64 for row in range(1600)]), VALIDATION


def _elsewhere():
    """A folder of its own for a run: each is another model's."""
    os.chdir(tempfile.mkdtemp(dir=os.getcwd()))

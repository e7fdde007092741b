"""The trainees of the core keep the contract, and what is no trainee is told so."""

import numpy as np
import pytest

import lrsearch
from examples.numpy_explorer import Digits
from lrsearch import State
from lrsearch.testing import Quadratic, TraineeContract


class TestQuadratic(TraineeContract):
    def make(self):
        return Quadratic()

    def train(self, trainee):
        trainee.train()

    def validate(self, trainee):
        return trainee.loss()


class TestTheExampleInNumPy(TraineeContract):
    def make(self):
        return Digits()

    def train(self, trainee):
        trainee.train_one_epoch()

    def validate(self, trainee):
        return float(trainee.validate())


class Forgetful(TraineeContract):
    """Of a trainee that leaves its momentum as it is."""

    __test__ = False

    def make(self):
        class Leaving(Quadratic):
            def put(self, state):
                super().put(state._replace(optimizer=()))

        return Leaving()

    train, validate = TestQuadratic.train, TestQuadratic.validate


def test_a_trainee_that_leaves_something_out_fails_the_contract():
    with pytest.raises(AssertionError):
        Forgetful().test_a_state_that_is_put_back_trains_as_it_did_before()


def explored(trainee, **options):
    search = lrsearch.GridSearch(["0.1", "0.01"], epochs=2)
    explorer = lrsearch.Explorer(trainee, 8, search, verbose=0, **options)
    for _ in explorer:
        trainee.train()
        explorer.report(trainee.loss())
    return explorer


def test_what_lacks_a_method_is_told_which():
    class Half:
        rate = 0.1

        def take(self):
            return State([np.zeros(1)])

    with pytest.raises(TypeError, match=r"Half is no trainee, it lacks put, initial, .*derive"):
        lrsearch.Explorer(Half(), 8)
    with pytest.raises(TypeError, match="abstract"):
        type("Less", (lrsearch.Trainee,), {"rate": 0.1})()


class Growing(Quadratic):
    """Its weights change after some epochs: their number, their shape, or their kind."""

    def __init__(self, change, at):
        super().__init__()
        self.change, self.at, self.trained = change, at, 0

    def train(self):
        super().train()
        self.trained += 1

    def take(self):
        state = super().take()
        return state if self.trained < self.at else self.change(state)


@pytest.mark.parametrize("at", [3, 6])
@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (
            lambda state: state._replace(model=[*state.model, np.zeros(2)]),
            ValueError,
            "the trainee's model had 1 array when the run began and has 2 now",
        ),
        (
            lambda state: state._replace(model=[np.zeros(3)]),
            ValueError,
            r"array 0 of the trainee's model had the shape \(4,\) .* has \(3,\) now",
        ),
        (lambda state: list(state), TypeError, "has to be a lrsearch.State, got list"),
    ],
)
def test_a_state_of_another_kind_is_named_and_the_best_weights_are_put_back(
    change, error, message, at, tmp_path
):
    trainee = Growing(change, at)
    with pytest.raises(error, match=message):
        explored(trainee, directory=tmp_path)
    trainee.at = 100
    whole = Quadratic()
    scores = [epoch.score for epoch in explored(whole).history[: at - 1]]
    assert trainee.loss() == min(scores)

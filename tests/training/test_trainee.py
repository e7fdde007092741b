"""The core's own trainee keeps the contract, and what is no trainee is told so."""

from lrsearch.testing import Quadratic, TraineeContract


class TestQuadratic(TraineeContract):
    def make(self):
        return Quadratic()

    def train(self, trainee):
        trainee.train()

    def validate(self, trainee):
        return trainee.loss()

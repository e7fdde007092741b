"""The trainees of the JAX examples keep the contract, and nothing is compiled twice."""

from functools import cache

from examples import flax_nnx_loop, jax_loop
from lrsearch.testing import TraineeContract

load = cache(jax_loop.load)


class TestAPytree(TraineeContract):
    def make(self):
        return jax_loop.PytreeTrainee(jax_loop.draw, jax_loop.adam)

    def train(self, trainee):
        trainee.now = jax_loop.train_one_epoch(trainee.now, *load()[0])

    def validate(self, trainee):
        return float(jax_loop.validate(trainee.now.weights, *load()[1]))

    def test_a_state_that_is_put_back_is_trained_by_the_same_program(self):
        trainee = self.make()
        jax_loop.train_one_epoch.clear_cache()
        self.train(trainee)
        trainee.put(trainee.initial(1, trainee.take()))
        trainee.rate = 0.1
        self.train(trainee)
        assert jax_loop.train_one_epoch._cache_size() == 1


class TestFlaxNNX(TraineeContract):
    def make(self):
        return flax_nnx_loop.NNXTrainee(flax_nnx_loop.Network, flax_nnx_loop.adam)

    def train(self, trainee):
        flax_nnx_loop.train_one_epoch(trainee.model, trainee.optimizer, *load()[0])

    def validate(self, trainee):
        return float(flax_nnx_loop.validate(trainee.model, *load()[1]))

"""A PyTorch model keeps the trainee's contract, whatever trains it."""

import torch

from lrsearch.testing import TraineeContract
from lrsearch_torch import TorchTrainee
from tests.torch.tasks import network, train, validate


class Contract(TraineeContract):
    __test__ = False

    def optimizer(self, model):
        return torch.optim.AdamW(model.parameters(), lr=0.01)

    def make(self):
        net = network()
        return TorchTrainee(net, self.optimizer(net))

    def train(self, trainee):
        trainee.begin_epoch()
        train(trainee.model, *trainee.optimizers)

    def validate(self, trainee):
        return validate(trainee.model)


class TestAdamW(Contract):
    __test__ = True


class TestMomentum(Contract):
    __test__ = True

    def optimizer(self, model):
        return torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9, dampening=0.5)


class TestAdagrad(Contract):
    """It has its state before its first step."""

    __test__ = True

    def optimizer(self, model):
        return torch.optim.Adagrad(model.parameters(), lr=0.01, initial_accumulator_value=0.5)


class TestTwoOptimizersOnTheDevice(Contract):
    __test__ = True

    def make(self):
        net = network()
        first, last = net.layers[:2].parameters(), net.layers[4].parameters()
        groups = [{"params": last, "lr": torch.tensor(0.02)}]
        optimizers = [torch.optim.SGD(first, lr=0.01), torch.optim.Adam(groups)]
        return TorchTrainee(net, optimizers, states="device")


def test_the_rate_acts_after_an_optimizer_has_loaded_a_state():
    """It has new groups then."""
    net = network()
    optimizer = torch.optim.AdamW(net.parameters(), lr=0.01)
    trainee = TorchTrainee(net, optimizer)
    optimizer.load_state_dict(optimizer.state_dict())
    trainee.rate = 0.5
    assert optimizer.param_groups[0]["lr"] == 0.5
    assert trainee.rate == 0.5

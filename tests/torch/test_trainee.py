"""A PyTorch model keeps the trainee's contract, whatever trains it."""

import torch
from torch import nn

from lrsearch.testing import TraineeContract
from lrsearch_torch import TorchTrainee


def data():
    """Ninety-six points of eight numbers, and what is to be learnt of them."""
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(96, 8, generator=generator)
    return x, x[:, :1] * x[:, 1:2] + 0.1 * torch.randn(96, 1, generator=generator)


X, Y = data()


class Net(nn.Module):
    """With dropout and batch statistics."""

    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(8, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Dropout(0.2), nn.Linear(16, 1)
        )

    def forward(self, x):
        return self.layers(x)


class Contract(TraineeContract):
    __test__ = False

    def optimizer(self, model):
        return torch.optim.AdamW(model.parameters(), lr=0.01)

    def make(self):
        torch.manual_seed(0)
        self.net = Net()
        return TorchTrainee(self.net, self.optimizer(self.net))

    def train(self, trainee):
        trainee.model.train()
        for rows in torch.randperm(64).split(16):
            for optimizer in trainee.optimizers:
                optimizer.zero_grad()
            nn.functional.mse_loss(trainee.model(X[rows]), Y[rows]).backward()
            for optimizer in trainee.optimizers:
                optimizer.step()

    @torch.no_grad()
    def validate(self, trainee):
        trainee.model.eval()
        return nn.functional.mse_loss(trainee.model(X[64:]), Y[64:]).item()


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
        torch.manual_seed(0)
        net = Net()
        first, last = net.layers[:2].parameters(), net.layers[4].parameters()
        groups = [{"params": last, "lr": torch.tensor(0.02)}]
        optimizers = [torch.optim.SGD(first, lr=0.01), torch.optim.Adam(groups)]
        return TorchTrainee(net, optimizers, states="device")

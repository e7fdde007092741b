"""A small module, its data, and a trainer that shows and writes nothing."""

import torch
from lightning.pytorch import LightningModule, Trainer
from torch import nn
from torch.utils.data import DataLoader, Subset, TensorDataset

from tests.script import Script


def data():
    """A hundred points of eight numbers, and what is to be learnt of them."""
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(112, 8, generator=generator)
    return TensorDataset(x, x[:, :1] * x[:, 1:2] + 0.1 * torch.randn(112, 1, generator=generator))


class Module(LightningModule):
    """With dropout and batch statistics."""

    def __init__(self, schedule=False):
        super().__init__()
        torch.manual_seed(0)
        self.layers = nn.Sequential(
            nn.Linear(8, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Dropout(0.2), nn.Linear(16, 1)
        )
        self.schedule = schedule

    def loss(self, batch):
        x, y = batch
        return nn.functional.mse_loss(self.layers(x), y)

    def training_step(self, batch, batch_idx):
        return self.loss(batch)

    def validation_step(self, batch, batch_idx):
        self.log("val_loss", self.loss(batch), sync_dist=True)

    def configure_optimizers(self):
        optimizer = torch.optim.AdamW(self.parameters(), lr=0.001)
        if not self.schedule:
            return optimizer
        return [optimizer], [torch.optim.lr_scheduler.ConstantLR(optimizer)]


def loaders(**options):
    """To train on, shuffled; to validate with."""
    whole = data()
    train, validation = Subset(whole, range(64)), Subset(whole, range(64, 112))
    return (
        DataLoader(train, batch_size=16, shuffle=True, **options),
        DataLoader(validation, batch_size=48),
    )


def trainer(*callbacks, **options):
    """A trainer of 12 epochs."""
    settings = {
        "max_epochs": 12, "accelerator": "cpu", "logger": False, "enable_checkpointing": False,
        "enable_progress_bar": False, "enable_model_summary": False, **options,
    }  # fmt: skip
    return Trainer(callbacks=list(callbacks), **settings)


def fit(*callbacks, module=None, ckpt_path=None, **options):
    """Fit a module with callbacks; the module."""
    module = Module() if module is None else module
    trainer(*callbacks, **options).fit(module, *loaders(), ckpt_path=ckpt_path)
    return module


def rates():
    """Two rates, the first of them twice, once with a pause in it."""
    trials = [("0.03", 0), ("0.001", 0), ("0.03", 0)]
    return Script(trials, [(0, 2), (1, 1), (2, 2), (1, 2)])


@torch.no_grad()
def score(module):
    """The module's validation loss."""
    module.eval()
    return module.loss(next(iter(loaders()[1]))).item()

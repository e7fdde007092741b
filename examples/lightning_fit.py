"""Both phases in one `fit` of Lightning: handwritten digits, no learning rate given.

pip install "lrsearch[lightning,sklearn]"
python examples/lightning_fit.py
"""

import argparse

import torch
from lightning.pytorch import LightningModule, Trainer, seed_everything
from sklearn.datasets import load_digits
from torch import nn
from torch.nn.functional import cross_entropy
from torch.utils.data import DataLoader, TensorDataset, random_split

from lrsearch_torch.lightning import LRExplorerCallback


class Classifier(LightningModule):
    """Two layers; `configure_optimizers` returns the optimizer alone, for the rate is set."""

    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))

    def training_step(self, batch, batch_idx):
        return cross_entropy(self.layers(batch[0]), batch[1])

    def validation_step(self, batch, batch_idx):
        self.log("val_loss", cross_entropy(self.layers(batch[0]), batch[1]))

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters())


def main(epochs, directory):
    seed_everything(0, verbose=False)
    images, classes = (torch.as_tensor(part) for part in load_digits(return_X_y=True))
    train, validation = random_split(TensorDataset(images.float() / 16, classes), [1400, 397])

    explorer = LRExplorerCallback(directory=directory)
    trainer = Trainer(
        max_epochs=epochs, callbacks=[explorer], accelerator="cpu", logger=False,
        enable_checkpointing=False, enable_progress_bar=False, enable_model_summary=False,
    )  # fmt: skip
    trainer.fit(
        Classifier(),
        DataLoader(train, batch_size=32, shuffle=True),
        DataLoader(validation, batch_size=397),
    )
    print(f"rate {explorer.rate}: {explorer.evidence.sentence}")
    print(f"annealed from {explorer.peak}, best val_loss {explorer.best_score:.4f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=60, help="of the whole training")
    parser.add_argument("--directory", help="a folder for the run, which a killed one goes on in")
    main(**vars(parser.parse_args()))

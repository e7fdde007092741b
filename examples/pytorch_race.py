"""A PyTorch loop that keeps checkpoints, so that a race can pause trials and continue them.

    python examples/pytorch_race.py

`DigitRace` gives every rate a few epochs, and more only to those that may still win. A trial whose
`start_epoch` is above 0 goes on from the checkpoint kept when its last leg ended.
"""

import argparse
import tempfile
from pathlib import Path

import torch
from sklearn.datasets import load_digits
from torch import nn

import lrsearch
from lrsearch.files import replacing


def load():
    """Images of 64 pixels in [0, 1] with their classes; the last 400 are for validation."""
    images, classes = (torch.as_tensor(part) for part in load_digits(return_X_y=True))
    order = torch.randperm(len(classes), generator=torch.Generator().manual_seed(0))
    images, classes = images[order].float() / 16, classes[order].long()
    return (images[:-400], classes[:-400]), (images[-400:], classes[-400:])


def new_model(init):
    """The same weights for the same init."""
    torch.manual_seed(init)
    return nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))


def train_one_epoch(model, optimizer, images, classes, batch=32):
    for start in range(0, len(images), batch):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(
            model(images[start : start + batch]), classes[start : start + batch]
        )
        loss.backward()
        optimizer.step()


@torch.no_grad()
def validate(model, images, classes):
    return nn.functional.cross_entropy(model(images), classes).item()


def main(budget, max_epochs, folder):
    train, validation = load()
    search = lrsearch.DigitRace(budget=budget, max_epochs=max_epochs)
    for trial in search.iterate(resume=True):
        model = new_model(trial.init)
        optimizer = torch.optim.SGD(model.parameters(), lr=float(trial.rate), momentum=0.9)
        checkpoint = Path(folder) / f"trial-{trial.number}.pt"
        if trial.start_epoch > 0:
            saved = torch.load(checkpoint, weights_only=True)
            model.load_state_dict(saved["model"])
            optimizer.load_state_dict(saved["optimizer"])
        going = True
        while going:
            train_one_epoch(model, optimizer, *train)
            going = search.report(trial, validate(model, *validation))
        with replacing(checkpoint) as temporary:
            state = {"model": model.state_dict(), "optimizer": optimizer.state_dict()}
            torch.save(state, temporary)
        record = search.trials[trial.number]
        print(
            f"{search.spent:4} of {budget} epochs · trial {trial.number} · rate {trial.rate} · "
            f"epochs {trial.start_epoch + 1}–{record.epoch} · {record.state}"
        )
    print(f"\nrate {search.rate}: {search.evidence().sentence}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--budget", type=int, default=60, help="epochs in all")
    parser.add_argument("--max-epochs", type=int, default=30, help="epochs of one full training")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        main(arguments.budget, arguments.max_epochs, folder)

"""Both phases in a loop of PyTorch: handwritten digits, no learning rate given.

pip install "lrsearch[torch,sklearn]"
python examples/torch_explorer.py
"""

import argparse

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn.functional import cross_entropy
from torch.utils.data import DataLoader, TensorDataset

from lrsearch_torch import Explorer


def main(epochs, directory):
    torch.manual_seed(0)
    images, classes = (torch.as_tensor(part) for part in load_digits(return_X_y=True))
    data = TensorDataset(images.float() / 16, classes.long())
    train, validation = torch.utils.data.random_split(data, [1400, len(data) - 1400])
    loader = DataLoader(train, batch_size=32, shuffle=True)
    held_x, held_y = next(iter(DataLoader(validation, batch_size=len(validation))))
    model = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
    optimizer = torch.optim.Adam(model.parameters())

    def validate():
        with torch.no_grad():
            return cross_entropy(model(held_x), held_y)

    explorer = Explorer(model, optimizer, epochs=epochs, directory=directory)
    for _ in explorer:
        for x, y in loader:
            optimizer.zero_grad()
            cross_entropy(model(x), y).backward()
            optimizer.step()
        explorer.report(validate)  # called with a running average of the weights in place
    print(f"rate {explorer.rate}: {explorer.evidence.sentence}")
    print(f"annealed from {explorer.peak}, best validation loss {explorer.best_score:.4f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=60, help="of the whole training")
    parser.add_argument("--directory", help="a folder for the run, which a killed one goes on in")
    main(**vars(parser.parse_args()))

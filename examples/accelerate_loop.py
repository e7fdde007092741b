"""Both phases in a loop of Hugging Face accelerate, on one process or on several.

    python examples/accelerate_loop.py
    torchrun --nproc_per_node=2 examples/accelerate_loop.py

A made-up task of two classes. The loop is accelerate's own; the explorer takes the model and the
optimizer as they were prepared.
"""

import argparse

import torch
from accelerate import Accelerator
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from lrsearch_torch import Explorer


def main(epochs, directory):
    accelerator = Accelerator(cpu=not torch.cuda.is_available())
    torch.manual_seed(0)
    points = torch.randn(1400, 20)
    classes = (points[:, 0] * points[:, 1] + points[:, 2] > 0).long()
    model = nn.Sequential(nn.Linear(20, 64), nn.ReLU(), nn.Linear(64, 2))
    optimizer = torch.optim.Adam(model.parameters())
    loader = DataLoader(TensorDataset(points[:-400], classes[:-400]), 32, shuffle=True)
    model, optimizer, loader = accelerator.prepare(model, optimizer, loader)
    x, y = (part[-400:].to(accelerator.device) for part in (points, classes))

    @torch.no_grad()
    def validate():
        return nn.functional.cross_entropy(model(x), y)

    explorer = Explorer(
        model, optimizer, epochs, directory=directory, scaler=accelerator.scaler,
        verbose=int(accelerator.is_main_process),
    )  # fmt: skip
    for _ in explorer:
        for batch, labels in loader:
            optimizer.zero_grad()
            accelerator.backward(nn.functional.cross_entropy(model(batch), labels))
            optimizer.step()
        explorer.report(validate)
    if accelerator.is_main_process:
        print(f"\nrate {explorer.rate}: {explorer.evidence.sentence}")
        print(f"loss {validate():.4f}, as after the best epoch ({explorer.best_score:.4f})")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=40, help="epochs of the whole training")
    parser.add_argument("--directory", help="a run folder, which a killed run goes on in")
    main(**vars(parser.parse_args()))

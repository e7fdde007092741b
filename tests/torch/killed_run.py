"""A small real run, to be killed: ``python killed_run.py FOLDER OUT EPOCHS``.

Every epoch that is over is noted in FOLDER/seen.txt; when the loop has ended, OUT holds the
outcome.
"""

import json
import os
import sys
import time
from pathlib import Path

import torch

from lrsearch_torch import Explorer
from tests.torch.tasks import network, step, validate


def main(folder: Path, out: Path, epochs: int) -> None:
    """Explored and annealed, with all that a state holds."""
    model = network()
    optimizer = torch.optim.AdamW(model.parameters())
    explorer = Explorer(model, optimizer, epochs, directory=folder, verbose=0)
    for _ in explorer:
        model.train()
        for rows in torch.randperm(64).split(16):
            step(model, [optimizer], rows)
            time.sleep(0.01)
        explorer.report(lambda: validate(model))
        with (folder / "seen.txt").open("a") as file:
            file.write(f"{os.getpid()} {len(explorer.history)}\n")
    history = [[*epoch._replace(rate=str(epoch.rate))] for epoch in explorer.history]
    outcome = {"history": history, "rate": str(explorer.rate), "score": validate(model)}
    out.write_text(json.dumps(outcome))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))

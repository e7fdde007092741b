"""Two processes and `DistributedDataParallel`: ``python ranks_run.py KIND RANK FOLDER OUT``."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from lrsearch import DigitRace
from lrsearch_torch import Explorer
from tests.torch.tasks import X, Y, network, validate

EPOCHS = 24


def train(model: nn.Module, optimizer: Any, rank: int) -> None:
    """Each rank has its half of the rows, its own dropout, its own order."""
    model.train()
    for rows in (torch.randperm(32) + 32 * rank).split(8):
        optimizer.zero_grad()
        nn.functional.mse_loss(model(X[rows]), Y[rows]).backward()
        optimizer.step()
        time.sleep(0.01)


def main(kind: str, rank: int, folder: Path, out: Path) -> None:
    """The loop, as on one process."""
    store = dist.FileStore(str(out.parent / f"{out.stem[:-1]}.store"), 2)
    dist.init_process_group("gloo", store=store, rank=rank, world_size=2)
    net = network()
    torch.manual_seed(rank)
    model = DistributedDataParallel(net)
    optimizer = torch.optim.AdamW(model.parameters())
    directory = folder / str(rank) if kind == "apart" else folder
    search = DigitRace(12, 4)
    initial: Any = "fresh" if kind == "inits" else "same"
    explorer = Explorer(
        model, optimizer, EPOCHS, search, directory=directory, initial=initial, verbose=0
    )
    rates, sums = [], []

    def shared() -> float:
        """A validation that all ranks take part in; each rank has another score."""
        dist.all_reduce(torch.zeros(1))
        return validate(net) + rank

    for epoch in explorer:
        train(model, optimizer, rank)
        rates.append(optimizer.param_groups[0]["lr"])
        sums.append(sum(p.sum().item() for p in net.parameters()))
        if kind == "broken" and len(explorer.history) == 5:
            break
        if kind == "broken":
            explorer.report(validate(net) + rank)
        else:
            explorer.report(shared)
        if rank == 0:
            with (folder / "seen.txt").open("a") as file:
                file.write(f"{len(explorer.history)} {epoch.phase}\n")
    outcome = {
        "history": [[*epoch._replace(rate=str(epoch.rate))] for epoch in explorer.history],
        "rate": str(explorer.rate),
        "best": explorer.best_score,
        "rates": rates,
        "sums": sums,
        "score": validate(net),
        "weights": [p.sum().item() for p in net.parameters()],
        "lr": optimizer.param_groups[0]["lr"],
    }
    out.write_text(json.dumps(outcome))
    dist.barrier()


if __name__ == "__main__":
    torch.set_num_threads(1)
    os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo")
    try:
        main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]), Path(sys.argv[4]))
    finally:  # gloo's threads, if left, may abort the process after its error is shown
        if dist.is_initialized():
            dist.destroy_process_group()

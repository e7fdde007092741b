"""A small real fit, to be killed: ``python -m tests.lightning.killed_run FOLDER``."""

import sys
import time
from pathlib import Path

from lightning.pytorch import Callback
from lightning.pytorch.callbacks import ModelCheckpoint

from lrsearch import DigitRace
from lrsearch_torch.lightning import LRExplorerCallback
from tests.lightning.tasks import fit


class Slow(Callback):
    """Takes its time with each batch."""

    def on_train_batch_end(self, *_):
        time.sleep(0.01)


def run(folder, *callbacks, every=1, ckpt_path="last"):
    """A race of 12 epochs, then 12 of annealing; the callback and the module."""
    explorer = LRExplorerCallback(DigitRace(12, 4), directory=folder / "run", verbose=0)
    checkpoints = ModelCheckpoint(folder / "checkpoints", save_last=True, every_n_epochs=every)
    module = fit(
        explorer, checkpoints, *callbacks,
        max_epochs=24, enable_checkpointing=True, ckpt_path=ckpt_path,
    )  # fmt: skip
    return explorer, module


if __name__ == "__main__":
    run(Path(sys.argv[1]), Slow())

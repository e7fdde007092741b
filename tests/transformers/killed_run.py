"""A small real training, to be killed: ``python -m tests.transformers.killed_run FOLDER``."""

import sys
import time
from pathlib import Path

from transformers import TrainerCallback
from transformers.trainer_utils import get_last_checkpoint

from lrsearch import DigitRace
from lrsearch_torch.transformers import LRExplorerCallback
from tests.transformers.tasks import trainer

IN_ORDER = {"eval_strategy": "epoch", "train_sampling_strategy": "sequential",
            "num_train_epochs": 24, "save_strategy": "epoch"}  # fmt: skip
"""24 epochs of the data in order, so that each is of the same data wherever it is trained."""


class Slow(TrainerCallback):
    """Takes its time with each step."""

    def on_step_end(self, *_, **__):
        time.sleep(0.005)


def run(folder, *callbacks, resume=True, **options):
    """A race of 12 epochs, then 12 of annealing; the callback and the trainer."""
    explorer = LRExplorerCallback(DigitRace(12, 4), directory=folder / "run", verbose=0)
    trained = trainer(folder / "output", explorer, *callbacks, **{**IN_ORDER, **options})
    trained.train(resume_from_checkpoint=last(folder) if resume else None)
    return explorer, trained


def last(folder):
    """The last checkpoint, but for one that was not written to its end."""
    output = folder / "output"
    while output.exists() and (checkpoint := get_last_checkpoint(output)) is not None:
        if (Path(checkpoint) / "trainer_state.json").exists():
            return checkpoint
        Path(checkpoint).rename(f"{checkpoint}-broken")
    return None


if __name__ == "__main__":
    run(Path(sys.argv[1]), Slow())

"""A small real run, to be killed: ``python killed_run.py race|default|study FOLDER OUT``.

Every finished epoch is written to FOLDER/seen.txt; when the fit has ended, OUT holds the outcome.
"""

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import keras

from lrsearch import DigitRace, Exploit, Study
from lrsearch_keras import LRExplorerCallback
from tests.keras.tasks import data, network


class Seen(keras.callbacks.Callback):
    """Notes each epoch that has ended, and takes its time with each batch."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.path = folder / "seen.txt"

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        time.sleep(0.01)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        with self.path.open("a") as file:
            file.write(f"{os.getpid()} {epoch}\n")


def explored(kind: str, folder: Path) -> LRExplorerCallback:
    """The callback with a race, without arguments, or with a study beside the folder."""
    if kind == "default":
        return LRExplorerCallback(directory=folder, verbose=0)
    search: Any = DigitRace(32, 8)
    if kind == "study":
        search = Study(folder.with_suffix(".db"), search)
    return LRExplorerCallback(
        search,
        lambda search, left: Exploit([search.rate], left, patience=None),
        directory=folder,
        verbose=0,
    )


def main(kind: str, folder: Path, out: Path) -> None:
    """Fit, explored and exploited, and write the outcome."""
    x, y = data(96)
    model = network()
    explorer = explored(kind, folder)
    model.fit(
        x, y, epochs=64, batch_size=16, shuffle=False, validation_split=0.25, verbose=0,
        callbacks=[explorer, Seen(folder)],
    )  # fmt: skip
    history = [[*epoch._replace(rate=str(epoch.rate))] for epoch in explorer.history]
    outcome = {
        "history": history,
        "rate": str(explorer.rate),
        "best": explorer.best_score,
        "score": model.evaluate(x[72:], y[72:], verbose=0),
    }
    out.write_text(json.dumps(outcome))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))

"""Runs that are killed within one process, to be gone on with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import pytest

from lrsearch import DigitRace, Exploit
from lrsearch_keras import LRExplorerCallback
from tests.keras.tasks import fit, network


class Killed(BaseException):
    """Stands for the end of the process."""


class Kill(keras.callbacks.Callback):
    """Raises after or before so many epochs, as abruptly as one process can."""

    def __init__(self, epoch: int, where: str = "end", error: Any = Killed) -> None:
        super().__init__()
        self.epoch, self.where, self.error = epoch, where, error

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        if epoch == self.epoch and self.where == "begin":
            raise self.error

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        if self.where == "batch":
            self.epoch -= 1
            if self.epoch == 0:
                raise self.error

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        if epoch == self.epoch and self.where == "end":
            raise self.error


def race(folder: Path | None, search: Any = None, **changes: Any) -> LRExplorerCallback:
    """Both phases: twelve epochs of a race, the others at its rate."""
    settings: dict[str, Any] = {"directory": folder, "verbose": 0, **changes}
    settings.setdefault("exploit", lambda search, left: Exploit([search.rate], left, patience=None))
    return LRExplorerCallback(DigitRace(12, 4) if search is None else search, **settings)


def run(folder: Path | None, *callbacks: Any, **changes: Any) -> LRExplorerCallback:
    """A race of 18 epochs."""
    explorer = race(folder, **changes)
    fit(network(), explorer, epochs=18, callbacks=list(callbacks))
    return explorer


def killed(folder: Path, epoch: int, **changes: Any) -> None:
    """A race of 18 epochs, killed at the end of one of them."""
    with pytest.raises(Killed):
        run(folder, Kill(epoch), **changes)


def outcome(explorer: LRExplorerCallback) -> list[Any]:
    """What was trained, without the scores."""
    return [epoch._replace(score=None) for epoch in explorer.history]

"""The states of trials that wait for their next leg."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from lrsearch.files import replacing
from lrsearch.trial import TrialRecord
from lrsearch_keras.snapshot import State

__all__ = ["Checkpoints"]

_OVER = ("complete", "stopped", "diverged")


class Checkpoints:
    """Paused trials' states by trial number, in memory or in a folder.

    Parameters
    ----------
    directory : path or None
        Where to keep one ``.npz`` file a trial; made when the first one is kept. None: in memory.
    """

    def __init__(self, directory: str | os.PathLike[str] | None) -> None:
        self.directory = None if directory is None else Path(directory)
        self._states: dict[int, State] = {}
        self._epochs: dict[int, int] = {}

    def keep(self, number: int, epoch: int, state: State) -> None:
        """Keep the state that a trial has after this many epochs; an earlier one is replaced."""
        if self.directory is None:
            self._states[number] = state
        else:
            self.directory.mkdir(exist_ok=True)
            with replacing(self._path(number)) as temporary, temporary.open("wb") as file:
                parts = state._asdict().items()
                np.savez(file, **{f"{n}_{i}": a for n, part in parts for i, a in enumerate(part)})
        self._epochs[number] = epoch

    def state(self, number: int, epoch: int) -> State | None:
        """The state that a trial had after this many epochs; None where it was not kept."""
        if self._epochs.get(number) != epoch:
            return None
        if self.directory is None:
            return self._states[number]
        with np.load(self._path(number)) as arrays:
            parts = {
                name: [arrays[f"{name}_{i}"] for i in range(_count(arrays.files, name))]
                for name in State._fields
            }
        return State(parts["model"], parts["optimizer"], tuple(parts["generators"]))

    def drop_ended(self, records: Sequence[TrialRecord]) -> None:
        """Drop the states of trials that cannot be continued."""
        for number in [n for n in self._epochs if records[n].state in _OVER]:
            self.drop(number)

    def drop_all(self) -> None:
        """Drop every state, and the folder."""
        for number in list(self._epochs):
            self.drop(number)
        if self.directory is not None and self.directory.exists():
            self.directory.rmdir()

    def drop(self, number: int) -> None:
        """Drop one trial's state."""
        del self._epochs[number]
        self._states.pop(number, None)
        if self.directory is not None:
            self._path(number).unlink(missing_ok=True)

    def _path(self, number: int) -> Path:
        return Path(self.directory or "") / f"{number:06}.npz"


def _count(names: Sequence[str], part: str) -> int:
    return sum(name.rpartition("_")[0] == part for name in names)

"""The states of trials that wait for their next leg."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from lrsearch.training.state import State
from lrsearch.training.state_files import read_notes, read_state, write_state
from lrsearch.trial import TrialRecord

__all__ = ["Checkpoints"]

_OVER = ("complete", "stopped", "diverged")


class Checkpoints:
    """Paused trials' states by trial number, in memory or in a folder.

    Parameters
    ----------
    directory : path or None
        Where to keep one ``.npz`` file a trial; made when the first one is kept. Files that are
        there already are those of an earlier process. None: in memory.
    entrance : str
        What takes the run's directory, for messages.
    """

    def __init__(
        self, directory: str | os.PathLike[str] | None, entrance: str = "Explorer"
    ) -> None:
        self._remedy = (
            "remove it to have its trial trained again from its start, or pass another directory "
            f"to {entrance}"
        )
        self.directory = None if directory is None else Path(directory)
        self._states: dict[int, State] = {}
        self._epochs: dict[int, int] = {}
        if self.directory is not None and self.directory.is_dir():
            for path in self.directory.glob("[0-9]*.npz"):
                self._epochs[int(path.stem)] = read_notes(path, self._remedy)["epoch"]

    def keep(self, number: int, epoch: int, state: State) -> None:
        """Keep the state that a trial has after this many epochs; an earlier one is replaced."""
        if self.directory is None:
            self._states[number] = state
        else:
            self.directory.mkdir(exist_ok=True)
            write_state(self._path(number), state, {"epoch": epoch})
        self._epochs[number] = epoch

    def state(self, number: int, epoch: int) -> State | None:
        """The state that a trial had after this many epochs; None where it was not kept."""
        if self._epochs.get(number) != epoch:
            return None
        if self.directory is None:
            return self._states[number]
        found = read_state(self._path(number), self._remedy)
        return None if found is None else found[0]

    def drop_ended(self, records: Sequence[TrialRecord]) -> None:
        """Drop the states of trials that cannot be continued."""
        for number in [n for n in self._epochs if records[n].state in _OVER]:
            self.drop(number)

    def drop_all(self) -> None:
        """Drop every state, and the folder."""
        for number in list(self._epochs):
            self.drop(number)
        if self.directory is not None and self.directory.exists():
            shutil.rmtree(self.directory)

    def drop(self, number: int) -> None:
        """Drop one trial's state."""
        del self._epochs[number]
        self._states.pop(number, None)
        if self.directory is not None:
            self._path(number).unlink(missing_ok=True)

    def _path(self, number: int) -> Path:
        return Path(self.directory or "") / f"{number:06}.npz"

"""The states of trials that wait for their next leg."""

from __future__ import annotations

import shutil
from collections.abc import Sequence

from lrsearch.training.manifest import Manifest
from lrsearch.training.state import State
from lrsearch.training.state_files import read_notes, read_state, write_state
from lrsearch.training.warning import warn
from lrsearch.trial import TrialRecord

__all__ = ["Checkpoints"]

_FOLDER = "trials"
_REMEDY = "remove it to have its trial trained again from its start"
_OVER = ("complete", "stopped", "diverged")


class Checkpoints:
    """Paused trials' states by trial number, in memory or in a folder.

    Parameters
    ----------
    manifest : Manifest or None
        Of the run's folder, which has one ``.npz`` file a trial in ``trials``. Files that are
        there already are those of an earlier process. None: in memory.
    shared : bool
        Whether other workers, with folders of their own, have trials of the search.

    Raises
    ------
    ValueError
        If a file is damaged.

    Notes
    -----
    A state that cannot be written, when the disk is full, say, is kept in memory, with a warning.
    """

    def __init__(self, manifest: Manifest | None, shared: bool = False) -> None:
        self.manifest = manifest
        self.shared = shared
        self._states: dict[int, State] = {}
        self._epochs: dict[int, int] = {}
        if manifest is not None:
            for path in (manifest.folder / _FOLDER).glob("[0-9]*.npz"):
                manifest.verified(f"{_FOLDER}/{path.name}", _REMEDY)
                notes = read_notes(path, f"{_REMEDY}, or {manifest.another}")
                self._epochs[int(path.stem)] = notes["epoch"]

    def keep(self, number: int, epoch: int, state: State) -> None:
        """Keep the state that a trial has after this many epochs; an earlier one is replaced."""
        self._epochs[number] = epoch
        self._states[number] = state
        if self.manifest is None:
            return
        try:
            (self.manifest.folder / _FOLDER).mkdir(exist_ok=True)
            with self.manifest.replacing(_name(number)) as temporary:
                write_state(temporary, state, {"epoch": epoch})
        except OSError as error:
            warn(
                f"the state of trial {number} could not be written, it is kept in memory and "
                f"training goes on: {error}"
            )
        else:
            del self._states[number]

    def state(self, number: int, epoch: int) -> State | None:
        """The state that a trial had after this many epochs; None where it was not kept."""
        if self._epochs.get(number) != epoch:
            if self.manifest is not None and not self.shared:
                path = self.manifest.folder / _name(number)
                warn(f"{path} is missing, or older: its trial is trained again from its start")
            return None
        if self.manifest is None or number in self._states:
            return self._states[number]
        remedy = f"{_REMEDY}, or {self.manifest.another}"
        found = read_state(self.manifest.folder / _name(number), remedy)
        return None if found is None else found[0]

    def drop_ended(self, records: Sequence[TrialRecord]) -> None:
        """Drop the states of trials that cannot be continued."""
        for number in [n for n in self._epochs if records[n].state in _OVER]:
            self.drop(number)

    def drop_all(self) -> None:
        """Drop every state, and the folder."""
        for number in list(self._epochs):
            self.drop(number)
        if self.manifest is not None:
            shutil.rmtree(self.manifest.folder / _FOLDER, ignore_errors=True)

    def drop(self, number: int) -> None:
        """Drop one trial's state."""
        del self._epochs[number]
        self._states.pop(number, None)
        if self.manifest is not None:
            self.manifest.remove(_name(number))


def _name(number: int) -> str:
    return f"{_FOLDER}/{number:06}.npz"

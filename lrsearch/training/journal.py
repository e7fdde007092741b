"""What a run that was killed goes on from: its history, and the state after its last epoch."""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lrsearch.files import write_json
from lrsearch.rate import Rate
from lrsearch.training.average import AfterEpoch
from lrsearch.training.identity import differences
from lrsearch.training.manifest import Manifest
from lrsearch.training.phases import Epoch
from lrsearch.training.state import State
from lrsearch.training.state_files import damaged, read_state, write_state
from lrsearch.training.warning import warn
from lrsearch.trial import Trial

__all__ = ["GOES_ON_FROM", "Journal"]

_ABOUT = "run.json"
_HISTORY = "history.jsonl"
_LAST = "last.npz"
_FIRST = "first.npz"
_BEST = "exploit.npz"
_STUDY = "study.db"
_PHASE = "second_phase"
_CHECKSUMS = "checksums"
GOES_ON_FROM = (_HISTORY, _LAST)
"""Files that only a run has left which had begun to train."""
_COPY = "put a copy of it back"
_MOST = 4
"""Differences that an error shows."""


class Journal:
    """The files of one run that its next process goes on from.

    An epoch is over when ``last.npz`` is: the state after it, its number and its score. What
    follows from it (the report to the search, the best weights) is done again where the process
    was killed in between.

    Parameters
    ----------
    directory : path or None
        The run's folder, which exists by the first write; None keeps nothing.
    entrance : str
        What takes the directory, for messages.

    Raises
    ------
    ValueError
        If a file of an earlier process is damaged or missing; the message says what to do.
    """

    def __init__(self, directory: Path | None, entrance: str = "Explorer") -> None:
        self.directory = directory
        self._another = f"pass another directory to {entrance}"
        self.about: dict[str, Any] | None = None
        self.history: list[Epoch] = []
        self.last: dict[str, Any] = {}
        self.state: State | None = None
        self.manifest: Manifest | None = None
        self._checksum = 0  # of the history's lines
        self._written = (0, 0)  # lines of the history that its file has, and bytes
        self._failed = False
        self._resumed = directory is not None and (directory / _ABOUT).exists()
        if directory is not None:
            self.manifest = Manifest(directory, self._another, fresh=not self._resumed)
        if directory is not None and self._resumed:
            self.about = self._read_about(directory / _ABOUT)
            self._read(directory)

    @property
    def study(self) -> Path | None:
        """The file of the search's events."""
        return None if self.directory is None else self.directory / _STUDY

    @property
    def resumed(self) -> bool:
        """Whether an earlier process began the run."""
        return self._resumed

    @property
    def phase(self) -> Any:
        """The config of the second phase; None where it has not begun."""
        return (self.about or {}).get(_PHASE)

    def note(self, name: str) -> Any:
        """What the trainee noted under this name when the run began; None for nothing."""
        return (self.about or {}).get(name)

    @property
    def over(self) -> bool:
        """Whether the run was ended."""
        return bool(self.about and self.about.get("over"))

    def check(self, about: Mapping[str, Any]) -> None:
        """Make sure that the run goes on with what it was begun with.

        Raises
        ------
        ValueError
            If not; the message shows both.
        """
        found = differences(self.about or {}, about)
        if found:
            lines = [f"{n} was {_shown(known)}, is {_shown(given)}" for n, known, given in found]
            more = [f"{len(lines) - _MOST} more"] if len(lines) > _MOST else []
            raise ValueError(
                f"the run folder {self.directory} holds another run, which this one cannot go on "
                f"with: {'; '.join(lines[:_MOST] + more)}. P{self._another[1:]}"
            )

    def begin(
        self, about: Mapping[str, Any], first: State, notes: Mapping[str, Any] | None = None
    ) -> State:
        """Begin the run, or go on with it; the state that it began from.

        Parameters
        ----------
        about : mapping
            What it is begun with, a JSON object.
        first : State
            The trainee's present state.
        notes : mapping, optional
            What else to keep of the trainee.

        Raises
        ------
        ValueError
            As for `check`.
        """
        if self.directory is None:
            return first
        self.check(about)
        if self.about is None:
            self._write(self._write_state, _FIRST, first)
            self._note({**about, **(notes or {}), _CHECKSUMS: True})
            return first
        known = self._read_state(_FIRST, "remove it to go on with init 0 as the model is now")
        if known is None and not self.over:
            warn(f"{self.directory / _FIRST} is missing: init 0 is the model as it is now")
        return first if known is None else known[0]

    def begin_phase(self, config: Mapping[str, Any] | None) -> None:
        """Begin the second phase, or go on with it.

        Raises
        ------
        ValueError
            As for `check`.
        """
        if self.about is None:
            return
        self.check({_PHASE: config})
        if config is not None and self.phase is None:
            self._note({**self.about, _PHASE: config})

    def commit(
        self, epoch: Epoch, trial: Trial | None, after: AfterEpoch, batches: int | None = None
    ) -> None:
        """Keep an epoch that is over, with the trainee's state after it.

        Parameters
        ----------
        epoch : Epoch
        trial : Trial or None
            The trial that it was of.
        after : AfterEpoch
            What it left.
        batches : int, optional
            How many it had, where anyone counts them.
        """
        self.history.append(epoch)
        if self.directory is None:
            return
        leg = {} if trial is None else {"trial": trial.number, "leg": trial.leg}
        self.last = {"epochs": len(self.history), "epoch": epoch.epoch, "score": epoch.score, **leg}
        if after.averaged:
            self.last["average"] = True
        if batches is not None:
            self.last["batches"] = batches
        if after.average.forgone:
            self.last["forgone"] = True
        self._checksum = zlib.crc32(_line(epoch), self._checksum)
        self.last["history"] = self._checksum
        self._write(self._append)
        self._write(self._write_state, _LAST, after.state(), self.last)

    def keep_best(self, state: State, number: int) -> None:
        """Keep the second phase's best state, which the step of this number reached."""
        if self.directory is not None:
            self._write(self._write_state, _BEST, state, {"step": number})

    def exploit_best(self, number: int | None) -> State | None:
        """The second phase's best state, if it is that of this step.

        Of the last step it need not have been kept, for that step's own state is the best.
        """
        if self.directory is None or number is None:
            return None
        without = "on without the second phase's best weights to return to"
        found = self._read_state(_BEST, f"remove it to go {without}")
        if found is not None and found[1]["step"] == number:
            return found[0]
        if not self.over and number + 1 != self.last.get("epoch"):
            warn(f"{self.directory / _BEST} is missing: the run goes {without}")
        return None

    def end(self, over: bool) -> None:
        """The fit is over; where the run is over too, drop what only serves to go on."""
        if self.manifest is None or self.about is None or not over:
            return
        self._write(self._append)
        ended = {"over": True, "epochs_over": len(self.history), "history": self._checksum}
        if self._note({**self.about, **ended}):
            for name in (_LAST, _FIRST, _BEST):
                self.manifest.remove(name)

    def _read(self, folder: Path) -> None:
        path = folder / _HISTORY
        lines = path.read_bytes().splitlines(keepends=True) if path.exists() else []
        epochs = self._epochs_over(folder, len(lines))
        if len(lines) < epochs:
            raise self._missing(path, f"{epochs - len(lines)} of the run's {epochs} epochs")
        content = b"".join(lines[:epochs])
        self._checksum, self._written = zlib.crc32(content), (epochs, len(content))
        known = ((self.about or {}) if self.over else self.last).get("history", self._checksum)
        try:
            if known != self._checksum:
                raise ValueError("it does not hold what the run wrote there")
            self.history = [_epoch(json.loads(line)) for line in lines[:epochs]]
        except (TypeError, ValueError) as error:
            raise damaged(path, error, self._or_another(_COPY)) from error

    def _epochs_over(self, folder: Path, lines: int) -> int:
        """How many epochs of the history are over; the state after them is read."""
        if self.over:
            return int((self.about or {}).get("epochs_over", lines))
        found = self._read_state(_LAST, _COPY)
        if found is None and (lines > 1 or (self.manifest and self.manifest.lacks(_LAST))):
            raise self._missing(folder / _LAST, f"the state after the run's {lines} epochs")
        if found is None:
            return 0
        self.state, self.last = found
        return int(self.last["epochs"])

    def _note(self, about: Mapping[str, Any]) -> bool:
        """Note what the run is; whether it is on the disk."""
        self.about = dict(about)
        return self._write(self._write_about, about)

    def _write_about(self, about: Mapping[str, Any]) -> None:
        if self.manifest is not None:
            with self.manifest.replacing(_ABOUT) as temporary:
                write_json(temporary, about)

    def _write_state(self, name: str, state: State, notes: Mapping[str, Any] | None = None) -> None:
        if self.manifest is not None:
            with self.manifest.replacing(name) as temporary:
                write_state(temporary, state, notes)

    def _read_state(self, name: str, remedy: str) -> tuple[State, dict[str, Any]] | None:
        if self.manifest is None or self.manifest.verified(name, remedy) is None:
            return None
        return read_state(self.manifest.folder / name, self._or_another(remedy))

    def _append(self) -> None:
        """Bring the file of the history up to it, whatever was cut off before."""
        path = Path(self.directory or "") / _HISTORY
        lines, size = self._written if path.exists() else (0, 0)
        text = b"".join(map(_line, self.history[lines:]))
        with path.open("ab") as file:
            file.truncate(size)
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        self._written = len(self.history), size + len(text)

    def _write(self, write: Any, *arguments: Any) -> bool:
        try:
            write(*arguments)
        except OSError as error:
            if not self._failed:
                warn(
                    "a file of the run folder could not be written, training goes on and cannot "
                    f"be resumed from here: {error}"
                )
            self._failed = True
            return False
        return True

    def _read_about(self, path: Path) -> dict[str, Any]:
        try:
            about = json.loads(path.read_bytes())
            if not isinstance(about, dict) or "begun_at" not in about:
                raise ValueError("it does not say what the run was begun with")
        except (OSError, RecursionError, ValueError) as error:
            raise damaged(path, error, self._or_another(_COPY)) from error
        if self.manifest is not None:
            self.manifest.whole = bool(about.get(_CHECKSUMS))
            if self.manifest.whole and not self.manifest.exists:
                raise self._missing(path.with_name("checksums.json"), "the checksums of its files")
            self.manifest.verified(_ABOUT, _COPY)
        return about

    def _missing(self, path: Path, what: str) -> ValueError:
        return ValueError(
            f"{path} lacks {what}, so the run cannot be gone on with: {self._or_another(_COPY)}"
        )

    def _or_another(self, remedy: str) -> str:
        return f"{remedy}, or {self._another}"


def _line(epoch: Epoch) -> bytes:
    rate: Any = str(epoch.rate) if isinstance(epoch.rate, Rate) else float(epoch.rate)
    return json.dumps([*epoch._replace(rate=rate)]).encode() + b"\n"


def _epoch(fields: list[Any]) -> Epoch:
    epoch = Epoch(*fields)
    return epoch._replace(rate=Rate(epoch.rate)) if isinstance(epoch.rate, str) else epoch


def _shown(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 80 else f"{text[:77]}..."

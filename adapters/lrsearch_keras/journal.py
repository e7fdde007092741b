"""What a run that was killed goes on from: its history, and the state after its last epoch."""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np

from lrsearch import Rate, Trial
from lrsearch.files import replacing, write_json
from lrsearch_keras.phases import Epoch
from lrsearch_keras.snapshot import State, take
from lrsearch_keras.state_files import read_state, write_state

__all__ = ["Journal", "shapes"]

_ABOUT = "run.json"
_HISTORY = "history.jsonl"
_LAST = "last.npz"
_FIRST = "first.npz"
_BEST = "exploit.npz"
_STUDY = "study.db"


class Journal:
    """The files of one run that its next process goes on from.

    An epoch is over when ``last.npz`` is: the state after it, its number and its score. What
    follows from it (the report to the search, the best weights) is done again where the process
    was killed in between.

    Parameters
    ----------
    directory : path or None
        The run's folder, which exists by the first write; None keeps nothing.
    """

    def __init__(self, directory: Path | None) -> None:
        self.directory = directory
        self.about: dict[str, Any] | None = None
        self.history: list[Epoch] = []
        self.last: dict[str, Any] = {}
        self.state: State | None = None
        self._failed = False
        self._resumed = False
        if directory is not None and (directory / _ABOUT).exists():
            self.about = json.loads((directory / _ABOUT).read_text())
            self._resumed = True
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
        if self.about is None:
            return
        known = self.about
        names = [n for n in about if n in known and about[n] != known[n]]
        if names:
            lines = "; ".join(f"{n} was {_shown(known[n])}, is {_shown(about[n])}" for n in names)
            raise ValueError(
                f"the run folder {self.directory} holds another run, which this one cannot go on "
                f"with: {lines}. Pass another directory to LRExplorerCallback"
            )

    def begin(self, about: Mapping[str, Any], first: State) -> State:
        """Begin the run, or go on with it; the state that it began from.

        Raises
        ------
        ValueError
            As for `check`.
        """
        if self.directory is None:
            return first
        self.check(about)
        if self.about is None:
            self._write(write_state, self.directory / _FIRST, first)
            self._write(write_json, self.directory / _ABOUT, about)
            self.about = dict(about)
            return first
        known = read_state(self.directory / _FIRST)
        return first if known is None else known[0]

    def commit(self, epoch: Epoch, model: keras.Model, trial: Trial | None) -> None:
        """Keep an epoch that is over, with the model's state after it."""
        self.history.append(epoch)
        if self.directory is None:
            return
        leg = {} if trial is None else {"trial": trial.number, "leg": trial.leg}
        self.last = {"epochs": len(self.history), "epoch": epoch.epoch, "score": epoch.score, **leg}
        self._write(self._append, epoch)
        self._write(write_state, self.directory / _LAST, take(model), self.last)

    def keep_best(self, state: State, number: int) -> None:
        """Keep the second phase's best state, which the step of this number reached."""
        if self.directory is not None:
            self._write(write_state, self.directory / _BEST, state, {"step": number})

    def exploit_best(self, number: int | None) -> State | None:
        """The second phase's best state, if it is that of this step."""
        if self.directory is None or number is None:
            return None
        found = read_state(self.directory / _BEST)
        return found[0] if found is not None and found[1]["step"] == number else None

    def end(self, over: bool) -> None:
        """The fit is over; where the run is over too, drop what only serves to go on."""
        if self.directory is None or self.about is None or not over:
            return
        self._write(write_json, self.directory / _ABOUT, {**self.about, "over": True})
        for name in (_LAST, _FIRST, _BEST):
            (self.directory / name).unlink(missing_ok=True)

    def _read(self, folder: Path) -> None:
        lines = []
        if (folder / _HISTORY).exists():
            lines = (folder / _HISTORY).read_text().splitlines()
        if not self.over:
            found = read_state(folder / _LAST)
            if found is not None:
                self.state, self.last = found
            lines = lines[: self.last.get("epochs", 0)]
            with replacing(folder / _HISTORY) as temporary:
                temporary.write_text("".join(f"{line}\n" for line in lines))
        self.history = [_epoch(json.loads(line)) for line in lines]

    def _append(self, epoch: Epoch) -> None:
        rate: Any = str(epoch.rate) if isinstance(epoch.rate, Rate) else float(epoch.rate)
        with (Path(self.directory or "") / _HISTORY).open("a") as file:
            file.write(json.dumps([*epoch._replace(rate=rate)]) + "\n")
            file.flush()
            os.fsync(file.fileno())

    def _write(self, write: Any, *arguments: Any) -> None:
        try:
            write(*arguments)
        except OSError as error:
            if not self._failed:
                warnings.warn(
                    "a file of the run folder could not be written, training goes on and cannot "
                    f"be resumed from here: {error}",
                    RuntimeWarning,
                    stacklevel=3,
                )
            self._failed = True


def shapes(arrays: Sequence[np.ndarray]) -> list[list[int]]:
    """The arrays' shapes, for JSON."""
    return [list(array.shape) for array in arrays]


def _epoch(fields: list[Any]) -> Epoch:
    epoch = Epoch(*fields)
    return epoch._replace(rate=Rate(epoch.rate)) if isinstance(epoch.rate, str) else epoch


def _shown(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 80 else f"{text[:77]}..."

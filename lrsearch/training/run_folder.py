"""What a run leaves in its folder."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lrsearch.files import remove_partial, write_predictions
from lrsearch.results import write_run
from lrsearch.training.entrance import LOOP, Entrance
from lrsearch.training.journal import GOES_ON_FROM, Journal
from lrsearch.training.manifest import Manifest
from lrsearch.training.owner import Owner
from lrsearch.training.state import Arrays
from lrsearch.training.state_files import damaged
from lrsearch.training.trainee import Trainee
from lrsearch.training.warning import warn

__all__ = ["RunFolder"]

_PREDICTIONS = "best_predictions.csv"
_OF_A_RUN = (_PREDICTIONS, "trials.csv", "summary.json", "trials", *GOES_ON_FROM)


class RunFolder:
    """One run's folder: best weights and predictions as they come, tables and pictures.

    Every file is written whole or not at all, by one process: while it trains, another one is
    refused. A file that cannot be written later on, when the disk is full, say, is a warning: the
    training goes on.

    Parameters
    ----------
    directory : path or None
        The folder; None writes nothing.
    predict : callable, optional
        ``predict()`` returns an array, shape (examples, ...): what to predict after each best
        epoch.
    weights_file : str
        The name of the file of the best weights.
    entrance : Entrance
        What messages call what takes the directory.
    """

    def __init__(
        self,
        directory: str | os.PathLike[str] | None,
        predict: Callable[[], Any] | None = None,
        weights_file: str = Trainee.weights_file,
        entrance: Entrance = LOOP,
    ) -> None:
        self.directory = None if directory is None else Path(directory)
        self.predict = predict
        self.weights_file = weights_file
        self._another = f"pass another directory to {entrance.name}"
        self._entrance = entrance
        self.manifest: Manifest | None = None
        self._best = 0
        self._failed = False
        self._owner: Owner | None = None

    def prepare(self) -> Journal:
        """Make the folder; what an earlier process of the run left there is in its journal.

        Raises
        ------
        FileExistsError
            If it holds a run that cannot be gone on with.
        BlockingIOError
            If another process is at it.
        OSError
            If it cannot be made or written to.
        """
        folder = self.directory
        if folder is None:
            return Journal(None)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            tempfile.TemporaryFile(dir=folder).close()
        except OSError as error:
            raise type(error)(
                f"the run folder {folder} cannot be written to ({error.strerror}): {self._another}"
            ) from error
        self.own()
        try:
            return self._journal(folder)
        except BaseException:
            self.release()
            raise

    def _journal(self, folder: Path) -> Journal:
        for part in (folder, folder / "trials"):
            remove_partial(part)
        journal = Journal(folder, self._entrance.name)
        self.manifest = journal.manifest
        names = (self.weights_file, *_OF_A_RUN)
        held = [name for name in names if (folder / name).exists()]
        if held and not journal.resumed:
            raise FileExistsError(
                f"the run folder {folder} holds another run ({', '.join(held)}), which cannot be "
                f"gone on with: {self._another}, or move these away"
            )
        return journal

    def own(self) -> None:
        """Let no other process write to the folder until it is released.

        Raises
        ------
        BlockingIOError
            If another process is at it.
        ValueError
            If one has gone on with the run since it was released.
        """
        if self.directory is None or (self._owner is not None and self._owner.unlock.alive):
            return
        self._owner = Owner(self.directory, self._another)
        if self.manifest is not None and self.manifest.changed:
            self.release()
            raise ValueError(
                f"another process has gone on with the run in {self.directory}: begin with a new "
                f"{self._entrance.name}, which goes on where that one is, or {self._another}"
            )

    def release(self) -> None:
        """Let other processes write to the folder."""
        if self._owner is not None:
            self._owner.release()

    def best(self, trainee: Trainee, epoch: int) -> None:
        """Save the trainee's weights, which this epoch of the run has reached, and predict."""
        if self.directory is None:
            return
        self._best = epoch
        self._failed = False
        self._write(self._save_weights, trainee)
        if self.predict is not None:
            self._write(self._save_predictions, self.predict)

    def best_weights(self, trainee: Trainee, epoch: int) -> Arrays | None:
        """The weights saved of this epoch, which the trainee then has; None where none were.

        Raises
        ------
        ValueError
            If the file is damaged.
        """
        if self.manifest is None:
            return None
        remedy = (
            "put a copy of it back, or (where the run is not over) remove it to go on without the "
            "best weights so far"
        )
        noted = self.manifest.verified(self.weights_file, remedy)
        if noted is None or noted.get("epoch", epoch) != epoch:
            return None
        path = self.manifest.folder / self.weights_file
        try:
            trainee.read_weights(path)
        except Exception as error:  # of the many that a framework raises
            raise damaged(path, error, f"{remedy}, or {self._another}") from error
        return trainee.weights()

    def tables(self, search: Any, exploit: Any, name: str, **notes: Any) -> None:
        """Write trials.csv, summary.json (with the notes in it) and pictures, as far as it is."""
        if self.directory is None:
            return
        try:
            write_run(self.directory, search, exploit, notes, name)
        except Exception as error:  # whatever a table or a picture raises, training goes on
            self._failed = True
            warn(
                "a table or a picture of the run folder could not be written, training goes on: "
                f"{type(error).__name__}: {error}"
            )

    def retry(self, trainee: Trainee) -> None:
        """Save the trainee's weights, which are the best, if that failed before."""
        if self._failed:
            self.best(trainee, self._best)

    def _save_weights(self, trainee: Trainee) -> None:
        if self.manifest is not None:
            with self.manifest.replacing(self.weights_file, epoch=self._best) as temporary:
                trainee.write_weights(temporary)

    def _save_predictions(self, predict: Callable[[], Any]) -> None:
        write_predictions(Path(self.directory or "") / _PREDICTIONS, predict())

    def _write(self, write: Callable[..., None], *arguments: Any) -> None:
        try:
            write(*arguments)
        except OSError as error:
            self._failed = True
            warn(f"a file of the run folder could not be written, training goes on: {error}")

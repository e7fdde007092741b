"""What a run leaves in its folder."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np

from lrsearch.files import replacing, write_predictions
from lrsearch.results import write_run
from lrsearch_keras.generators import generators, put_generators
from lrsearch_keras.journal import GOES_ON_FROM, Journal
from lrsearch_keras.snapshot import copied, put
from lrsearch_keras.state_files import damaged
from lrsearch_keras.warn import warn

__all__ = ["RunFolder"]

_WEIGHTS = "best.weights.h5"
_PREDICTIONS = "best_predictions.csv"
_OF_A_RUN = (_WEIGHTS, _PREDICTIONS, "trials.csv", "summary.json", "trials", *GOES_ON_FROM)


class RunFolder:
    """One run's folder: best weights and predictions as they come, tables and pictures.

    Every file is written whole or not at all. A file that cannot be written later on, when the
    disk is full, say, is a warning: the training goes on.

    Parameters
    ----------
    directory : path or None
        The folder; None writes nothing.
    x_test : array or data set, optional
        What to predict for after each best epoch.
    predict : callable, optional
        ``predict(model, x_test)`` returns an array, shape (examples, ...); by default
        ``model.predict(x_test, verbose=0)``.
    """

    def __init__(
        self,
        directory: str | os.PathLike[str] | None,
        x_test: Any = None,
        predict: Callable[[Any, Any], Any] | None = None,
    ) -> None:
        if x_test is not None and directory is None:
            raise ValueError("x_test needs a directory to write the predictions to")
        if predict is not None and (x_test is None or not callable(predict)):
            raise ValueError(
                "predict has to be a function of the model and x_test, and needs x_test"
            )
        self.directory = None if directory is None else Path(directory)
        self.x_test = x_test
        self.predict = predict
        self._failed = False

    @property
    def trials(self) -> Path | None:
        """The folder of paused trials' states."""
        return None if self.directory is None else self.directory / "trials"

    def prepare(self) -> Journal:
        """Make the folder; what an earlier process of the run left there is in its journal.

        Raises
        ------
        FileExistsError
            If it holds a run that cannot be gone on with.
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
                f"the run folder {folder} cannot be written to ({error.strerror}): pass another "
                "directory to LRExplorerCallback"
            ) from error
        journal = Journal(folder)
        held = [name for name in _OF_A_RUN if (folder / name).exists()]
        if held and not journal.resumed:
            raise FileExistsError(
                f"the run folder {folder} holds another run ({', '.join(held)}), which cannot be "
                "gone on with: pass another directory to LRExplorerCallback, or move these away"
            )
        return journal

    def best(self, model: keras.Model) -> None:
        """Save the model's weights, and predict with them."""
        if self.directory is None:
            return
        self._failed = False
        self._write(self._save_weights, model)
        if self.x_test is not None:
            self._write(self._save_predictions, model)

    def best_weights(self, model: keras.Model) -> list[np.ndarray] | None:
        """The values of ``model.variables`` with the saved weights; None where none were saved.

        Raises
        ------
        ValueError
            If the file is damaged.
        """
        path = None if self.directory is None else self.directory / _WEIGHTS
        if path is None or not path.exists():
            return None
        try:
            model.load_weights(path)
        except (KeyError, OSError, ValueError) as error:
            remedy = "put a copy of it back, or (where the run is not over) remove it to go on "
            raise damaged(path, error, f"{remedy}without the best weights so far") from error
        return copied(model.variables)

    def tables(self, search: Any, exploit: Any, **notes: Any) -> None:
        """Write trials.csv, summary.json (with the notes in it) and pictures, as far as it is."""
        if self.directory is not None:
            name = notes.get("monitor", "score")
            self._write(write_run, self.directory, search, exploit, notes, name)

    def retry(self, model: keras.Model) -> None:
        """Save the model's weights, which are the best, if that failed before."""
        if self._failed:
            self.best(model)

    def _save_weights(self, model: keras.Model) -> None:
        with replacing(Path(self.directory or "") / _WEIGHTS) as temporary:
            model.save_weights(temporary)

    def _save_predictions(self, model: keras.Model) -> None:
        weights = {id(variable) for variable in model.weights}
        states = [variable for variable in model.variables if id(variable) not in weights]
        before, before_outside = copied(states), generators()
        if self.predict is not None:
            predictions = self.predict(model, self.x_test)
        else:
            predictions = model.predict(self.x_test, verbose=0)
            if isinstance(predictions, (dict, list, tuple)):
                raise ValueError(
                    f"the model has {len(predictions)} outputs: pass predict=function to "
                    "LRExplorerCallback, where function(model, x_test) returns one array"
                )
        put(states, before)
        put_generators(before_outside)
        write_predictions(Path(self.directory or "") / _PREDICTIONS, predictions)

    def _write(self, write: Callable[..., None], *arguments: Any) -> None:
        try:
            write(*arguments)
        except OSError as error:
            self._failed = True
            warn(f"a file of the run folder could not be written, training goes on: {error}")

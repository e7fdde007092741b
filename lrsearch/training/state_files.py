"""States in files: arrays in ``.npz``, notes in JSON, never a pickle."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from lrsearch.training.state import State

__all__ = ["damaged", "read_notes", "read_state", "write_state"]


def write_state(path: Path, state: State, notes: Mapping[str, Any] | None = None) -> None:
    """Write a state and notes on it; `lrsearch.files.replacing` gives a path to write whole to.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    arrays: dict[str, Any] = {
        f"{name}_{index}": np.asarray(array)
        for name, part in state._asdict().items()
        for index, array in enumerate(part)
    }
    arrays["notes"] = np.array(json.dumps(dict(notes or {})))
    with path.open("wb") as file:
        np.savez(file, **arrays)


def read_state(path: Path, remedy: str) -> tuple[State, dict[str, Any]] | None:
    """The state in a file, and the notes on it; None where there is no such file.

    Raises
    ------
    ValueError
        If the file is damaged; the message has the remedy.
    """
    if not path.exists():
        return None
    with _arrays(path, remedy) as arrays:
        parts = {
            name: [arrays[f"{name}_{i}"] for i in range(_count(list(arrays), name))]
            for name in State._fields
        }
        notes: dict[str, Any] = json.loads(str(arrays["notes"]))
    return State(parts["model"], parts["optimizer"], tuple(parts["generators"])), notes


def read_notes(path: Path, remedy: str) -> dict[str, Any]:
    """The notes alone.

    Raises
    ------
    ValueError
        As for `read_state`.
    """
    with _arrays(path, remedy) as arrays:
        notes: dict[str, Any] = json.loads(str(arrays["notes"]))
    return notes


def damaged(path: Path, error: Exception, remedy: str) -> ValueError:
    """The error for a damaged file, which names it and says what to do."""
    what = str(error).partition("\n")[0]
    return ValueError(f"{path} is damaged ({what}): {remedy}")


@contextmanager
def _arrays(path: Path, remedy: str) -> Iterator[Mapping[str, np.ndarray]]:
    try:
        if not zipfile.is_zipfile(path):
            raise ValueError("it is no .npz file, or not a whole one")
        with np.load(path, allow_pickle=False) as arrays:
            yield arrays
    except Exception as error:  # of the many that a damaged file raises
        raise damaged(path, error, remedy) from error


def _count(names: Sequence[str], part: str) -> int:
    return sum(name.rpartition("_")[0] == part for name in names)

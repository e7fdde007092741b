"""States in files: arrays in ``.npz``, notes in JSON, never a pickle."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from lrsearch.files import replacing
from lrsearch_keras.snapshot import State

__all__ = ["read_notes", "read_state", "write_state"]


def write_state(path: Path, state: State, notes: Mapping[str, Any] | None = None) -> None:
    """Write a state and notes on it, whole or not at all.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    arrays = {
        f"{name}_{index}": array
        for name, part in state._asdict().items()
        for index, array in enumerate(part)
    }
    with replacing(path) as temporary, temporary.open("wb") as file:
        np.savez(file, notes=np.array(json.dumps(dict(notes or {}))), **arrays)


def read_state(path: Path) -> tuple[State, dict[str, Any]] | None:
    """The state in a file, and the notes on it; None where there is no such file.

    Raises
    ------
    ValueError
        If the file is damaged.
    """
    if not path.exists():
        return None
    try:
        with np.load(path, allow_pickle=False) as arrays:
            parts = {
                name: [arrays[f"{name}_{i}"] for i in range(_count(arrays.files, name))]
                for name in State._fields
            }
            notes = json.loads(str(arrays["notes"]))
    except (EOFError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise _damaged(path, error) from error
    return State(parts["model"], parts["optimizer"], tuple(parts["generators"])), notes


def read_notes(path: Path) -> dict[str, Any]:
    """The notes alone.

    Raises
    ------
    ValueError
        If the file is damaged.
    """
    try:
        with np.load(path, allow_pickle=False) as arrays:
            notes: dict[str, Any] = json.loads(str(arrays["notes"]))
    except (EOFError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise _damaged(path, error) from error
    return notes


def _damaged(path: Path, error: Exception) -> ValueError:
    return ValueError(
        f"{path} is damaged ({type(error).__name__}: {error}): remove it to lose what it holds, "
        "or pass another directory to LRExplorerCallback"
    )


def _count(names: Sequence[str], part: str) -> int:
    return sum(name.rpartition("_")[0] == part for name in names)

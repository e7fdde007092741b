"""Files that are written whole or not at all."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from lrsearch.escaping import spreadsheet_cell
from lrsearch.strict_json import nulled

__all__ = [
    "csv_text",
    "remove_partial",
    "replacing",
    "write_bytes",
    "write_csv",
    "write_json",
    "write_predictions",
    "write_text",
]


_PARTIAL = ".partial-"
"""How the names of temporary files begin."""


@contextlib.contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Give a temporary path to write to, which becomes `path` when the block ends well.

    The temporary file lies in the same folder and has the same ending. If the block raises, or
    the process dies, what was at `path` is still there, whole.

    Parameters
    ----------
    path : path
        The file to write or replace. Its folder has to exist.

    Raises
    ------
    OSError
        If the folder is missing or not writable, or the disk is full. It names `path`, never the
        temporary file.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> with replacing(folder / "rate.txt") as temporary:
    ...     _ = temporary.write_text("0.00041")
    >>> (folder / "rate.txt").read_text()
    '0.00041'
    """
    target = Path(path)
    try:
        handle, name = tempfile.mkstemp(
            prefix=f"{_PARTIAL}{target.name.partition('.')[0]}-",
            suffix="." + target.name.partition(".")[2],
            dir=target.parent,
        )
    except OSError as error:
        raise _naming(target, error) from error
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        _flush(temporary)
        mask = os.umask(0)
        os.umask(mask)
        temporary.chmod(0o666 & ~mask)
        temporary.replace(target)
        _flush(target.parent)
    except OSError as error:
        if error.errno is None or not (error.filename is None or str(error.filename) == name):
            raise
        raise _naming(target, error) from error
    finally:
        temporary.unlink(missing_ok=True)


def remove_partial(folder: str | os.PathLike[str]) -> None:
    """Remove the temporary files that killed processes left in a folder nobody else writes to."""
    for path in Path(folder).glob(f"{_PARTIAL}*"):
        path.unlink(missing_ok=True)


def write_bytes(path: str | os.PathLike[str], content: bytes) -> None:
    """Write bytes, whole or not at all."""
    with replacing(path) as temporary:
        temporary.write_bytes(content)


def write_text(path: str | os.PathLike[str], content: str) -> None:
    """Write text as UTF-8, whole or not at all."""
    write_bytes(path, content.encode())


def write_json(path: str | os.PathLike[str], content: Any) -> None:
    """Write JSON, whole or not at all. Numbers that are not finite become null.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "summary.json"
    >>> write_json(path, {"score": float("nan")})
    >>> json.loads(path.read_text())
    {'score': None}
    """
    write_text(path, json.dumps(nulled(content), indent=2, allow_nan=False) + "\n")


def write_csv(
    path: str | os.PathLike[str], header: Sequence[str], rows: Iterable[Sequence[Any]]
) -> None:
    """Write a CSV file, whole or not at all.

    Parameters
    ----------
    path : path
        The file.
    header : sequence of str
        The columns' names.
    rows : iterable of sequences
        One value a column; None becomes an empty field.
    """
    write_text(path, csv_text(header, rows))


def csv_text(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """A CSV file as text; None becomes an empty field, and no text is a spreadsheet's formula.

    Examples
    --------
    >>> csv_text(("epoch", "score"), [(1, 0.5), (2, None)])
    'epoch,score\\n1,0.5\\n2,\\n'
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(map(spreadsheet_cell, row) for row in rows)
    return text.getvalue()


def write_predictions(path: str | os.PathLike[str], predictions: Any) -> None:
    """Write predictions as CSV: a row an example, with its index in the first column.

    Classes that a spreadsheet would take for formulas are written as text, with a ``'`` before.

    Parameters
    ----------
    path : path
        The file.
    predictions : array, shape (examples,) or (examples, ...)
        Further axes are flattened to the columns ``prediction_0``, ``prediction_1``, ….

    Raises
    ------
    ValueError
        If there is no axis of examples.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "predictions.csv"
    >>> write_predictions(path, [[0.25, 0.75], [1.0, 0.0]])
    >>> print(path.read_text(), end="")
    index,prediction_0,prediction_1
    0,0.25,0.75
    1,1.0,0.0
    """
    array = np.asarray(predictions)
    if array.ndim == 0:
        raise ValueError("predictions need an axis of examples, got a single value")
    table = array.reshape(len(array), -1) if array.size else array.reshape(len(array), 0)
    header = ["index", *(f"prediction_{column}" for column in range(table.shape[1]))]
    with replacing(path) as temporary, temporary.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        for index, row in enumerate(table):
            writer.writerow([index, *(spreadsheet_cell(str(value)) for value in row)])


def _naming(target: Path, error: OSError) -> OSError:
    """The error, as one about the file that was to be written."""
    return OSError(error.errno, error.strerror, str(target))


def _flush(path: Path) -> None:
    """Bring a file or a folder's entries to the disk, where the system can."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError:
        return
    try:
        with contextlib.suppress(OSError):
            os.fsync(descriptor)
    finally:
        os.close(descriptor)

"""The files of an open database, which may be taken away from under it; and what can be saved."""

from __future__ import annotations

import os
import secrets
import sqlite3
import time
from pathlib import Path

from lrsearch.files import write_bytes
from lrsearch.study.locks import openers

__all__ = ["Files", "files_of", "rescued", "snapshot"]

_PATIENCE = 5.0
"""Seconds to wait for others who write, or save the same."""

Files = tuple[tuple[int, int] | None, ...]


def files_of(path: Path) -> Files:
    """Which files there are of a database now: itself, its log, the log's index; None for none."""
    name = str(path)
    return _identity(name), _identity(f"{name}-wal"), _identity(f"{name}-shm")


def rescued(path: Path, connection: sqlite3.Connection, opened: Files) -> str:
    """Save what a connection holds whose files are not those that it opened; say where it is.

    What was committed to a log that is gone is still there for the connections that have it open.
    It goes into the database itself, unless others have written a new log of it, or it is
    elsewhere now; then into a copy.
    """
    what = (
        f"{path}: the study was moved or replaced while it was open, or its log ({path.name}-wal, "
        f"{path.name}-shm) removed"
    )
    try:
        database = _identity(str(path))
        if database == opened[0] and _is_unwritten(path) and _written_back(connection):
            return f"{what}. Scores that were told are in the file: open it again"
        copy = path.with_name(f"{path.name}.saved-{secrets.token_hex(4)}")
        write_bytes(copy, snapshot(connection))
    except (sqlite3.Error, OSError) as error:
        return f"{what}, and what was told since it was opened could not be saved: {error}"
    return (
        f"{what}. Scores that were told until then are in {copy}: to go on from it, end all "
        f"workers and put it in the place of {path.name}, with no {path.name}-wal and "
        f"{path.name}-shm beside it"
    )


def snapshot(connection: sqlite3.Connection) -> bytes:
    """The whole database, as the bytes of a file that needs no write-ahead log."""
    content = bytearray(connection.serialize())
    content[18:20] = b"\x01\x01"
    return bytes(content)


def _is_unwritten(path: Path) -> bool:
    """Whether nobody writes a new log of a database, as long as this process has the old one.

    Whoever begins one looks whether all have it, and does not use it otherwise.
    """
    try:
        size = path.with_name(path.name + "-wal").stat().st_size
    except FileNotFoundError:
        return True
    return size == 0 and os.getpid() in openers(path)


def _written_back(connection: sqlite3.Connection) -> bool:
    """Bring all that is in a connection's log into its database, as soon as nobody writes there."""
    deadline = time.monotonic() + _PATIENCE
    while True:
        busy, pages, moved = connection.execute("PRAGMA wal_checkpoint(FULL)").fetchone()
        if not busy and pages == moved:
            return True
        if time.monotonic() > deadline:
            return False
        time.sleep(0.005)


def _identity(name: str) -> tuple[int, int] | None:
    try:
        found = os.stat(name)
    except OSError:
        return None
    return found.st_dev, found.st_ino

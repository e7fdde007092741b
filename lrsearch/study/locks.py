"""Which processes keep a database to themselves."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

from lrsearch.study.lease import state_of

__all__ = ["holders", "named", "on_another_log", "openers"]

_STOPPED = ("T", "t")


class _Lock(NamedTuple):
    kind: str
    pid: int
    file: str
    """The device and the number of the locked file."""


def holders(path: Path) -> str:
    """The other processes that write a database, for a sentence; empty where nothing tells.

    Linux lists who has which lock; the lock of a transaction lies on the log's index.
    """
    return named({lock.pid for lock in _locks(_index(path)) if lock.kind == "WRITE"})


def openers(path: Path) -> set[int]:
    """The processes that are known to have a database open."""
    return {lock.pid for lock in _locks(path) if lock.kind == "READ"}


def on_another_log(path: Path) -> set[int]:
    """The processes that have a database open, but not the log that it has now; none if unknown.

    This process has to have it open. Who has, has a lock on the database and on the log's index.
    """
    opened = [lock for lock in _locks(path) if lock.kind == "READ"]
    mine = {lock.file for lock in opened if lock.pid == os.getpid()}
    sharing = {lock.pid for lock in _locks(_index(path)) if lock.kind == "READ"}
    return {lock.pid for lock in opened if lock.file in mine} - sharing


def named(pids: set[int]) -> str:
    """Processes other than this one, for a sentence."""
    names = [
        f"process {pid}" + (", which is stopped" if state_of(pid) in _STOPPED else "")
        for pid in sorted(pids - {os.getpid()})
    ]
    return f" ({'; '.join(names)})" if names else ""


def _index(path: Path) -> Path:
    return path.with_name(path.name + "-shm")


def _locks(path: Path) -> list[_Lock]:
    """The locks on a file; none where it is not there, or the system lists none.

    The number of a file is told without its device, which `stat` may call by another name.
    """
    try:
        number = str(path.stat().st_ino)
        lines = Path("/proc/locks").read_text().splitlines()
    except OSError:
        return []
    fields = (line.split() for line in lines)
    locks = (_Lock(f[3], int(f[4]), f[5]) for f in fields if "->" not in f)
    return [lock for lock in locks if lock.file.rpartition(":")[2] == number]

"""Which processes keep a database to themselves."""

from __future__ import annotations

import os
from pathlib import Path

from lrsearch.study.lease import state_of

__all__ = ["holders", "is_open_elsewhere"]

_STOPPED = ("T", "t")


def holders(path: Path) -> str:
    """The other processes that write a database, for a sentence; empty where nothing tells.

    Linux lists who has which lock; the lock of a transaction lies on the log's index.
    """
    named = [
        f"process {pid}" + (", which is stopped" if state_of(pid) in _STOPPED else "")
        for pid in sorted(_lockers(path.with_name(path.name + "-shm"), "WRITE"))
    ]
    return f" ({'; '.join(named)})" if named else ""


def is_open_elsewhere(path: Path) -> bool:
    """Whether another process has a database open, as far as anything tells."""
    return bool(_lockers(path, "READ"))


def _lockers(path: Path, kind: str) -> set[int]:
    """The other processes that have a lock on a file."""
    try:
        number = str(path.stat().st_ino)
        lines = Path("/proc/locks").read_text().splitlines()
    except OSError:
        return set()
    locks = (line.split() for line in lines)
    return {
        int(fields[4])
        for fields in locks
        if kind in fields and fields[5].rpartition(":")[2] == number
    } - {os.getpid()}

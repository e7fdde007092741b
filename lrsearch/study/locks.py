"""Which processes keep a database to themselves."""

from __future__ import annotations

import os
from pathlib import Path

from lrsearch.study.lease import state_of

__all__ = ["holders"]

_STOPPED = ("T", "t")


def holders(path: Path) -> str:
    """The other processes that write a database, for a sentence; empty where nothing tells.

    Linux lists who has which lock; the lock of a transaction lies on the log's index.
    """
    try:
        index = path.with_name(path.name + "-shm").stat().st_ino
        lines = Path("/proc/locks").read_text().splitlines()
    except OSError:
        return ""
    pids = set()
    for line in lines:
        fields = line.split()
        if "WRITE" in fields and fields[5].rpartition(":")[2] == str(index):
            pids.add(int(fields[4]))
    named = [
        f"process {pid}" + (", which is stopped" if state_of(pid) in _STOPPED else "")
        for pid in sorted(pids - {os.getpid()})
    ]
    return f" ({'; '.join(named)})" if named else ""

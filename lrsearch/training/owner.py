"""A folder has one owner: no other process writes to it meanwhile."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import threading
import time
import weakref
from pathlib import Path
from typing import IO

try:
    import fcntl
except ImportError:  # Windows, where nobody is refused
    fcntl = None  # type: ignore[assignment]

__all__ = ["Owner"]

_FILE = "run-owner.json"


class Owner:
    """Owns a folder until it is released, or its process is gone.

    The system locks a file in the folder, and unlocks it whenever the process ends, however that
    happens. Within one process the same thread may take a folder over: that is a script's next
    attempt, whose last one was interrupted.

    Parameters
    ----------
    folder : Path
        An existing folder.
    remedy : str
        What to do instead, for the message.

    Raises
    ------
    BlockingIOError
        If it has an owner; the message says who.
    OSError
        If the folder cannot be written to.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> owner = Owner(folder, "pass another directory")
    >>> [path.name for path in folder.iterdir()]
    ['run-owner.json']
    >>> owner.release()
    >>> list(folder.iterdir())
    []

    Attributes
    ----------
    unlock : callable
        Owns the folder no longer, and leaves the file; ``unlock.alive`` while it is owned.
    """

    def __init__(self, folder: Path, remedy: str) -> None:
        self._thread = threading.current_thread()
        self._path = folder / _FILE
        key = os.path.realpath(folder)
        with _lock:
            known = _owners.get(key)
            if known is not None:
                known._give_way(remedy)
            file = _locked(self._path, remedy)
            self.unlock = weakref.finalize(self, file.close)
            _owners[key] = self

    def release(self) -> None:
        """Own the folder no longer."""
        if self.unlock.alive:
            with contextlib.suppress(OSError):
                self._path.unlink()
            self.unlock()

    def _give_way(self, remedy: str) -> None:
        ours = self._thread is threading.current_thread() or not self._thread.is_alive()
        if self.unlock.alive and not ours:
            raise _in_use(self._path, f"thread {self._thread.name!r} of this process", remedy)
        self.unlock()


def _locked(path: Path, remedy: str) -> IO[str]:
    """The file, open and locked, on a disk that has locks."""
    while True:
        file = path.open("a+")
        try:
            if fcntl is not None:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            with file:
                raise _in_use(path, _who(file), remedy) from None
        except OSError:  # a disk without locks
            pass
        if path.exists() and os.path.samestat(os.fstat(file.fileno()), path.stat()):
            break
        file.close()  # its owner removed it in this moment
    file.truncate(0)
    since = time.strftime("%Y-%m-%d %H:%M:%S")
    json.dump({"process": os.getpid(), "machine": socket.gethostname(), "since": since}, file)
    file.flush()
    return file


def _who(file: IO[str]) -> str:
    file.seek(0)
    try:
        told = json.load(file)
        return f"process {int(told['process'])} on {told['machine']!r} since {told['since']!r}"
    except (KeyError, TypeError, ValueError):
        return "another process"


def _in_use(path: Path, who: str, remedy: str) -> BlockingIOError:
    return BlockingIOError(
        f"the run folder {path.parent} is in use by {who}: wait for it, or end it, or {remedy}"
    )


_lock = threading.Lock()
_owners: weakref.WeakValueDictionary[str, Owner] = weakref.WeakValueDictionary()


def _after_fork_in_child() -> None:
    """A child has no part in its parent's folders, and outlives it without holding them."""
    global _lock
    _lock = threading.Lock()
    for owner in list(_owners.values()):
        owner.unlock()
    _owners.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)

"""Who holds a trial: worker processes, and whether they still live."""

from __future__ import annotations

import os
import secrets
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

__all__ = ["Heartbeat", "Worker", "is_alive", "is_stopped", "state_of"]


class Worker(NamedTuple):
    """One open study in one process.

    Attributes
    ----------
    name : str
        Unlike any other worker's.
    host : str
        The machine, as far as process numbers mean the same there.
    pid : int
        The process number.
    started : str
        When the process started, in the system's own count; empty where that is unknown. It
        tells a process from a later one of the same number.
    """

    name: str
    host: str
    pid: int
    started: str

    @classmethod
    def here(cls) -> Worker:
        """A new worker in this process."""
        pid = os.getpid()
        return cls(secrets.token_hex(8), _host(), pid, _started(pid) or "")


def is_alive(worker: Worker) -> bool | None:
    """Whether a worker's process runs; None where that cannot be known from here.

    Examples
    --------
    >>> is_alive(Worker.here())
    True
    >>> is_alive(Worker.here()._replace(host="elsewhere")) is None
    True
    """
    if worker.host != _host():
        return None
    if worker.pid == os.getpid():
        return worker.started == (_started(worker.pid) or "")
    started = _started(worker.pid)
    if worker.started and started is not None:
        return started == worker.started
    if os.name != "posix":
        return None
    try:
        os.kill(worker.pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return None
    return not worker.started


def is_stopped(worker: Worker) -> bool:
    """Whether a living process of this machine was stopped, by Ctrl-Z, say, and cannot go on."""
    return state_of(worker.pid) in ("T", "t")


def state_of(pid: int) -> str:
    """The letter of a process's state, by /proc; empty where nothing tells."""
    return _stat(pid)[0]


class Heartbeat:
    """A thread that gives a sign of life at an interval.

    Parameters
    ----------
    beat : callable
        Gives the sign; False ends the thread. It has to handle its own errors.
    interval : float
        Seconds between two signs.
    """

    def __init__(self, beat: Callable[[], bool], interval: float) -> None:
        self._beat = beat
        self._interval = interval
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="lrsearch-heartbeat", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._stopped.wait(self._interval) and self._beat():
            pass

    def stop(self) -> None:
        """End the thread, without waiting for it. Not for the child of a fork.

        The thread is not there, and may have had the event's lock.
        """
        self._stopped.set()


_known_host: str | None = None


def _host() -> str:
    """The name of the machine, its boot, and its space of process numbers."""
    global _known_host
    if _known_host is None:
        parts = [socket.gethostname()]
        try:
            parts.append(Path("/proc/sys/kernel/random/boot_id").read_text().strip())
            parts.append(os.readlink("/proc/self/ns/pid"))
        except OSError:
            pass
        _known_host = " ".join(parts)
    return _known_host


def _started(pid: int) -> str | None:
    """When a process started, by /proc; None where it is gone, or the system has no /proc."""
    state, started = _stat(pid)
    return None if state in ("Z", "X") else started


def _stat(pid: int) -> tuple[str, str | None]:
    """The state of a process, and when it started, by /proc."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return "", None
    state, *fields = stat.rpartition(")")[2].split()
    return state, fields[18]

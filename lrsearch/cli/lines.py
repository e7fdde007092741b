"""The lines of a program's output, copied to a file as they come."""

from __future__ import annotations

import contextlib
import os
import queue
import re
import subprocess
import threading
from collections.abc import Iterator
from io import FileIO

__all__ = ["Lines", "write_all"]

_PIECE = 65_536
_LONGEST = 1_048_576
"""Bytes of a line; what is beyond is in the file only."""
_BREAKS = (b"\r", b"\n")
_BREAK = re.compile(rb"[\r\n]")
_MOST = 64
"""Pieces that wait; then the program has to."""
_LAST = 1_048_576 // _PIECE + 1
"""Pieces that a pipe may hold when the program has ended, and the one that is being read."""


class Lines:
    """Reads a program's standard output, in a thread.

    It costs as much as the output is long, however long its lines are, and holds only some
    megabytes of it.

    Parameters
    ----------
    process : Popen
        The program, with a pipe for its output.
    output : FileIO
        Gets all of it. Where that cannot be written, the rest is read to no purpose, so that the
        program does not wait, and `new` raises the error.
    """

    def __init__(self, process: subprocess.Popen[bytes], output: FileIO) -> None:
        self._process = process
        self._output = output
        self._pieces: queue.Queue[bytes] = queue.Queue(_MOST)
        self._error: OSError | None = None
        self._news = threading.Event()
        self._over = threading.Event()
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> bool:
        """Whether there are lines that nobody has taken."""
        return not self._pieces.empty()

    def new(self) -> Iterator[str]:
        """The lines since the last call.

        Raises
        ------
        OSError
            If they could not be written; it names the file.
        """
        for _ in range(self._pieces.qsize()):
            for line in _BREAK.split(self._pieces.get()):
                yield line.decode(errors="replace")
        if self._error is not None:
            raise self._error

    def wait(self, seconds: float) -> None:
        """Return at the next line, or after some time."""
        self._news.wait(seconds)
        self._news.clear()

    def ended(self) -> bool:
        """Whether all lines are there, once the program is gone, or wait for others to be taken.

        A process that it has left behind may keep the pipe open, or go on printing; that one is
        not waited for, and no more is read than the program itself may have printed.
        """
        self._over.set()
        self._thread.join(timeout=1)
        return True

    def close(self) -> None:
        """Take no more lines."""
        self._closed.set()
        self._thread.join(timeout=1)
        if self._process.stdout is not None and not self._thread.is_alive():
            self._process.stdout.close()

    def _read(self) -> None:
        pipe = self._process.stdout
        rest, left = bytearray(), _LAST
        with contextlib.suppress(OSError, ValueError):
            while pipe is not None and left and (piece := os.read(pipe.fileno(), _PIECE)):
                left -= self._over.is_set()
                self._copy(piece)
                end = max(map(piece.rfind, _BREAKS))
                if end < 0:
                    rest += piece[: max(0, _LONGEST - len(rest))]
                else:
                    self._put(bytes(rest) + piece[:end])
                    rest[:] = piece[end + 1 :]
        if rest:
            self._put(bytes(rest))

    def _copy(self, piece: bytes) -> None:
        if self._error is None:
            try:
                write_all(self._output, piece)
            except OSError as error:
                self._error = error
                self._news.set()

    def _put(self, lines: bytes) -> None:
        while not self._closed.is_set():
            with contextlib.suppress(queue.Full):
                self._pieces.put(lines, timeout=0.1)
                break
        self._news.set()


def write_all(file: FileIO, content: bytes) -> None:
    """Write to a file that has no buffer, and may take less than it is given.

    Raises
    ------
    OSError
        If it cannot be written; it names the file.
    """
    try:
        while content:
            content = content[file.write(content) or 0 :]
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(file.name)) from error

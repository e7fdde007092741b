"""Programs end with their runner, even if that is killed.

The guard is a process of its own: ``python guard.py``. Its standard input is a pipe from the
runner, which names the process groups that it starts (``+ 123``) and those that are over
(``- 123``). When the pipe ends, for whatever reason, those that are left are killed.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator
from types import TracebackType

__all__ = ["Guard"]


class Guard:
    """The runner's end of the pipe.

    Examples
    --------
    >>> with Guard() as guard:
    ...     program = subprocess.Popen(["sleep", "600"], start_new_session=True)
    ...     with guard.watching(program.pid):
    ...         program.kill()
    ...     program.wait()
    -9
    """

    def __enter__(self) -> Guard:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        if os.name == "posix":
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", __file__],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                start_new_session=True,
            )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._process is not None:
            self._process.communicate()

    @contextlib.contextmanager
    def watching(self, group: int) -> Iterator[None]:
        """A block in which a process group runs that must not outlive this process."""
        self._say(f"+ {group}\n")
        try:
            yield
        finally:
            self._say(f"- {group}\n")

    def _say(self, line: str) -> None:
        pipe = None if self._process is None else self._process.stdin
        if pipe is not None:
            with self._lock, contextlib.suppress(OSError):
                pipe.write(line.encode())
                pipe.flush()


def left(lines: Iterable[str]) -> list[int]:
    """The process groups that were named, and are not over.

    Examples
    --------
    >>> left(["+ 7\\n", "+ 8\\n", "- 7\\n"])
    [8]
    """
    groups: dict[int, None] = {}
    for line in lines:
        sign, _, group = line.partition(" ")
        if sign == "+":
            groups[int(group)] = None
        else:
            groups.pop(int(group), None)
    return list(groups)


if __name__ == "__main__":
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    for group in left(sys.stdin):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal.SIGKILL)

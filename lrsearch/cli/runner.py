"""Run a program for one leg of a trial, and follow its scores."""

from __future__ import annotations

import contextlib
import math
import os
import queue
import re
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal

from lrsearch.cli.command_line import ProgramError
from lrsearch.cli.scores import PrintedScores, WrittenScores

__all__ = ["Ending", "ProgramError", "last_lines", "run_program"]

Ending = Literal["ended", "failed", "timed out", "stopped"]
_POLL = 0.2


@dataclass(frozen=True)
class Outcome:
    """How a run of a program ended.

    Attributes
    ----------
    ending : str
        "ended" well, "failed" with an exit status other than 0, "timed out", or "stopped" because
        its scores were not wanted any more.
    status : int
        The exit status; negative for the number of a signal.
    """

    ending: Ending
    status: int


def run_program(
    arguments: Sequence[str],
    log: Path,
    on_score: Callable[[float | None], bool],
    *,
    printed: PrintedScores | None = None,
    written: Path | None = None,
    timeout: float | None = None,
    stop: threading.Event | None = None,
    grace: float = 10.0,
) -> Outcome:
    """Run a program to its end, with a call for each score as it comes.

    The program is started directly, with no shell, in a process group of its own, without
    standard input. Its output goes to a file. Where it has to be ended, the whole group gets
    SIGTERM, and SIGKILL after a grace period.

    Parameters
    ----------
    arguments : sequence of str
        The program and its arguments.
    log : Path
        The file for its output, standard output and standard error together.
    on_score : callable
        Gets each score (None: an epoch that was not validated), and tells whether to go on.
    printed : PrintedScores, optional
        What finds scores in standard output.
    written : Path, optional
        A file of JSON lines that the program writes its scores to instead.
    timeout : float, optional
        Seconds after which it is ended.
    stop : threading.Event, optional
        Ends it when set.
    grace : float
        Seconds between SIGTERM and SIGKILL.

    Raises
    ------
    ProgramError
        If the program cannot be started, or gives something that is no score.
    """
    deadline = math.inf if timeout is None else time.monotonic() + timeout
    with log.open("ab") as output:
        process = _start(arguments, output)
        lines = _Lines(process, output)
        follower = None if written is None else WrittenScores(written)

        def scores(finished: bool) -> Iterator[float | None]:
            for line in lines.new():
                if printed is not None and (score := printed.found(line)) is not None:
                    yield score
            if follower is not None:
                yield from follower.new(finished)

        try:
            ending = _follow(process, lines, scores, on_score, deadline, stop)
        finally:
            _end(process, grace)
            lines.close()
    return Outcome(ending, process.returncode)


def last_lines(log: Path, most: int = 15) -> str:
    """The last lines of a program's output."""
    try:
        text = log.read_text(errors="replace")
    except FileNotFoundError:
        return ""
    return "\n".join(text.replace("\r", "\n").splitlines()[-most:])


def _start(arguments: Sequence[str], output: IO[bytes]) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            arguments,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=output,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise ProgramError(f"{arguments[0]} cannot be started: {reason}") from error


def _follow(
    process: subprocess.Popen[bytes],
    lines: _Lines,
    scores: Callable[[bool], Iterator[float | None]],
    on_score: Callable[[float | None], bool],
    deadline: float,
    stop: threading.Event | None,
) -> Ending:
    """Pass scores on until the program has ended or has to be."""
    while True:
        finished = process.poll() is not None and lines.ended()
        if not all(map(on_score, scores(finished))):
            return "stopped"
        if finished:
            return "ended" if process.returncode == 0 else "failed"
        if stop is not None and stop.is_set():
            return "stopped"
        if time.monotonic() > deadline:
            return "timed out"
        lines.wait(_POLL)


class _Lines:
    """The lines of a program's standard output, copied to a file as they come."""

    def __init__(self, process: subprocess.Popen[bytes], output: IO[bytes]) -> None:
        self._process = process
        self._output = output
        self._lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._news = threading.Event()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def new(self) -> Iterator[str]:
        """The lines since the last call."""
        for _ in range(self._lines.qsize()):
            yield self._lines.get()

    def wait(self, seconds: float) -> None:
        """Return at the next line, or after some time."""
        self._news.wait(seconds)
        self._news.clear()

    def ended(self) -> bool:
        """Whether all lines are there, once the program is gone.

        A process that it has left behind may keep the pipe open; that one is not waited for.
        """
        self._thread.join(timeout=1)
        return True

    def close(self) -> None:
        self._thread.join(timeout=1)
        if self._process.stdout is not None and not self._thread.is_alive():
            self._process.stdout.close()

    def _read(self) -> None:
        pipe = self._process.stdout
        rest = b""
        with contextlib.suppress(OSError, ValueError):
            while pipe is not None and (piece := os.read(pipe.fileno(), 65_536)):
                self._output.write(piece)
                self._output.flush()
                *whole, rest = re.split(rb"[\r\n]", rest + piece)
                self._put(whole)
        self._put([rest] if rest else [])

    def _put(self, lines: list[bytes]) -> None:
        for line in lines:
            self._lines.put(line.decode(errors="replace"))
        self._news.set()


def _end(process: subprocess.Popen[bytes], grace: float) -> None:
    """End a program and all that it has started."""
    if process.poll() is None:
        _signal(process, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(grace)
    if os.name == "posix":
        _signal(process, signal.SIGKILL)
    elif process.poll() is None:
        process.kill()
    process.wait()


def _signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if os.name == "posix":
            os.killpg(process.pid, number)
        else:
            process.terminate()

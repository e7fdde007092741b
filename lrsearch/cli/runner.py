"""Run a program for one leg of a trial, and follow its scores."""

from __future__ import annotations

import contextlib
import math
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import Literal

from lrsearch.cli.command_line import ProgramError
from lrsearch.cli.guard import Guard
from lrsearch.cli.lines import Lines, write_all
from lrsearch.cli.scores import PrintedScores, WrittenScores

__all__ = ["Ending", "ProgramError", "last_lines", "run_program"]

Ending = Literal["ended", "failed", "timed out", "stopped"]
_POLL = 0.2
_SHOWN = 65_536
"""Bytes of a program's output among which its last lines are looked for."""
_ROOM = 65_536
"""Bytes without which a disk is full."""


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


class _Over(Exception):
    """The program has to be ended, though lines of it wait."""

    def __init__(self, ending: Ending) -> None:
        self.ending = ending


def run_program(
    arguments: Sequence[str],
    log: Path,
    on_score: Callable[[float | None], bool],
    *,
    printed: PrintedScores | None = None,
    written: Path | None = None,
    timeout: float | None = None,
    stop: threading.Event | None = None,
    guard: Guard | None = None,
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
    guard : Guard, optional
        Ends it when this process is killed.
    grace : float
        Seconds between SIGTERM and SIGKILL.

    Raises
    ------
    ProgramError
        If the program cannot be started, or gives something that is no score.
    OSError
        If its output cannot be written; the program is ended then.
    """
    deadline = math.inf if timeout is None else time.monotonic() + timeout

    def over() -> Ending | None:
        if stop is not None and stop.is_set():
            return "stopped"
        return "timed out" if time.monotonic() > deadline else None

    with log.open("ab", buffering=0) as output, contextlib.ExitStack() as stack:
        process = _start(arguments, output)
        if guard is not None:
            stack.enter_context(guard.watching(process.pid))
        lines = Lines(process, output)
        follower = None if written is None else WrittenScores(written)

        def scores(finished: bool) -> Iterator[float | None]:
            for line in lines.new():
                if (ending := over()) is not None:
                    raise _Over(ending)
                if printed is not None and (score := printed.found(line)) is not None:
                    yield score
            if follower is not None:
                yield from follower.new(finished)

        try:
            ending = _follow(process, lines, scores, on_score, over)
        except _Over as early:
            ending = early.ending
        finally:
            _end(process, grace)
            lines.close()
        if ending == "failed":
            _require_room(log)
    return Outcome(ending, process.returncode)


def last_lines(log: Path, most: int = 15) -> str:
    """The last lines of a program's output."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - _SHOWN))
            text = file.read(_SHOWN).decode(errors="replace")
    except FileNotFoundError:
        return ""
    return "\n".join(text.replace("\r", "\n").splitlines()[-most:])


def _start(arguments: Sequence[str], output: FileIO) -> subprocess.Popen[bytes]:
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
    lines: Lines,
    scores: Callable[[bool], Iterator[float | None]],
    on_score: Callable[[float | None], bool],
    over: Callable[[], Ending | None],
) -> Ending:
    """Pass scores on until the program has ended or has to be."""
    while True:
        finished = process.poll() is not None and lines.ended()
        if not all(map(on_score, scores(finished))):
            return "stopped"
        if finished and not lines.waiting:
            return "ended" if process.returncode == 0 else "failed"
        if (ending := over()) is not None:
            return ending
        lines.wait(_POLL)


def _require_room(log: Path) -> None:
    """Make sure that a program has not failed for a full disk, which is no fault of its rate."""
    with log.open("ab", buffering=0) as file:
        end = file.tell()
        write_all(file, bytes(_ROOM))
        os.fsync(file.fileno())
        file.truncate(end)


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

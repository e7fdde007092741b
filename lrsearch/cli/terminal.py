"""Messages on standard error, and errors as sentences with an exit code."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator
from pathlib import Path

import typer

from lrsearch.checks import other_file
from lrsearch.cli.command_line import ProgramError
from lrsearch.escaping import visible
from lrsearch.study import StudyError

__all__ = ["EXIT_CODES", "NO_RATE", "errors_as_sentences", "require_other", "say"]

FAILED = 1
NO_RATE = 3
INTERRUPTED = 130

EXIT_CODES = """
Results go to standard output, messages to standard error.

Exit codes: 0 done; 1 an error, which is named; 2 wrong usage; 3 no rate can be recommended (yet);
130 interrupted: the same command goes on.
"""


def say(text: str) -> None:
    """Print a message. It may quote a file or a program: nothing in it acts on the terminal."""
    typer.echo(visible(text, keep="\n\t"), err=True)


def require_other(output: Path | None, *sources: Path) -> None:
    """Make sure that an output replaces nothing that it is made from.

    Raises
    ------
    typer.BadParameter
        If it would.
    """
    try:
        if output is not None:
            other_file(output, *sources)
    except ValueError as error:
        raise typer.BadParameter(visible(error)) from error


@contextlib.contextmanager
def errors_as_sentences() -> Iterator[None]:
    """A block whose known errors become a message and an exit code; SIGTERM is an interrupt."""
    before = signal.signal(signal.SIGTERM, _interrupt)
    try:
        yield
    except (StudyError, ProgramError) as error:
        say(f"lrsearch: {error}")
        raise typer.Exit(FAILED) from error
    except BrokenPipeError:
        raise
    except OSError as error:
        say(f"lrsearch: {error.filename or 'error'}: {error.strerror}")
        raise typer.Exit(FAILED) from error
    except KeyboardInterrupt as error:
        say("lrsearch: interrupted; the same command goes on")
        raise typer.Exit(INTERRUPTED) from error
    finally:
        signal.signal(signal.SIGTERM, before)


def _interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt

"""Scores in what a program prints, or in a file that it writes."""

from __future__ import annotations

import json
import re
from pathlib import Path

from lrsearch.cli.command_line import ProgramError

__all__ = ["DEFAULT_PATTERN", "PrintedScores", "WrittenScores"]

DEFAULT_PATTERN = r"^\s*score:\s*(\S+)\s*$"


class PrintedScores:
    """Finds the scores in lines of output.

    Parameters
    ----------
    pattern : str
        A regular expression with one group, which is the number; it is searched in each line.

    Raises
    ------
    ProgramError
        If the pattern is no regular expression, or has not one group.

    Examples
    --------
    >>> PrintedScores().found("score: 0.25")
    0.25
    >>> PrintedScores(r"val_loss=([^ ]+)").found("epoch 3 val_loss=nan")
    nan
    >>> PrintedScores().found("loss: 0.25") is None
    True
    """

    def __init__(self, pattern: str = DEFAULT_PATTERN) -> None:
        try:
            self._pattern = re.compile(pattern)
        except re.error as error:
            raise ProgramError(f"--score-regex is no regular expression: {error}") from error
        if self._pattern.groups != 1:
            raise ProgramError(
                f"--score-regex needs one group in parentheses, the number; {pattern!r} has "
                f"{self._pattern.groups}"
            )

    def found(self, line: str) -> float | None:
        """The score in a line; None where there is none.

        Raises
        ------
        ProgramError
            If what stands in its place is no number.
        """
        match = self._pattern.search(line)
        if match is None:
            return None
        try:
            return float(match[1])
        except (TypeError, ValueError):
            raise ProgramError(
                f"a score has to be a number, the program printed {line!r}"
            ) from None


class WrittenScores:
    """Follows a file of JSON lines: a number, or an object with a "score", for each epoch.

    null is an epoch that was not validated.

    Parameters
    ----------
    path : Path
        The file; it may appear later.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read = 0

    def new(self, finished: bool = False) -> list[float | None]:
        """The scores that were added since the last call.

        Parameters
        ----------
        finished : bool
            Whether the program has ended, so that a last line without a line break is whole.

        Raises
        ------
        ProgramError
            If a line is not as above.
        """
        try:
            with self._path.open("rb") as file:
                file.seek(self._read)
                content = file.read()
        except FileNotFoundError:
            return []
        whole = content if finished else content[: content.rfind(b"\n") + 1]
        self._read += len(whole)
        return [self._score(line) for line in whole.splitlines() if line.strip()]

    def _score(self, line: bytes) -> float | None:
        try:
            value = json.loads(line)
            if isinstance(value, dict):
                value = value["score"]
        except (ValueError, KeyError):
            value = line
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise ProgramError(
                "a line of {scores} has to be a number or an object with a score, the program "
                f"wrote {line.decode(errors='replace')!r}"
            )
        try:
            return float(value)
        except OverflowError:
            raise ProgramError(
                "a score has to fit a float, the program wrote one of "
                f"{len(str(abs(value)))} digits to {{scores}}"
            ) from None

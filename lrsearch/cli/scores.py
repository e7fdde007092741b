"""Scores in what a program prints, or in a file that it writes."""

from __future__ import annotations

import json
from pathlib import Path

import regex  # type: ignore[import-untyped, import-not-found, unused-ignore]

from lrsearch.cli.command_line import ProgramError

__all__ = ["DEFAULT_PATTERN", "PrintedScores", "WrittenScores"]

_LONGEST_SEARCH = 2.0
"""Seconds to search one line."""
_LONGEST_LINE = 1_048_576
"""Bytes of a line of the program's own file."""
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

    Notes
    -----
    The pattern is searched by the package regex, which lets other threads go on meanwhile, and
    gives up after some seconds: a pattern may take longer than the universe has been there.

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
            self._pattern = regex.compile(pattern)
        except regex.error as error:
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
            If what stands in its place is no number, or the pattern takes too long.
        """
        try:
            match = self._pattern.search(line, timeout=_LONGEST_SEARCH)
        except TimeoutError:
            shown = line if len(line) <= 100 else f"{line[:100]}…"
            raise ProgramError(
                f"--score-regex takes more than {_LONGEST_SEARCH:g} s to search a line of "
                f"{len(line)} characters, {shown!r}: it tries too many ways to match it"
            ) from None
        if match is None:
            return None
        try:
            return float(match[1])
        except (TypeError, ValueError):
            raise ProgramError(
                f"a score has to be a number, the program printed {line[:1000]!r}"
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
        scores: list[float | None] = []
        while lines := self._lines(finished):
            scores += [self._score(line) for line in lines if line.strip()]
        return scores

    def _lines(self, finished: bool) -> list[bytes]:
        """The next lines that are whole."""
        try:
            with self._path.open("rb") as file:
                file.seek(self._read)
                content = file.read(_LONGEST_LINE)
        except FileNotFoundError:
            return []
        end = content.rfind(b"\n") + 1
        if len(content) == _LONGEST_LINE and end == 0:
            raise ProgramError(
                "a line of {scores} has to be a number or an object with a score, the program "
                f"wrote one of more than {_LONGEST_LINE} bytes"
            )
        if finished and len(content) < _LONGEST_LINE:
            end = len(content)
        self._read += end
        return content[:end].splitlines()

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

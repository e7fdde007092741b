"""A program's command line, with placeholders that stand for a trial's values."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from lrsearch.trial import Trial

__all__ = ["PLACEHOLDERS", "CommandLine", "ProgramError", "values_of"]

PLACEHOLDERS = {
    "rate": "the learning rate",
    "epochs": "epochs to train now",
    "start_epoch": "epochs that the trial has behind it",
    "stop_epoch": "epochs that it has behind it when this run is over",
    "init": "the number of the initialisation: use it as the seed",
    "round": "the round of rates, from 1",
    "trial": "the trial's number, from 0",
    "resume_from": "the checkpoint to go on from; nothing where training starts anew",
    "save_to": "where to save the checkpoint",
    "scores": "a file to write one JSON line an epoch to, instead of printing scores",
}
_PLACEHOLDER = re.compile(r"\{\{([A-Za-z_]\w*)\}\}|\{([A-Za-z_]\w*)\}")


class ProgramError(RuntimeError):
    """The program cannot be used for a search; the message shows why."""


class CommandLine:
    """An argument list in which ``{rate}`` and the like are replaced, within single arguments.

    No shell reads it. ``{{rate}}`` stands for the text ``{rate}``; braces around anything but a
    name are left alone.

    Parameters
    ----------
    arguments : sequence of str
        The program and its arguments.

    Raises
    ------
    ProgramError
        If a placeholder is unknown, ``{rate}`` is missing, or ``{resume_from}`` is there without
        ``{save_to}``.

    Examples
    --------
    >>> command = CommandLine(["train", "--lr={rate}", '{"resume": ""}'])
    >>> command.filled({"rate": "0.003"})
    ['train', '--lr=0.003', '{"resume": ""}']
    """

    def __init__(self, arguments: Sequence[str]) -> None:
        self.arguments = tuple(arguments)
        if not self.arguments:
            raise ProgramError("there is no program: put it after --, as in -- python train.py")
        found = {
            match[2]
            for argument in self.arguments
            for match in _PLACEHOLDER.finditer(argument)
            if match[2]
        }
        unknown = sorted(found - PLACEHOLDERS.keys())
        if unknown:
            raise ProgramError(
                f"{{{unknown[0]}}} is no placeholder: there are "
                f"{', '.join(f'{{{name}}}' for name in PLACEHOLDERS)}; "
                f"{{{{{unknown[0]}}}}} stands for the text itself"
            )
        if "rate" not in found:
            raise ProgramError(
                "the program's arguments have no {rate}: it would train every time the same"
            )
        if "resume_from" in found and "save_to" not in found:
            raise ProgramError(
                "{resume_from} needs {save_to}: nothing would be saved to go on from"
            )
        self.uses = frozenset(found)

    @property
    def resumes(self) -> bool:
        """Whether the program can go on from where an earlier run of it ended."""
        return {"resume_from", "save_to"} <= self.uses

    @property
    def follows_epochs(self) -> bool:
        """Whether the program is told how long to train."""
        return not self.uses.isdisjoint({"epochs", "stop_epoch"})

    def filled(self, values: Mapping[str, str]) -> list[str]:
        """The arguments with the values in place."""

        def replaced(match: re.Match[str]) -> str:
            return f"{{{match[1]}}}" if match[1] else values[match[2]]

        return [_PLACEHOLDER.sub(replaced, argument) for argument in self.arguments]


def values_of(trial: Trial, resume_from: str, save_to: str, scores: str) -> dict[str, str]:
    """What the placeholders stand for in one leg of a trial."""
    return {
        "rate": str(trial.rate),
        "epochs": str(trial.epochs),
        "start_epoch": str(trial.start_epoch),
        "stop_epoch": str(trial.stop_epoch),
        "init": str(trial.init),
        "round": str(trial.round),
        "trial": str(trial.number),
        "resume_from": resume_from,
        "save_to": save_to,
        "scores": scores,
    }

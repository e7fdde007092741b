"""What the workers of a study have agreed on, and what may still be changed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

__all__ = ["Settings", "agreed", "differences", "settings_of"]


class Settings(NamedTuple):
    """What holds for all workers of a study.

    Attributes
    ----------
    lease : float
        Seconds without a sign of life after which a worker counts as gone that this machine
        cannot look for.
    patience : float or None
        Seconds that a leg may take.
    program : object
        What trains, as JSON: a command line, say.
    """

    lease: float = 120.0
    patience: float | None = None
    program: Any = None


def settings_of(content: Mapping[str, Any]) -> Settings:
    """The settings of a file; by default where it has none, as older versions wrote it.

    Raises
    ------
    ValueError
        If they are none.

    Examples
    --------
    >>> settings_of({"lease": 30.0})
    Settings(lease=30.0, patience=None, program=None)
    """
    settings = Settings()._replace(**{k: content[k] for k in Settings._fields if k in content})
    times = (settings.lease, 1.0 if settings.patience is None else settings.patience)
    if not all(type(time) is float and time > 0 for time in times):
        raise ValueError("its settings are not those of a study")
    return settings


def agreed(
    stored: Settings, given: Mapping[str, Any], busy: bool = False, scored: bool = False
) -> Settings:
    """The settings with those that are given, None for as it is.

    Parameters
    ----------
    busy : bool
        Whether another worker has a trial in hand, by the settings that are stored.
    scored : bool
        Whether there are scores, of the program that is stored.

    Raises
    ------
    ValueError
        If one would have to change that others rely on; shows both.

    Examples
    --------
    >>> agreed(Settings(), {"lease": 30.0, "patience": None})
    Settings(lease=30.0, patience=None, program=None)
    """
    known = stored._asdict()
    changes = {k: v for k, v in given.items() if v is not None and v != known[k]}
    if scored and known["program"] is not None and "program" in changes:
        raise ValueError(
            f"its scores are those of another program:\n{differences(known, given, ['program'])}\n"
            "Give this program a study of its own"
        )
    if changes and busy:
        raise ValueError(
            f"other workers have trials in hand, by other settings:\n"
            f"{differences(known, given, changes)}\n"
            "Leave these out to go by theirs, or wait until no worker has a trial in hand"
        )
    return stored._replace(**changes)


def differences(stored: Mapping[str, Any], given: Mapping[str, Any], names: Iterable[str]) -> str:
    """Lines that show what is stored under some names, and what is given.

    Examples
    --------
    >>> print(differences({"epochs": 50}, {"epochs": 30, "keep": 2}, ["epochs", "keep"]))
      epochs  stored 50, given 30
      keep    stored nothing, given 2
    """
    listed = list(names)
    width = max(map(len, listed))
    return "\n".join(
        f"  {name:{width}}  stored {_shown(stored, name)}, given {_shown(given, name)}"
        for name in listed
    )


def _shown(content: Mapping[str, Any], name: str) -> str:
    if name not in content:
        return "nothing"
    text = json.dumps(content[name])
    return text if len(text) <= 200 else f"{text[:200]}… ({len(text)} characters)"

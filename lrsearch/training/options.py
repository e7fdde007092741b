"""What a training was told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from lrsearch.exploit import Exploit, Schedule

__all__ = ["Options", "check_search"]


@dataclass(frozen=True)
class Options:
    """The parameters of `Explorer` of the same names.

    Examples
    --------
    >>> Options(initial="new")
    Traceback (most recent call last):
    ValueError: initial has to be "same", "fresh" or a function of the init, got 'new'
    """

    search: Any = None
    exploit: Exploit | Callable[[Any, int], Exploit | None] | Literal[False] | None = None
    initial: Literal["same", "fresh"] | Callable[[int], Any] = "same"
    start: Literal["initial", "best"] = "initial"

    def __post_init__(self) -> None:
        exploit = self.exploit
        if self.search is not None:
            check_search(self.search)
        is_phase = exploit is None or exploit is False or isinstance(exploit, Exploit)
        if isinstance(exploit, Schedule):
            raise TypeError(
                f"exploit has to be an Exploit, not a schedule alone, got {exploit!r}. For a "
                "schedule from the rate found pass exploit=lambda search, epochs: lrsearch.Exploit("
                "[search.rate], epochs, lrsearch.CosineAnnealing(1, epochs)); with 1 in place of "
                "[search.rate] a schedule stands for itself"
            )
        if not is_phase and not callable(exploit):
            raise TypeError(
                "exploit has to be an Exploit, a function of the search and the epochs left, "
                f"False or None, got {exploit!r}"
            )
        if self.initial not in ("same", "fresh") and not callable(self.initial):
            raise ValueError(
                f'initial has to be "same", "fresh" or a function of the init, got {self.initial!r}'
            )
        if self.start not in ("initial", "best"):
            raise ValueError(f'start has to be "initial" or "best", got {self.start!r}')

    @property
    def fresh(self) -> bool:
        """Whether each trial has an init of its own."""
        return self.initial == "fresh"

    def identity(self) -> dict[str, Any]:
        """What they are, as a JSON object; functions have no more than their place."""
        exploit: Any = self.exploit
        if isinstance(exploit, Exploit):
            exploit = exploit.config()
        elif callable(exploit):
            exploit = "a function"
        return {
            "initial": "a function" if callable(self.initial) else self.initial,
            "start": self.start,
            "exploit": "the default" if exploit is None else exploit,
        }


def check_search(search: Any) -> None:
    """Raise where a search is none.

    Raises
    ------
    TypeError
        If it is a class of searches, or anything else.

    Examples
    --------
    >>> check_search(int)
    Traceback (most recent call last):
    TypeError: search has to be a search such as lrsearch.DigitRace(400, 100), got the class int
    """
    is_class = isinstance(search, type)
    if is_class or not (hasattr(search, "ask") and hasattr(search, "report")):
        kind = f"the class {search.__name__}" if is_class else repr(search)
        raise TypeError(
            f"search has to be a search such as lrsearch.DigitRace(400, 100), got {kind}"
        )

"""What the callback was told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from lrsearch import Exploit
from lrsearch_keras.checks import check_search

__all__ = ["Options"]


@dataclass(frozen=True)
class Options:
    """The parameters of `LRExplorerCallback` of the same names.

    Examples
    --------
    >>> Options(initial="new")
    Traceback (most recent call last):
    ValueError: initial has to be "same", "fresh" or a function of the init, got 'new'
    """

    search: Any = None
    exploit: Exploit | Callable[[Any, int], Exploit | None] | Literal[False] | None = None
    monitor: str = "val_loss"
    mode: Literal["auto", "min", "max"] = "auto"
    initial: Literal["same", "fresh"] | Callable[[int], Any] = "same"
    start: Literal["initial", "best"] = "initial"
    seed: int = 0
    verbose: int = 1

    def __post_init__(self) -> None:
        exploit = self.exploit
        if self.search is not None:
            check_search(self.search)
        is_phase = exploit is None or exploit is False or isinstance(exploit, Exploit)
        if not is_phase and not callable(exploit):
            raise TypeError(
                "exploit has to be an Exploit, a function of the search and the epochs left, "
                f"False or None, got {exploit!r}"
            )
        if self.mode not in ("auto", "min", "max"):
            raise ValueError(f'mode has to be "auto", "min" or "max", got {self.mode!r}')
        if self.initial not in ("same", "fresh") and not callable(self.initial):
            raise ValueError(
                f'initial has to be "same", "fresh" or a function of the init, got {self.initial!r}'
            )
        if self.start not in ("initial", "best"):
            raise ValueError(f'start has to be "initial" or "best", got {self.start!r}')

"""What the callback does where it is told neither a search nor a second phase."""

from __future__ import annotations

from typing import Any

from lrsearch import DigitSearch, Exploit
from lrsearch.search import Direction

__all__ = ["default_exploit", "default_search"]


def default_search(epochs: int, direction: Direction) -> DigitSearch:
    """A search for one digit, beginning with decades, in about half of the fit's epochs.

    Examples
    --------
    >>> search = default_search(200, "minimize")
    >>> search.epochs, search.most_epochs
    (4, 84)
    """
    trainings = _search(1, direction).most_epochs
    return _search(max(1, epochs // (2 * trainings)), direction)


def default_exploit(search: Any, epochs: int) -> Exploit | None:
    """Train with the kept rates for the epochs that are left; None without a rate or an epoch.

    Examples
    --------
    >>> search = DigitSearch(["0.01", "0.02"], digits=1, epochs=1, extend=0)
    >>> for trial in search:
    ...     search.tell(trial, trial.rate)
    >>> default_exploit(search, 10).rates
    (Rate('0.01'), Rate('0.02'))
    """
    rates = search.kept or (() if search.rate is None else (search.rate,))
    if not rates or epochs < 1:
        return None
    return Exploit(rates, epochs, direction=search.direction)


def _search(epochs: int, direction: Direction) -> DigitSearch:
    return DigitSearch(digits=1, keep=1, epochs=epochs, direction=direction, extend=2)

"""What the callback does where it is told neither a search nor a second phase.

The rule was settled by measurement; docs/keras.md has the table.
"""

from __future__ import annotations

import warnings
from typing import Any

from lrsearch import DECADES, CosineAnnealing, DigitRace, Direction, Exploit, Rate, Search

__all__ = ["NoSearch", "default_exploit", "default_search", "race_budget"]

_LEAST_EPOCHS = 20
_FIRST = DECADES[2:6]
_PEAK = 0.7
"""The peak to anneal from, in parts of the constant rate that the race recommends."""


class NoSearch(Search):
    """A rate that is used as it is, where there are too few epochs to search for a better one.

    Examples
    --------
    >>> search = NoSearch("0.001", "minimize")
    >>> search.done, search.rate, search.ask()
    (True, Rate('0.001'), None)
    """

    def __init__(self, rate: Any, direction: Direction) -> None:
        super().__init__(direction)
        self._rate = Rate(rate)
        self._finish("too few epochs to search in")

    def config(self) -> dict[str, Any]:
        return {"search": "NoSearch", "rate": str(self._rate), "direction": self.direction}

    @property
    def rate(self) -> Rate:
        """The rate."""
        return self._rate

    @property
    def most_epochs(self) -> int:
        """None are charged."""
        return 0

    def _propose(self, resume: bool) -> None:
        return None


def race_budget(epochs: int) -> int:
    """How many of a fit's epochs the race may spend: a fifth, at least 10; 0 where those are few.

    Examples
    --------
    >>> [race_budget(epochs) for epochs in (10, 20, 50, 100, 200, 400)]
    [0, 10, 10, 20, 40, 80]
    """
    return max(10, epochs // 5) if epochs >= _LEAST_EPOCHS else 0


def default_search(epochs: int, direction: Direction, usual: float) -> Search:
    """The race for the rate within a fit.

    Parameters
    ----------
    epochs : int
        Epochs of the fit.
    direction : {"minimize", "maximize"}
        Whether a smaller or a larger score is better.
    usual : float
        The rate that the model was compiled with, which stands where the epochs are too few.

    Examples
    --------
    >>> race = default_search(200, "minimize", 0.001)
    >>> race.budget, race.max_epochs
    (40, 160)
    """
    budget = race_budget(epochs)
    if budget:
        return DigitRace(budget, epochs - budget, direction=direction, first=_FIRST)
    rate = Rate(usual).rounded(4)
    warnings.warn(
        f"{epochs} epochs are too few to search a rate in: {rate}, which the model was compiled "
        f"with, is annealed. Pass at least {_LEAST_EPOCHS} epochs to fit, better 50 and more",
        RuntimeWarning,
        stacklevel=4,
    )
    return NoSearch(rate, direction)


def default_exploit(search: Any, epochs: int) -> Exploit | None:
    """Anneal from the rate found, in the epochs that are left; None without a rate or an epoch.

    The peak is seven tenths of the constant rate that was found best; a rate that was not searched
    for is the peak itself. A tenth of the epochs, five at the most, warms up. Only where the
    training diverges, it goes on from the best weights at a third, and at a tenth, of the peak.

    Examples
    --------
    >>> search = DigitRace(10, 5)
    >>> for trial in search:
    ...     search.tell(trial, abs(trial.rate - 0.01))
    >>> exploit = default_exploit(search, 40)
    >>> exploit.rates[0], exploit.schedule.warmup, exploit.schedule.epochs
    (Rate('0.007'), 4, 40)
    """
    if search.rate is None or epochs < 1:
        return None
    peak = search.rate if isinstance(search, NoSearch) else Rate(_PEAK * search.rate).rounded(2)
    return Exploit(
        [peak, Rate(peak / 3).rounded(2), Rate(peak / 10).rounded(2)],
        epochs,
        schedule=CosineAnnealing(1, epochs, min(5, epochs // 10)),
        order="best",
        patience=None,
        new_optimizer=False,
        direction=search.direction,
    )

"""What a training does where it is told neither a search nor a second phase.

The rule was settled by measurement; docs/keras.md has the table.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from lrsearch.exploit import CosineAnnealing, Exploit
from lrsearch.exploit.annealing import warmup
from lrsearch.rate import Rate
from lrsearch.search import Direction, Search
from lrsearch.searches import DECADES, DigitRace, GridSearch
from lrsearch.training.entrance import LOOP, Entrance
from lrsearch.training.warning import warn

__all__ = [
    "NoSearch",
    "default_exploit",
    "default_search",
    "race_budget",
]

_LEAST_EPOCHS = 5
"""With fewer nothing is searched."""
_LEAST_RACE = 20
_LEAST_BUDGET = 10
"""Epochs of a training that is raced in at the least, and those of its race."""
_SHARE = 10
"""One epoch in so many goes to the race."""
_PART = 3
"""The race looks for the rate of a training of one in so many of its epochs."""
_FLOAT32_DIGITS = 7


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

    def schedule(
        self, epochs: int, *, usual: Any = None, averaged: bool = False
    ) -> CosineAnnealing:
        """The rate itself is the peak."""
        return CosineAnnealing(self._rate.rounded(2), epochs, warmup(epochs))

    def _propose(self, resume: bool) -> None:
        return None


def race_budget(epochs: int) -> int:
    """Epochs that the race may spend: a tenth of all, at least 10; 0 where all are few.

    Examples
    --------
    >>> [race_budget(epochs) for epochs in (10, 20, 50, 100, 200, 400)]
    [0, 10, 10, 10, 20, 40]
    """
    return max(_LEAST_BUDGET, epochs // _SHARE) if epochs >= _LEAST_RACE else 0


def default_search(
    epochs: int, direction: Direction, usual: float, entrance: Entrance = LOOP
) -> Search:
    """The search for the rate within a training.

    From 20 epochs on it is a race whose prior is the optimizer's own rate, from 5 on an epoch each
    at that rate and at ten times it. With fewer the optimizer's own stands, with a warning.

    Parameters
    ----------
    epochs : int
        Epochs of the training.
    direction : {"minimize", "maximize"}
        Whether a smaller or a larger score is better.
    usual : float
        The rate that the optimizer has.
    entrance : Entrance
        What messages call the training.

    Examples
    --------
    >>> race = default_search(200, "minimize", 0.001)
    >>> race.budget, race.max_epochs, race.prior
    (20, 6, Rate('0.001'))
    >>> default_search(5, "minimize", 0.001).rates
    (Rate('0.001'), Rate('0.01'))
    """
    budget = race_budget(epochs)
    rate = Rate(usual).rounded(_FLOAT32_DIGITS)
    if budget:
        prior = rate if DECADES[-1] <= rate <= DECADES[0] else None
        return DigitRace(budget, budget // _PART, direction=direction, prior=prior)
    if not rate:
        raise ValueError(
            "the optimizer's rate is 0, and a short training begins its search there: build the "
            "optimizer with a rate, or pass a search"
        )
    if epochs >= _LEAST_EPOCHS:
        rates = rate, Rate(10 * rate).rounded(_FLOAT32_DIGITS)
        return GridSearch(rates, epochs=1, direction=direction)
    warn(
        f"{epochs} epochs are too few to search a rate in: {rate}, which {entrance.usual_rate}, is "
        f"annealed. Pass at least {_LEAST_EPOCHS} epochs to {entrance.taker}, better 50 and more"
    )
    return NoSearch(rate, direction)


def default_exploit(
    search: Any, epochs: int, usual: float = 0.0, averaged: bool = False
) -> Exploit | None:
    """Anneal from the rate found, in the epochs that are left; None without a rate or an epoch.

    It is the search's `schedule`. Only where the training diverges, it goes on from the best
    weights at a third, and at a tenth, of the peak.

    Examples
    --------
    >>> search = DigitRace(10, 5)
    >>> for trial in search:
    ...     search.tell(trial, abs(trial.rate - 0.01))
    >>> exploit = default_exploit(search, 40)
    >>> exploit.rates[0], exploit.schedule.warmup, exploit.schedule.epochs
    (Rate('0.007'), 4.0, 40)
    """
    if search.rate is None or epochs < 1:
        return None
    schedule = search.schedule(epochs, usual=usual, averaged=averaged)
    peak = schedule.peak
    return Exploit(
        [peak, Rate(peak / 3).rounded(2), Rate(peak / 10).rounded(2)],
        epochs,
        schedule=replace(schedule, peak=1),
        order="best",
        patience=None,
        new_optimizer=False,
        direction=search.direction,
    )

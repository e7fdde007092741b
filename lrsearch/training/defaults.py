"""What a training does where it is told neither a search nor a second phase.

The rule was settled by measurement; docs/keras.md has the table.
"""

from __future__ import annotations

import math
from typing import Any

from lrsearch.exploit import CosineAnnealing, Exploit
from lrsearch.rate import Rate
from lrsearch.search import Direction, Search
from lrsearch.searches import DECADES, DigitRace
from lrsearch.training.entrance import LOOP, Entrance
from lrsearch.training.warning import warn

__all__ = [
    "NoSearch",
    "default_exploit",
    "default_search",
    "peak_factor",
    "peak_rate",
    "race_budget",
]

_LEAST_EPOCHS = 20
_FIRST = DECADES[2:6]
_FLOAT32_DIGITS = 7
_SHARE = 10
"""One epoch in so many goes to the race."""
_SHORT = 40
"""The race looks for the constant rate that is best for a training of up to so many epochs."""
_NEAR = 5
"""Early scores rule the optimizer's own rate out if they put another so many times above it."""
_PEAK = 0.7
"""The peak to anneal from without an average, in parts of that rate."""


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
    """Epochs that the race may spend: a tenth of all, at least 10; 0 where all are few.

    Examples
    --------
    >>> [race_budget(epochs) for epochs in (10, 20, 50, 100, 200, 400)]
    [0, 10, 10, 10, 20, 40]
    """
    return max(10, epochs // _SHARE) if epochs >= _LEAST_EPOCHS else 0


def peak_rate(rate: float, usual: float, epochs: int, averaged: bool) -> Rate:
    """The peak to anneal from, in two digits.

    The average of the weights takes off the noise that a high rate only seems to cost, so a race
    that is scored by averages finds the peak itself (M. Sandler, A. Zhmoginov, M. Vladymyrov and
    N. Miller, "Training trajectories, mini-batch losses and the curious role of the learning
    rate", 2023, arXiv:2301.02312; A. Defazio et al. 2023, arXiv:2310.07831). Early scores
    favour high rates, so an optimizer's own rate that is less than a factor of five below is not
    ruled out by them: for a longer training the peak falls towards it, with one over the length.
    Without averages the peak is `peak_factor` times the race's rate.

    Parameters
    ----------
    rate : float
        The race's rate.
    usual : float
        The optimizer's own.
    epochs : int
        Epochs to anneal over.
    averaged : bool
        Whether both phases are validated with the average of the weights.

    Examples
    --------
    >>> [str(peak_rate(0.01, 0.001, epochs, True)) for epochs in (40, 160, 16000)]
    ['0.01', '0.01', '0.01']
    >>> [str(peak_rate(0.003, 0.001, epochs, True)) for epochs in (40, 80, 160)]
    ['0.003', '0.0015', '0.001']
    >>> str(peak_rate(0.01, 0.001, 40, False)), str(peak_rate(0.0001, 0.001, 160, True))
    ('0.007', '0.0001')
    """
    if not averaged:
        return Rate(peak_factor(epochs) * rate).rounded(2)
    near = rate < _NEAR * usual
    lower = rate * min(1.0, _SHORT / epochs) if near else rate
    return Rate(max(lower, min(rate, usual))).rounded(2)


def peak_factor(epochs: int) -> float:
    """The peak to anneal from in so many epochs without an average, in parts of the race's rate.

    Constant steps of stochastic gradient descent are best in proportion to one over the root of
    their number (A. Nemirovski, A. Juditsky, G. Lan and A. Shapiro, "Robust stochastic
    approximation approach to stochastic programming", SIAM J. Optim. 19, 2009). A race of few
    epochs cannot see that far.

    Examples
    --------
    >>> [round(peak_factor(epochs), 2) for epochs in (10, 40, 90, 160, 360)]
    [0.7, 0.7, 0.47, 0.35, 0.23]
    """
    return _PEAK * min(1.0, math.sqrt(_SHORT / epochs))


def default_search(
    epochs: int, direction: Direction, usual: float, entrance: Entrance = LOOP
) -> Search:
    """The race for the rate within a training.

    Parameters
    ----------
    epochs : int
        Epochs of the training.
    direction : {"minimize", "maximize"}
        Whether a smaller or a larger score is better.
    usual : float
        The rate that the optimizer has, which stands where the epochs are too few.
    entrance : Entrance
        What messages call the training.

    Examples
    --------
    >>> race = default_search(200, "minimize", 0.001)
    >>> race.budget, race.max_epochs
    (20, 40)
    """
    budget = race_budget(epochs)
    if budget:
        return DigitRace(budget, min(epochs - budget, _SHORT), direction=direction, first=_FIRST)
    rate = Rate(usual).rounded(_FLOAT32_DIGITS)
    warn(
        f"{epochs} epochs are too few to search a rate in: {rate}, which {entrance.usual_rate}, is "
        f"annealed. Pass at least {_LEAST_EPOCHS} epochs to {entrance.taker}, better 50 and more"
    )
    return NoSearch(rate, direction)


def default_exploit(
    search: Any, epochs: int, usual: float = 0.0, averaged: bool = False
) -> Exploit | None:
    """Anneal from the rate found, in the epochs that are left; None without a rate or an epoch.

    The peak is `peak_rate` of the constant rate that was found best; a rate that was not searched
    for is the peak itself. A tenth of the epochs, five at the most, warms up. Only where
    the training diverges, it goes on from the best weights at a third, and at a tenth, of the peak.

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
    peak = search.rate.rounded(2)
    if not isinstance(search, NoSearch):
        peak = peak_rate(search.rate, usual, epochs, averaged)
    return Exploit(
        [peak, Rate(peak / 3).rounded(2), Rate(peak / 10).rounded(2)],
        epochs,
        schedule=CosineAnnealing(1, epochs, min(5, epochs // 10)),
        order="best",
        patience=None,
        new_optimizer=False,
        direction=search.direction,
    )

"""Grid search and random search, to compare with."""

from __future__ import annotations

import math
import secrets
from collections.abc import Iterable
from typing import Any

import numpy as np

from lrsearch.checks import at_least, listed
from lrsearch.rate import Rate
from lrsearch.search import Direction
from lrsearch.searches.rounds import RoundSearch

__all__ = ["GridSearch", "RandomSearch", "grid"]


class _OneRound(RoundSearch):
    """A search of one round: all its rates are known at the beginning."""

    keep = 1

    def _round_over(self) -> None:
        (round,) = self._rounds
        usable = [rate for rate in round.rates if rate and math.isfinite(self._rate_loss(rate))]
        round.kept = tuple(self._ranked(usable)[: self.keep])
        number = len(round.rates)
        self._finish(
            f"all {number} rates are measured"
            if round.kept
            else f"none of the {number} rates has a finite score: check the data and the model"
        )

    @property
    def least_epochs(self) -> int:
        """Epochs without which the search cannot end: those of all its rates."""
        return self.most_epochs

    @property
    def most_epochs(self) -> int:
        """Epochs that the search charges at the most."""
        return sum(self.epochs if rate else 1 for rate in self._rounds[0].rates) * self.repeats


class GridSearch(_OneRound):
    """Try every rate of a list, each in full.

    Parameters
    ----------
    rates : sequence of rates, optional
        By default `grid()`: 1, 2 and 5 of each decade from 10 down to 1e-6.
    epochs, direction, repeats
        As for `DigitSearch`.
    keep : int
        How many rates `kept` names at the end.

    Examples
    --------
    >>> search = GridSearch(["0.1", "0.01", "0.001"], epochs=1)
    >>> for trial in search:
    ...     search.tell(trial, abs(trial.rate - 0.02))
    >>> search.rate
    Rate('0.01')
    """

    def __init__(
        self,
        rates: Iterable[Any] | None = None,
        epochs: int = 50,
        direction: Direction = "minimize",
        repeats: int = 1,
        keep: int = 1,
    ) -> None:
        super().__init__(epochs, repeats, direction)
        chosen = grid() if rates is None else listed("rates", rates)
        self.rates = tuple(dict.fromkeys(Rate(rate) for rate in chosen))
        if not self.rates:
            raise ValueError("rates needs at least one rate")
        self.keep = at_least(1, "keep", keep)
        self._begin(self.rates)

    def config(self) -> dict[str, Any]:
        return {
            "search": "GridSearch",
            "rates": [str(rate) for rate in self.rates],
            "epochs": self.epochs,
            "direction": self.direction,
            "repeats": self.repeats,
            "keep": self.keep,
        }


class RandomSearch(_OneRound):
    """Try rates drawn at random, uniformly in their logarithm, each in full.

    Parameters
    ----------
    trials : int
        How many rates to draw. Rates are rounded to `digits` significant digits, and duplicates
        drawn anew.
    low, high : rate
        The range to draw from.
    epochs, direction, repeats
        As for `DigitSearch`.
    digits : int
        Significant digits of a rate.
    seed : int, optional
        Equal seeds draw equal rates. By default one is drawn, and stands in `config()`.
    keep : int
        How many rates `kept` names at the end.

    References
    ----------
    J. Bergstra and Y. Bengio, "Random search for hyper-parameter optimization", JMLR 13, 2012.

    Examples
    --------
    >>> search = RandomSearch(3, low="0.001", high="0.1", seed=1)
    >>> [str(rate) for rate in search.rates]
    ['0.0106', '0.0796', '0.00194']
    """

    def __init__(
        self,
        trials: int = 20,
        low: Any = "1e-6",
        high: Any = 10,
        epochs: int = 50,
        direction: Direction = "minimize",
        repeats: int = 1,
        digits: int = 3,
        seed: int | None = None,
        keep: int = 1,
    ) -> None:
        super().__init__(epochs, repeats, direction)
        self.count = at_least(1, "trials", trials)
        self.low, self.high = Rate(low), Rate(high)
        if not 0 < self.low < self.high:
            raise ValueError(
                f"low has to be above 0 and below high, got {self.low} and {self.high}"
            )
        self.digits = at_least(1, "digits", digits)
        if seed is None:
            self.drawn = ("seed",)
        self.seed = secrets.randbits(32) if seed is None else at_least(0, "seed", seed)
        self.keep = at_least(1, "keep", keep)
        self.rates = draw(self.count, self.low, self.high, self.digits, self.seed)
        self._begin(self.rates)

    def config(self) -> dict[str, Any]:
        return {
            "search": "RandomSearch",
            "trials": self.count,
            "low": str(self.low),
            "high": str(self.high),
            "epochs": self.epochs,
            "direction": self.direction,
            "repeats": self.repeats,
            "digits": self.digits,
            "seed": self.seed,
            "keep": self.keep,
        }


def grid(high: int = 1, low: int = -6, digits: Iterable[int] = (5, 2, 1)) -> list[Rate]:
    """The given leading digits of each decade, descending, 10**high on top.

    Parameters
    ----------
    high, low : int
        Exponents of the highest and the lowest rate.
    digits : iterable of int
        Leading digits, descending.

    Examples
    --------
    >>> [str(rate) for rate in grid(-1, -2)]
    ['0.1', '0.05', '0.02', '0.01']
    """
    if low > high:
        raise ValueError(f"low has to be at most high, got {low} and {high}")
    digits = tuple(digits)
    below = [Rate.power(e).step(d - 1, e) for e in range(high - 1, low - 1, -1) for d in digits]
    return [Rate.power(high), *below]


def draw(count: int, low: Rate, high: Rate, digits: int, seed: int) -> tuple[Rate, ...]:
    """Distinct rates, uniform in their logarithm between low and high.

    Raises
    ------
    ValueError
        If the range holds too few rates of so many digits.
    """
    generator = np.random.default_rng(seed)
    drawn: dict[Rate, None] = {}
    for _ in range(20):
        exponents = generator.uniform(math.log10(low), math.log10(high), count)
        for number in 10.0**exponents:
            rate = Rate(f"{number:.{digits - 1}e}")
            if low <= rate <= high:
                drawn[rate] = None
        if len(drawn) >= count:
            return tuple(drawn)[:count]
    raise ValueError(
        f"{low} to {high} holds too few rates of {digits} digits to draw {count}: ask for fewer "
        "trials, or more digits"
    )

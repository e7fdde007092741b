"""The paper's exploration: rates digit by digit, every trial in full."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any, Literal

from lrsearch.checks import at_least, listed, whole
from lrsearch.rate import Rate
from lrsearch.search import Direction
from lrsearch.searches.rounds import RoundSearch
from lrsearch.trial import Round

__all__ = ["DECADES", "DigitSearch"]

DECADES = tuple(Rate.power(exponent) for exponent in range(1, -7, -1))
"""10, 1, 0.1, …, 1e-6: where a search begins that knows nothing."""

PAPER_FIRST = (*(Rate.power(-3).step(n, -3) for n in range(8, -1, -1)), Rate(0))
"""0.009, 0.008, …, 0.001, 0: the paper's first rates (table 2, a)."""


class DigitSearch(RoundSearch):
    """Search the learning rate digit by digit, as in the paper's phase 1 (table 2).

    A round of candidates is trained, each rate in full; the best `keep` of them each produce
    candidates with one more digit. After a round of decades come the nine leading digits of each
    kept decade; from then on a kept rate gives ``rate + n * 10**(place - 1)`` for each n of
    `offsets`. All rates are exact decimals.

    Parameters
    ----------
    first : sequence of rates
        The first round, in the order in which it is tried. By default eight decades, 10 to 1e-6.
        A rate of 0 scores the untrained model, in one epoch.
    digits : int or "auto"
        How many places to refine; a round of decades does not count. "auto" goes on while the
        evidence says that a further digit is more than noise, up to three.
    keep : int
        How many rates of a round produce the next one. The paper keeps two, and recommends about
        five where there is computing power to spare (table 4).
    offsets : sequence of int
        n in the rule above. The paper's 4, 3, …, -10 reach down to the next lower digit.
    epochs : int
        Epochs of each trial; its score is the best of their validation results.
    direction : {"minimize", "maximize"}
        Whether a smaller or a larger score is better.
    order : {"descending", "best"}
        The order in which the kept rates produce candidates.
    remeasure : bool
        Train a rate again that an earlier round has measured, and every trial from an init of its
        own. Otherwise the earlier score stands, and all trials of a repeat share an init.
    repeats : int
        How many trials each rate gets; its score is their mean.
    extend : int
        How many rates to add, one at a time, beyond the end of a round's list while the best rate
        lies there.
    refine_zero : bool
        Whether a rate of 0 that `first` names may be kept and refined, as in the paper.

    References
    ----------
    T. Fujiwara, "A program development - anyone can obtain a good validation result by this
    Learning Rate Explorer", University of Dunaújváros, 2023; tables 2, 4 and 5.

    Examples
    --------
    >>> search = DigitSearch(["0.003", "0.002", "0.001"], digits=2, keep=1, epochs=1)
    >>> for trial in search:
    ...     search.tell(trial, abs(trial.rate - 0.00185))
    >>> [str(rate) for rate in search.rounds[1].rates][:4]
    ['0.0024', '0.0023', '0.0022', '0.0021']
    >>> search.rate
    Rate('0.0019')
    """

    def __init__(
        self,
        first: Iterable[Any] = DECADES,
        digits: int | Literal["auto"] = 3,
        keep: int = 2,
        offsets: Sequence[int] = range(4, -11, -1),
        epochs: int = 50,
        direction: Direction = "minimize",
        order: Literal["descending", "best"] = "descending",
        remeasure: bool = False,
        repeats: int = 1,
        *,
        extend: int = 10,
        refine_zero: bool = False,
    ) -> None:
        super().__init__(epochs, repeats, direction)
        self.first = tuple(dict.fromkeys(Rate(rate) for rate in listed("first", first)))
        if not any(self.first):
            raise ValueError("first needs at least one rate above 0")
        self.digits: int | Literal["auto"] = (
            digits if digits == "auto" else at_least(0, "digits", digits)
        )
        self.keep = at_least(1, "keep", keep)
        if not isinstance(offsets, Iterable):
            raise TypeError(f"offsets has to be a list of whole numbers, got {offsets!r}")
        self.offsets = tuple(whole("offsets have to be whole numbers", n) for n in offsets)
        if not self.offsets:
            raise ValueError("offsets needs at least one step")
        if order not in ("descending", "best"):
            raise ValueError(f'order has to be "descending" or "best", got {order!r}')
        self.order: Literal["descending", "best"] = order
        self.remeasure = bool(remeasure)
        self.extend = at_least(0, "extend", extend)
        self.refine_zero = bool(refine_zero) and Rate(0) in self.first
        self._places = first_places(self.first)
        self._extended = 0
        digit = 0 if self._places is None else 1
        self._begin(self.first, digit, _finest(self._places))

    @classmethod
    def paper(cls, first: Iterable[Any] = PAPER_FIRST, **changes: Any) -> DigitSearch:
        """The paper's phase 1 to the letter: table 2 and the author's program.

        First rates 0.009, …, 0.001, 0; three digits; two kept; 50 epochs; every round measures
        anew, from new inits; a rate of 0 can be kept and refined; no list is extended.

        Examples
        --------
        >>> DigitSearch.paper().most_epochs
        3451
        """
        settings: dict[str, Any] = {"remeasure": True, "extend": 0, "refine_zero": True}
        return cls(first, **{**settings, **changes})

    def config(self) -> dict[str, Any]:
        return {
            "search": "DigitSearch",
            "first": [str(rate) for rate in self.first],
            "digits": self.digits,
            "keep": self.keep,
            "offsets": list(self.offsets),
            "epochs": self.epochs,
            "direction": self.direction,
            "order": self.order,
            "remeasure": self.remeasure,
            "repeats": self.repeats,
            "extend": self.extend,
            "refine_zero": self.refine_zero,
        }

    @property
    def least_epochs(self) -> int:
        """Epochs without which the search cannot end: each round with one rate's candidates.

        Of those, up to three may be known from the round before.
        """
        trainings = len(self.first) - (Rate(0) in self.first)
        rounds = 1 if self.digits == "auto" else self.digits
        lists = ([8] if self._rounds[0].digit == 0 else []) + [len(self.offsets) - 3] * rounds
        trainings += sum(max(0, n) for n in lists[: max(0, rounds - self._rounds[0].digit)])
        return self.repeats * (trainings * self.epochs + (Rate(0) in self.first))

    @property
    def most_epochs(self) -> int:
        """Epochs that the search charges at the most, every extension included."""
        trainings = len(self.first) - (Rate(0) in self.first) + self.extend
        rounds = _AUTO_DIGITS if self.digits == "auto" else self.digits
        lists = ([9] if self._rounds[0].digit == 0 else []) + [len(self.offsets)] * rounds
        for length in lists[: max(0, rounds - self._rounds[0].digit)]:
            trainings += self.keep * length + self.extend
        return self.repeats * (trainings * self.epochs + (Rate(0) in self.first))

    def _init(self, repeat: int) -> int:
        return len(self._records) if self.remeasure else repeat

    def _round_over(self) -> None:
        round = self._rounds[-1]
        while not self._queue:
            beyond = self._beyond(round) if self._extended < self.extend else None
            if beyond is None:
                break
            self._extended += 1
            self._add_rate(beyond)
            if beyond not in self._measured:
                self._enqueue([beyond])
        if self._queue:
            return
        usable = [rate for rate in round.rates if rate or self.refine_zero]
        ranked = [rate for rate in self._ranked(usable) if math.isfinite(self._rate_loss(rate))]
        round.kept = tuple(ranked[: self.keep])
        if not ranked:
            self._finish(
                f"no rate of round {round.number} has a finite score: check the data and the "
                "model, or begin with lower rates"
            )
        elif round.digit >= (_AUTO_DIGITS if self.digits == "auto" else self.digits):
            words = {0: "the first rates are", 1: "one digit is"}
            self._finish(f"{words.get(round.digit, f'all {round.digit} digits are')} searched")
        elif self.digits == "auto" and round.digit and not self._next_digit_supported(round):
            self._finish(f"a digit after the first {round.digit} would be noise")
        else:
            self._next_round(round)

    def _next_digit_supported(self, round: Round) -> bool:
        evidence = self.evidence()
        return evidence is not None and evidence.digits > round.digit

    def _next_round(self, last: Round) -> None:
        parents = sorted(last.kept, reverse=True) if self.order == "descending" else last.kept
        places: dict[Rate, int] = {}
        lowest = min(rate.exponent for rate in last.rates if rate)
        for parent in parents:
            if self._places is None:
                decade = parent if parent else Rate.power(lowest - 1)
                children = [*leading_digits(decade), *([] if parent else [(parent, lowest - 1)])]
            else:
                children = refinements(parent, self._places[parent], self.offsets)
            for rate, place in children:
                if rate or self.refine_zero:
                    places[rate] = min(place, places.get(rate, place))
        if not any(places):
            self._finish("the rates kept give no further rates: offsets has no step that fits")
            return
        self._places = places
        self._extended = 0
        if self.remeasure:
            self._measured.clear()
        self._begin(places, last.digit + 1, _finest(places))
        if not self._queue:
            self._round_over()

    def _beyond(self, round: Round) -> Rate | None:
        """The rate one step beyond the end of the round's list where its best rate lies."""
        rates = sorted(rate for rate in round.rates if rate)
        if not rates:
            return None
        best, *others = self._ranked(rates)
        if not math.isfinite(self._rate_loss(best)):
            return None
        if others and self._rate_loss(others[0]) == self._rate_loss(best):
            return None
        upwards = best == rates[-1]
        if not upwards and best != rates[0]:
            return None
        if not _FLOAT_DECADES[0] < best.leading_place < _FLOAT_DECADES[1]:
            return None
        if self._places is None:
            return Rate.power(best.exponent + (1 if upwards else -1))
        place = self._places[best]
        while not upwards and best <= Rate.power(place):
            place -= 1
        beyond = best.step(1 if upwards else -1, place)
        self._places[beyond] = place
        return beyond


_AUTO_DIGITS = 3
_FLOAT_DECADES = (-300, 300)
"""Decades beyond which no list is extended: floats end there."""


def leading_digits(decade: Rate) -> list[tuple[Rate, int]]:
    """The nine rates of a decade, descending, each with its place.

    Examples
    --------
    >>> [str(rate) for rate, place in leading_digits(Rate("0.001"))][::4]
    ['0.009', '0.005', '0.001']
    """
    place = decade.exponent
    return [(decade.step(n, place), place) for n in range(8, -1, -1)]


def refinements(rate: Rate, place: int, offsets: Iterable[int]) -> list[tuple[Rate, int]]:
    """The rates ``rate + n * 10**(place - 1)`` that are not negative (table 2, d).

    Examples
    --------
    >>> [str(r) for r, place in refinements(Rate("0.003"), -3, [4, 0, -10])]
    ['0.0034', '0.003', '0.002']
    """
    lowest = -(rate.coefficient * 10 ** (rate.exponent - place + 1))
    return [(rate.step(n, place - 1), place - 1) for n in offsets if n >= lowest]


def first_places(first: Sequence[Rate]) -> dict[Rate, int] | None:
    """The place of each first rate: that of the gap to its nearest neighbour.

    Returns
    -------
    dict of Rate to int, or None
        None for decades, whose rates differ in no common place.

    Examples
    --------
    >>> first_places([Rate("0.010"), Rate("0.009")])
    {Rate('0.009'): -3, Rate('0.01'): -3}
    """
    rates = sorted(rate for rate in first if rate)
    if all(rate.coefficient == 1 for rate in rates):
        return None
    places = {}
    for index, rate in enumerate(rates):
        neighbours = rates[max(0, index - 1) : index] + rates[index + 1 : index + 2]
        gaps = [Rate(repr(abs(rate - other))).rounded(6).leading_place for other in neighbours]
        places[rate] = min([rate.exponent if not gaps else min(gaps)])
    if Rate(0) in first:
        places[Rate(0)] = min(places.values())
    return places


def _finest(places: dict[Rate, int] | None) -> int | None:
    return None if places is None else min(places.values())

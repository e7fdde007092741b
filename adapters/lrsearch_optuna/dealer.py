"""Deal the rates of a search to numbered trials that nobody reserves and that may end anyhow."""

from __future__ import annotations

import math
from bisect import insort
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from lrsearch import Evidence, Rate, Search, Trial, TrialRecord, from_config
from lrsearch.checks import sign
from lrsearch_optuna.attempts import OUT, Attempts, Outcome, Scores, best

__all__ = ["Deal", "Dealer"]


class Deal(NamedTuple):
    """What one Optuna trial was dealt.

    Attributes
    ----------
    trial : lrsearch.Trial
        The trial of the search. Its leg counts how often it had been dealt before.
    repeat : bool
        Whether it only repeats a rate, from another init.
    """

    trial: Trial
    repeat: bool

    def to_json(self) -> dict[str, Any]:
        """The deal as a JSON object."""
        values = self.trial._asdict()
        return {**values, "rate": str(self.trial.rate), "repeat": self.repeat}

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Deal:
        """The deal that `to_json` described.

        Examples
        --------
        >>> deal = Deal(Trial(3, 0, Rate("0.01"), 1, 0, 0, 50), repeat=False)
        >>> Deal.from_json(deal.to_json()) == deal
        True
        """
        fields = {name: record[name] for name in Trial._fields}
        return cls(Trial(**{**fields, "rate": Rate(record["rate"])}), record["repeat"])


class Dealer:
    """A search, as a function of what the trials of an Optuna study show.

    The search hands out all that it has, a batch; when every trial of the batch has its scores,
    they are told in the order of the batch, whatever the order in which they came, and the next
    batch begins. So any two processes that see the same study are in the same state.

    Rates outside of the parameter's range are never dealt: they count as diverged.

    Parameters
    ----------
    search : Search
        A search without events, whose trials are one leg each.
    low, high : float
        The range of the parameter.
    retries : int
        How often a trial is dealt again whose objective failed.

    Raises
    ------
    ValueError
        If the first batch has no rate in the range, or hands out a trial leg by leg.
    """

    def __init__(self, search: Search, low: float, high: float, retries: int) -> None:
        self.search = search
        self.low, self.high, self.retries = low, high, retries
        self._sign = sign(search.direction)
        self._attempts: dict[int, Attempts] = {}
        self._repeats: dict[int, tuple[Deal, Outcome]] = {}
        self._batch: dict[int, Trial] = {}
        self._missing: set[int] = set()
        self._free: list[int] = []
        self._next_batch()
        if not self._missing:
            rates = ", ".join(str(trial.rate) for trial in self._batch.values())
            raise ValueError(
                f"the range from {low} to {high} holds none of the search's first rates {rates}: "
                "widen the range, or give the search other first rates"
            )
        self._settle()

    # What the study shows ---------------------------------------------------------------------

    def attempt(self, number: int, deal: Deal, outcome: Outcome = OUT) -> None:
        """Optuna trial `number` has this deal, and this has become of it."""
        if deal.repeat:
            self._repeats[number] = deal, outcome
        else:
            attempts = self._attempts.setdefault(deal.trial.number, Attempts())
            attempts.by_number[number] = outcome
            self._refresh(deal.trial.number)

    def release(self, number: int, deal: Deal) -> None:
        """Optuna trial `number` has this deal no more."""
        if deal.repeat:
            self._repeats.pop(number, None)
        elif deal.trial.number in self._attempts:
            self._attempts[deal.trial.number].by_number.pop(number, None)
            self._refresh(deal.trial.number)

    def contested(self, number: int, deal: Deal) -> bool:
        """Whether another live Optuna trial has the same deal."""
        if deal.repeat:
            return False
        attempts = self._attempts.get(deal.trial.number, Attempts())
        others = Attempts({n: o for n, o in attempts.by_number.items() if n != number})
        return others.first() is not None

    # Dealing ----------------------------------------------------------------------------------

    def deal(self, number: int, ahead: int = 0) -> Deal:
        """What to deal to Optuna trial `number`.

        Parameters
        ----------
        number : int
            Also the init of a repeat.
        ahead : int
            How many trials with lower numbers are about to be dealt to.

        Raises
        ------
        RuntimeError
            If the search has ended without a rate.
        """
        self._settle()
        if ahead < len(self._free):
            trial = self._batch[self._free[ahead]]
            dealt = self._attempts.get(trial.number, Attempts()).by_number
            return Deal(trial._replace(leg=len(dealt)), repeat=False)
        record = self._leader()
        if record is None:
            raise RuntimeError(f"the search has ended without a rate: {self.search.reason}")
        round = len(self.search.rounds)
        leg = sum(deal.trial.number == record.number for deal, _ in self._repeats.values()) + 1
        trial = Trial(record.number, leg, record.rate, round, number, 0, record.max_epochs)
        return Deal(trial, repeat=True)

    def _leader(self) -> TrialRecord | None:
        """The leading trial of the round; of the whole search, once that is done."""
        records = self.search.trials
        if self.search.done:
            named = [record for record in records if record.rate == self.search.rate]
            return named[-1] if named else None
        rates = set(self.search.rounds[-1].rates)
        inside = [record for record in records if record.rate in rates and self._holds(record.rate)]
        losses: dict[Rate, list[float]] = {}
        for record in inside:
            if record.rate and (loss := self._loss(record)) is not None:
                losses.setdefault(record.rate, []).append(loss)
        means = {rate: sum(values) / len(values) for rate, values in losses.items()}
        return min(inside, key=lambda r: (means.get(r.rate, math.inf), not r.rate, r.number))

    def _loss(self, record: TrialRecord) -> float | None:
        if record.number not in self._batch:
            return None if record.score is None else self._sign * record.score
        scores = self._attempts.get(record.number, Attempts()).scores(self.retries)
        return None if scores is None else best(scores, self._sign)

    # The search -------------------------------------------------------------------------------

    @property
    def done(self) -> bool:
        """Whether the search is over."""
        self._settle()
        return self.search.done

    def searched(self) -> Search:
        """A copy of the search, with every score told that is known."""
        self._settle()
        copy = from_config(self.search.config())
        copy.replay(self.search.events)
        for trial in copy.out:
            scores = self._scores(trial)
            if scores is not None:
                copy.tell(trial, scores)
        return copy

    def evidence(self) -> Evidence | None:
        """The evidence of all scores, those of repeats included."""
        searched = self.searched()
        records = [*searched.trials, *self._repeated()]
        return Evidence.of(records, searched.direction, searched.rate)

    def _repeated(self) -> Iterator[TrialRecord]:
        for (trial, _), outcome in self._repeats.values():
            loss = None if isinstance(outcome, str) else best(outcome, self._sign)
            if loss is not None:
                yield TrialRecord(
                    trial.number, trial.rate, trial.round, trial.init, trial.stop_epoch,
                    state="complete", scores={trial.stop_epoch: self._sign * loss},
                    score=self._sign * loss,
                )  # fmt: skip

    def _next_batch(self) -> None:
        self._batch = {}
        while (trial := self.search.ask()) is not None:
            if trial.stop_epoch < self.search.trials[trial.number].max_epochs:
                raise ValueError(
                    f"{type(self.search).__name__} hands out a trial leg by leg, which Optuna's "
                    "trials cannot do: take a DigitSearch, and DigitRacePruner to end trials early"
                )
            self._batch[trial.number] = trial
        self._missing = {n for n, trial in self._batch.items() if self._holds(trial.rate)}
        self._free = []
        for number in tuple(self._missing):
            self._refresh(number)

    def _settle(self) -> None:
        """Tell every batch that is complete."""
        while not self._missing and not self.search.done:
            for trial in self._batch.values():
                scores = self._scores(trial)
                self.search.tell(trial, math.nan if scores is None else scores)
            self._next_batch()

    def _scores(self, trial: Trial) -> Scores | None:
        if not self._holds(trial.rate):
            return math.nan
        scores = self._attempts.get(trial.number, Attempts()).scores(self.retries)
        return scores[: trial.epochs] if isinstance(scores, Sequence) else scores

    def _holds(self, rate: Rate) -> bool:
        return self.low <= rate <= self.high

    def _refresh(self, number: int) -> None:
        """Bring what is free and what is missing up to date for one trial of the search."""
        if number not in self._batch:
            return
        attempts = self._attempts.get(number, Attempts())
        free = attempts.free(self.retries)
        if free and number not in self._free:
            insort(self._free, number)
        elif not free and number in self._free:
            self._free.remove(number)
        if attempts.scores(self.retries) is None:
            self._missing.add(number)
        else:
            self._missing.discard(number)

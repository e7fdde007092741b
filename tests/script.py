"""A search that hands out what a test wants."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lrsearch import Rate, Search, TrialRecord


class Script(Search):
    """Trials as listed, (rate, init), and legs in the order of `legs`: (trial, stop epoch)."""

    def __init__(self, trials: Sequence[tuple[str, int]], legs: Sequence[tuple[int, int]]) -> None:
        super().__init__("minimize")
        self.script = list(trials)
        self.legs = list(legs)

    def config(self) -> dict[str, Any]:
        return {"search": "Script", "trials": self.script, "legs": self.legs}

    @property
    def rate(self) -> Rate | None:
        return None if self.best is None else self.best.rate

    def _propose(self, resume: bool) -> tuple[TrialRecord, int] | None:
        number, stop = self.legs.pop(0)
        if number == len(self._records):
            rate, init = self.script[number]
            last = max([stop, *(end for leg, end in self.legs if leg == number)])
            self._new_record(Rate(rate), 1, init, last)
        return self._records[number], stop

    def _told(self, record: TrialRecord) -> None:
        if not self.legs:
            self._finish("the script is over")

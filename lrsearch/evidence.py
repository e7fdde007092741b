"""Placeholder, replaced by the real module."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lrsearch.rate import Rate
from lrsearch.trial import TrialRecord


@dataclass(frozen=True)
class Evidence:
    rate: Rate
    low: Rate
    high: Rate
    noise: float
    digits: int
    sentence: str

    @classmethod
    def of(cls, records: Sequence[TrialRecord], direction: str) -> Evidence | None:
        scored = [r for r in records if r.score is not None and r.rate]
        if not scored:
            return None
        sign = 1 if direction == "minimize" else -1
        rate = min(scored, key=lambda r: sign * (r.score or 0.0)).rate
        return cls(rate, rate, rate, 0.0, 0, f"{rate}; not judged")

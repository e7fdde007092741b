"""Who has a trial of the search: the trials of an Optuna study that were dealt its rate."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

__all__ = ["FAILED", "OUT", "STALE", "Attempts", "Outcome", "Scores", "best"]

OUT = "out"
"""A worker trains it, or is about to."""
STALE = "stale"
"""Its worker died."""
FAILED = "failed"
"""Its objective raised or returned nan, which Optuna records alike, or it broke a constraint."""

Scores = float | Sequence[float]
"""What `Search.tell` takes: one score for the whole trial, or one an epoch."""

Outcome = str | Scores
"""What became of a trial: one of the three above, or its scores."""


@dataclass(slots=True)
class Attempts:
    """The Optuna trials that were dealt one trial of the search, by number."""

    by_number: dict[int, Outcome] = field(default_factory=dict)

    def first(self) -> int | None:
        """The lowest number that is out or has scores: the one that counts."""
        live = [n for n, outcome in self.by_number.items() if outcome not in (STALE, FAILED)]
        return min(live, default=None)

    def failures(self) -> int:
        """How often the objective failed."""
        return sum(outcome == FAILED for outcome in self.by_number.values())

    def scores(self, retries: int) -> Scores | None:
        """The scores that count; nan after too many failures; None while there are none.

        Examples
        --------
        >>> Attempts({3: "stale", 5: "out", 7: 0.5}).scores(retries=1) is None
        True
        >>> Attempts({3: "stale", 5: "stale", 7: 0.5}).scores(retries=1)
        0.5
        >>> Attempts({3: "failed", 5: "failed"}).scores(retries=1)
        nan
        """
        first = self.first()
        if first is None:
            return math.nan if self.failures() > retries else None
        outcome = self.by_number[first]
        return None if isinstance(outcome, str) else outcome

    def free(self, retries: int) -> bool:
        """Whether the trial is to be dealt."""
        return self.first() is None and self.failures() <= retries


def best(scores: Scores, sign: float) -> float | None:
    """The best of the scores, times the sign, to minimise; None where the trial has diverged.

    Examples
    --------
    >>> best([0.5, 0.7], sign=-1), best([0.5, math.nan], sign=1)
    (-0.7, None)
    """
    values = [scores] if isinstance(scores, (int, float)) else scores
    if not values or not all(map(math.isfinite, values)):
        return None
    return min(sign * value for value in values)

"""What a report reads of a search or a study."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from lrsearch.rate import Rate
from lrsearch.trial import Round, TrialRecord

__all__ = ["Searched", "round_scores"]


class Searched(Protocol):
    """What a report reads: a search or a study."""

    @property
    def direction(self) -> str: ...
    @property
    def trials(self) -> Sequence[TrialRecord]: ...
    @property
    def rounds(self) -> Sequence[Round]: ...
    @property
    def rate(self) -> Rate | None: ...
    @property
    def reason(self) -> str | None: ...
    @property
    def spent(self) -> int: ...
    @property
    def best(self) -> TrialRecord | None: ...
    def config(self) -> dict[str, Any]: ...
    def evidence(self) -> Any: ...


def round_scores(search: Searched, round: Round) -> list[tuple[Rate, float | None]]:
    """The round's rates in order, each with its mean score over inits; None where it diverged.

    A rate that was measured in an earlier round keeps that score. Rates without a score so far
    are left out.
    """
    by_rate: dict[Rate, list[TrialRecord]] = {}
    latest: dict[Rate, int] = {}
    for record in search.trials:
        if record.round > round.number or record.state in ("asked", "released"):
            continue
        if latest.get(record.rate) != record.round:
            by_rate[record.rate] = []
            latest[record.rate] = record.round
        by_rate[record.rate].append(record)
    found = []
    for rate in round.rates:
        if rate in by_rate:
            scores = [record.score for record in by_rate[rate]]
            finite = [score for score in scores if score is not None]
            whole = len(finite) == len(scores)
            found.append((rate, sum(finite) / len(finite) if whole and finite else None))
    return found

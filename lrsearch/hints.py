"""What scores give away of a caller's slip, for a search to warn of."""

from __future__ import annotations

from collections.abc import Sequence

from lrsearch.trial import TrialRecord

__all__ = [
    "DIRECTION",
    "NO_RATE",
    "STARTED_ANEW",
    "Repeats",
    "repeated_scores",
    "seems_to_minimise_accuracy",
]

STARTED_ANEW = (
    "legs that were to be continued begin with the very scores that their trials began with (trial "
    "{record.number}, rate {record.rate}, after epoch {start}): was the training started anew? Put "
    "back the checkpoint of the trial's last leg where trial.start_epoch is above 0; without "
    "checkpoints use `for trial in search`, or ask(resume=False)"
)
DIRECTION = (
    "the search minimises, and ended at {rate}, at an end of its range, where the scores are "
    'lowest. If larger scores are better, as accuracies are, pass direction="maximize"'
)

NO_RATE = "the search has ended without a rate: {reason}"

_FEWEST = 3
"""Trials that it takes to tell which way scores go."""


class Repeats:
    """Whether the legs that were to be continued start anew.

    Two different scores have to be repeated, since trials on a plateau share one, and by two legs
    more than those that went on, since coarse scores meet by chance.
    """

    def __init__(self) -> None:
        self._scores: set[float] = set()
        self._balance = 0

    def note(self, record: TrialRecord, start: int) -> bool:
        """Take a leg in that has just ended; whether the legs so far seem to start anew."""
        repeated = repeated_scores(record, start)
        if repeated is None:
            return False
        self._scores |= repeated
        self._balance += 1 if repeated else -1
        return len(self._scores) > 1 and self._balance >= 2


def repeated_scores(record: TrialRecord, start: int) -> set[float] | None:
    """The scores with which a leg that has just ended begins as its trial had begun.

    Parameters
    ----------
    record : TrialRecord
        The trial.
    start : int
        Epochs that it had behind it when the leg began.

    Returns
    -------
    set of float or None
        Different scores, none where the leg went on from them. None where nothing tells, since all
        scores are one.

    Examples
    --------
    >>> from lrsearch import Rate
    >>> record = TrialRecord(0, Rate("0.1"), 1, 0, 9, epoch=4)
    >>> record.scores = {1: 0.9, 2: 0.7, 3: 0.9, 4: 0.7}
    >>> sorted(repeated_scores(record, start=2))
    [0.7, 0.9]
    """
    before = [record.scores.get(epoch) for epoch in range(1, start + 1)]
    leg = [record.scores.get(epoch) for epoch in range(start + 1, record.epoch + 1)]
    if len({*before, *leg} - {None}) < 2 or leg[0] is None:
        return None
    repeated: set[float] = set()
    for score, first in zip(leg, before, strict=False):
        if score is None or score != first:
            break
        repeated.add(score)
    return repeated


def seems_to_minimise_accuracy(records: Sequence[TrialRecord], rate: float | None) -> bool:
    """Whether a search that minimises was told numbers of which larger ones are better.

    All scores lie in [0, 1], they rise with training (where there are several of a trial: in three
    trials, and in three times as many as they fall in), and the rate found, or one that is as
    good, lies at an end of the rates tried. Where each trial has a single score, the lowest rate,
    at which nothing is learnt, has to be among the better ones.
    """
    scored = [record for record in records if record.score is not None and record.rate]
    if rate is None or len({record.rate for record in scored}) < _FEWEST:
        return False
    if not all(0 <= score <= 1 for record in scored for score in record.scores.values()):
        return False
    scores = {record.rate: record.score for record in scored if record.score is not None}
    best, worst = min(scores.values()), max(scores.values())
    equal = [rate, *(record.rate for record in scored if record.score == best)]
    tried = [record.rate for record in records if record.rate]
    if 10 * min(tried) <= min(equal) and max(equal) <= max(tried) / 10:
        return False
    ends = [_ends(record) for record in scored if len(record.scores) > 1]
    if not ends:
        return best < worst and 2 * scores[min(scores)] < best + worst
    rising = sum(last > first for first, last in ends)
    falling = sum(last < first for first, last in ends)
    return rising >= max(_FEWEST, 3 * falling)


def _ends(record: TrialRecord) -> tuple[float, float]:
    """A trial's first score and its last."""
    return record.scores[min(record.scores)], record.scores[max(record.scores)]

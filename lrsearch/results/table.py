"""The one table of a search's trials, from which every view chooses, and that of its rounds."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from lrsearch.checks import sign
from lrsearch.exploit import Exploit
from lrsearch.rate import Rate
from lrsearch.results.search_like import SearchLike
from lrsearch.trial import Round, TrialRecord

__all__ = [
    "TRIAL_COLUMNS",
    "Column",
    "Turn",
    "best_first",
    "columns_but",
    "round_name",
    "round_records",
    "round_scores",
    "rounds_text",
    "score_text",
    "trial_frame",
    "trial_rows",
    "turns_of",
    "value_text",
]


class Column(NamedTuple):
    """One fact of a trial, under the one name that it has in every view.

    Attributes
    ----------
    name : str
        What stands above it.
    value : callable
        The fact, of a record (or a stored row, which has the same attributes) and the place of
        its round.
    words : bool
        Whether it is text, and stands on the left.
    """

    name: str
    value: Callable[[Any, int | None], Any]
    words: bool = False


TRIAL_COLUMNS = (
    Column("trial", lambda record, place: record.number),
    Column("round", lambda record, place: record.round),
    Column("place", lambda record, place: place),
    Column("rate", lambda record, place: str(record.rate)),
    Column("init", lambda record, place: record.init),
    Column("state", lambda record, place: record.state, words=True),
    Column("epochs", lambda record, place: record.epoch),
    Column("spent", lambda record, place: record.spent),
    Column("score", lambda record, place: record.score),
    Column("standard_error", lambda record, place: record.standard_error),
)


def columns_but(*names: str) -> tuple[Column, ...]:
    """The columns without those that a view leaves out.

    Examples
    --------
    >>> [column.name for column in columns_but("place", "init", "standard_error")]
    ['trial', 'round', 'rate', 'state', 'epochs', 'spent', 'score']
    """
    return tuple(column for column in TRIAL_COLUMNS if column.name not in names)


def trial_rows(
    search: SearchLike, records: Iterable[TrialRecord] | None = None
) -> list[tuple[Any, ...]]:
    """A row of values for each trial, under `TRIAL_COLUMNS`.

    Parameters
    ----------
    search : Search or Study
        Whose trials they are.
    records : iterable of TrialRecord, optional
        Some of its trials; by default all.

    Examples
    --------
    >>> import lrsearch
    >>> search = lrsearch.GridSearch(["0.01"], epochs=2)
    >>> search.tell(search.ask(), [0.9, 0.8])
    >>> trial_rows(search)
    [(0, 1, None, '0.01', 0, 'complete', 2, 2, 0.8, None)]
    """
    places = {round.number: round.place for round in search.rounds}
    return [
        tuple(column.value(record, places.get(record.round)) for column in TRIAL_COLUMNS)
        for record in (search.trials if records is None else records)
    ]


def trial_frame(search: SearchLike) -> Any:
    """A pandas DataFrame of its trials under `TRIAL_COLUMNS`, the rates as numbers.

    Raises
    ------
    ImportError
        If pandas is not installed.
    """
    try:
        import pandas  # type: ignore[import-untyped, unused-ignore]
    except ImportError as error:
        raise ImportError("to_dataframe() needs pandas: pip install pandas") from error
    frame = pandas.DataFrame(trial_rows(search), columns=[column.name for column in TRIAL_COLUMNS])
    return frame.astype({"rate": float, "score": float, "standard_error": float})


def value_text(value: Any) -> str:
    """A value as people read it: a rate in full, another number in six digits, None not at all.

    Examples
    --------
    >>> [value_text(value) for value in (Rate("0.00041"), 2.5001189, 12, "complete", None)]
    ['0.00041', '2.50012', '12', 'complete', '']
    """
    if value is None:
        return ""
    return f"{value:.6g}" if type(value) is float else str(value)


def score_text(score: float | None) -> str:
    """A score as people read it; where there is none, the rate diverged.

    Examples
    --------
    >>> score_text(2.5001189), score_text(None)
    ('2.50012', 'diverged')
    """
    return "diverged" if score is None else value_text(score)


def best_first(search: SearchLike, records: Iterable[TrialRecord]) -> list[TrialRecord]:
    """The records by score; those without one come last."""
    turn = sign(search.direction)
    return sorted(records, key=lambda r: (r.score is None, turn * (r.score or 0.0)))


def round_name(round: Round) -> str:
    """A round by its number, and by the digit that it refines.

    Examples
    --------
    >>> round_name(Round(3, 2, -5, [])), round_name(Round(1, 0, None, []))
    ('round 3, digit 2', 'round 1')
    """
    return f"round {round.number}" + (f", digit {round.digit}" if round.digit else "")


def round_records(search: SearchLike, round: Round) -> list[tuple[Rate, list[TrialRecord]]]:
    """The round's rates in order, each with its trials: one for each init.

    A rate that was measured in an earlier round has that one's trials. Rates without a score so
    far are left out.
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
    return [(rate, by_rate[rate]) for rate in round.rates if rate in by_rate]


def round_scores(search: SearchLike, round: Round) -> list[tuple[Rate, float | None]]:
    """The round's rates in order, each with its mean score over inits; None where it diverged.

    A rate that was measured in an earlier round keeps that score. Rates without a score so far
    are left out.
    """
    return [(rate, _mean_score(records)) for rate, records in round_records(search, round)]


def rounds_text(search: SearchLike) -> str:
    """Each round's rates and scores as a table of text; kept rates are marked with a star.

    Examples
    --------
    >>> import lrsearch
    >>> search = lrsearch.GridSearch(["0.1", "0.01"], epochs=1)
    >>> for trial in search:
    ...     search.tell(trial, abs(trial.rate - 0.02))
    >>> print(rounds_text(search))
    round 1
        rate   score
         0.1    0.08
      * 0.01    0.01
    """
    lines = []
    for round in search.rounds:
        lines.append(round_name(round))
        rows = [("", "rate", "score")]
        for rate, score in round_scores(search, round):
            rows.append(("*" if rate in round.kept else " ", str(rate), score_text(score)))
        wide = [max(len(row[column]) for row in rows) for column in range(3)]
        lines += [f"  {m:1} {r:>{wide[1]}}  {s:>{max(wide[2], 6)}}" for m, r, s in rows]
    return "\n".join(lines)


class Turn(NamedTuple):
    """One turn of a second phase: its highest rate, its epochs, its best finite score.

    The highest rate of the turn in hand is the one that it is on its way to.
    """

    number: int
    peak: Rate
    epochs: int
    best_score: float | None


def turns_of(exploit: Exploit) -> list[Turn]:
    """The turns begun so far.

    Examples
    --------
    >>> exploit = Exploit(["0.0004", "0.0003"], budget=4, patience=1)
    >>> for score in (236.0, 236.5, 235.0):
    ...     exploit.tell(exploit.ask(), score)
    >>> for turn in turns_of(exploit):
    ...     print(turn.number, turn.peak, turn.epochs, turn.best_score)
    0 0.0004 2 236.0
    1 0.0003 1 235.0
    """
    best = min if exploit.direction == "minimize" else max
    turns = []
    coming = exploit.ask()
    for number, history in itertools.groupby(exploit.history, key=lambda told: told[0].turn):
        steps, scores = zip(*history, strict=True)
        finite = [score for score in scores if score is not None and math.isfinite(score)]
        ahead = exploit.peak_ahead if coming is not None and coming.turn == number else 0.0
        peak = Rate(max(ahead, *(step.rate for step in steps))).rounded(4)
        turns.append(Turn(number, peak, len(steps), best(finite, default=None)))
    return turns


def _mean_score(records: Sequence[TrialRecord]) -> float | None:
    scores = [record.score for record in records if record.score is not None]
    return sum(scores) / len(scores) if len(scores) == len(records) else None

"""The charts of a search as plain data, from which every renderer draws.

A new chart is a function here that `charts_of` calls: it stands in the run folder and on the page.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

from lrsearch.evidence import Evidence
from lrsearch.exploit import Exploit
from lrsearch.rate import Rate
from lrsearch.results.axes import Axis, upper_limit
from lrsearch.results.chart import Band, Chart, Line, Point
from lrsearch.results.search_like import SearchLike
from lrsearch.results.table import best_first, round_name, round_scores, score_text, turns_of
from lrsearch.trial import Round, TrialRecord

__all__ = ["EXPLOIT", "charts_of"]

EXPLOIT = "Phase 2"
MOST_CURVES = 60
_LEAST_INVERTED = 1e-300
_ROUND_MARKS = (
    "Filled: kept. Ringed: recommended. Shaded: the interval that the scores cannot tell apart "
    "from the best. × diverged. ▵ ▿ beyond the chart."
)


def charts_of(
    search: SearchLike, exploit: Exploit | None = None, name: str = "score"
) -> list[Chart]:
    """All charts of a search that its scores allow.

    Parameters
    ----------
    search : Search or Study
        The first phase.
    exploit : Exploit, optional
        The second phase.
    name : str
        What the score is called.

    Examples
    --------
    >>> import lrsearch
    >>> search = lrsearch.GridSearch(["0.1", "0.01"], epochs=1)
    >>> for trial in search:
    ...     search.tell(trial, abs(trial.rate - 0.02))
    >>> [chart.title for chart in charts_of(search, name="loss")]
    ['Round 1: loss against rate', 'Round 1: 1/loss against rate']
    """
    evidence = search.evidence()
    drawn: list[Chart | None] = []
    for round in search.rounds:
        drawn += [_round_chart(search, round, evidence, name, inverse) for inverse in (False, True)]
    drawn.append(_curves_chart(search, name))
    if exploit is not None:
        drawn.append(_exploit_chart(exploit, name))
    return [chart for chart in drawn if chart is not None]


def _round_chart(
    search: SearchLike, round: Round, evidence: Evidence | None, name: str, inverse: bool
) -> Chart | None:
    """Score against rate, or 1/score, the paper's view, where it makes sense."""
    scores = [(rate, score) for rate, score in round_scores(search, round) if rate]
    finite = [score for _, score in scores if score is not None]
    better = _better(search.direction)
    if not finite or (inverse and (better == "higher" or min(finite) <= _LEAST_INVERTED)):
        return None
    shown, better = (f"1/{name}", "higher") if inverse else (name, better)
    x = Axis.around([float(rate) for rate, _ in scores], "learning rate", log=True)
    points = [
        Point(
            rate,
            1 / score if inverse and score is not None else score,
            f"rate {rate}: {score_text(score)}",
            kept=score is not None and rate in round.kept,
            best=score is not None and rate == search.rate,
        )
        for rate, score in scores
    ]
    return Chart(
        key=f"round_{round.number}" + ("_inverse" if inverse else ""),
        section=f"{name[:1].upper()}{name[1:]} against rate",
        title=f"{round_name(round).capitalize()}: {shown} against rate",
        x=x,
        y=_score_axis([point.y for point in points if point.y is not None], shown, better),
        better=better,
        points=points,
        band=None if evidence is None else _band(evidence, x),
        marks=_ROUND_MARKS,
    )


def _band(evidence: Evidence, axis: Axis) -> Band | None:
    """The interval of the evidence, cut where it leaves the axis."""
    low, high = (min(max(end, axis.low), axis.high) for end in (evidence.low, evidence.high))
    label = f"{evidence.low} to {evidence.high}: not to be told apart from {evidence.rate}"
    return Band(low, high, label) if low < high else None


def _curves_chart(search: SearchLike, name: str) -> Chart | None:
    """The learning curves of the best trials, coloured by rate."""
    trials = best_first(search, (r for r in search.trials if len(_curve(r)) > 1))
    left_out = len(trials) - MOST_CURVES
    trials = trials[:MOST_CURVES]
    if not trials:
        return None
    rates = [record.rate for record in trials if record.rate] or [Rate(1)]
    low, high = min(rates), max(rates)
    curves = [_curve(record) for record in trials]
    best = None if search.best is None else search.best.number
    lines = [
        Line(
            curve,
            f"trial {record.number}, rate {record.rate}: best {score_text(record.score)}",
            tint=_tint(record.rate, low, high),
            best=record.number == best,
        )
        for record, curve in zip(trials, curves, strict=True)
    ]
    better = _better(search.direction)
    caption = f"rates from {low} to {high}; the best trial is drawn thick"
    if left_out > 0:
        caption += f"; the {left_out} worst of {left_out + len(trials)} are left out"
    return Chart(
        key="learning_curves",
        section="Learning curves",
        title="Learning curves by rate",
        x=_epoch_axis(max(epoch for curve in curves for epoch, _ in curve)),
        y=_score_axis([score for curve in curves for _, score in curve], name, better),
        better=better,
        lines=lines[::-1],
        scale=(low, high),
        caption=caption,
    )


def _exploit_chart(exploit: Exploit, name: str) -> Chart | None:
    """Score against epoch, a line for each turn, the best step ringed."""
    turns: dict[int, list[tuple[float, float]]] = {}
    for step, score in exploit.history:
        if score is not None and math.isfinite(score):
            turns.setdefault(step.turn, []).append((step.number + 1, score))
    if not turns:
        return None
    labels = {turn.number: f"turn {turn.number}, peak {turn.peak}" for turn in turns_of(exploit)}
    points = [Point(*known[0], labels[turn]) for turn, known in turns.items() if len(known) == 1]
    if exploit.best_step is not None and exploit.best_score is not None:
        label = f"best {score_text(exploit.best_score)}"
        points.append(Point(exploit.best_step + 1, exploit.best_score, label, best=True))
    better = _better(exploit.direction)
    return Chart(
        key="exploit",
        section=EXPLOIT,
        title=f"{EXPLOIT}: {name} against epoch",
        x=_epoch_axis(exploit.spent),
        y=_score_axis([score for known in turns.values() for _, score in known], name, better),
        better=better,
        points=points,
        lines=[Line(known, labels[turn], series=turn) for turn, known in turns.items()],
    )


def _better(direction: str) -> Literal["lower", "higher"]:
    return "lower" if direction == "minimize" else "higher"


def _score_axis(values: Sequence[float], name: str, better: str) -> Axis:
    """An axis that leaves out scores so bad that they would flatten all others."""
    if better == "lower":
        limit = upper_limit(values)
        return Axis.around([min(limit, value) for value in values], name)
    limit = -upper_limit([-value for value in values])
    return Axis.around([max(limit, value) for value in values], name)


def _epoch_axis(last: float) -> Axis:
    return Axis(1, max(2, last), "epoch", whole=True)


def _curve(record: TrialRecord) -> list[tuple[float, float]]:
    return [(e, s) for e, s in sorted(record.scores.items()) if math.isfinite(s)]


def _tint(rate: Rate, low: Rate, high: Rate) -> float | None:
    """Where a rate lies between two others, by its logarithm; nowhere where it is 0."""
    if not rate:
        return None
    return 0.5 if low == high else math.log(rate / low) / math.log(high / low)

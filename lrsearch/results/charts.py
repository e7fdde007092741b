"""The charts of a search, its second phase and its evidence, from which every renderer draws.

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
from lrsearch.results.chart import Band, Chart, Line, Point, Scale
from lrsearch.results.search_like import SearchLike
from lrsearch.results.table import best_first, round_name, round_records, score_text, turns_of
from lrsearch.trial import Round, TrialRecord

__all__ = ["EXPLOIT", "charts_of", "evidence_chart", "exploit_chart", "search_chart"]

EXPLOIT = "Phase 2"
RATE = "learning rate"
MOST_COLOURED, MOST_CURVES = 10, 60
MOST_LEVELS = 8
_LEAST_INVERTED = 1e-300
_BAND = "Shaded: where the best rate may lie, as far as the scores can tell."
_MARKS = f"Ringed: recommended. {_BAND} × diverged. ▵ ▿ beyond the chart."
_ROUND_MARKS = f"Filled: kept. {_MARKS}"


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
    if _levels(search):
        drawn.append(_race_chart(search, evidence, name))
    else:
        if len(search.rounds) > 1:
            drawn.append(_rounds_chart(search, evidence, name))
        for round in search.rounds:
            drawn += [_round_chart(search, round, evidence, name, inv) for inv in (False, True)]
    drawn.append(_curves_chart(search, name))
    if exploit is not None:
        drawn.append(exploit_chart(exploit, name))
    return [chart for chart in drawn if chart is not None]


def search_chart(search: SearchLike, name: str = "score") -> Chart | None:
    """The one chart that shows the whole search; None where no rate above 0 has a score.

    Examples
    --------
    >>> import lrsearch
    >>> search = lrsearch.DigitRace(budget=12, max_epochs=4)
    >>> for trial in search:
    ...     search.tell(trial, abs(trial.rate - 0.02))
    >>> search_chart(search).title, search_chart(search).scale.name
    ('All rates: score against rate', 'epochs')
    """
    evidence = search.evidence()
    if _levels(search):
        return _race_chart(search, evidence, name)
    if len(search.rounds) > 1:
        return _rounds_chart(search, evidence, name)
    return _round_chart(search, search.rounds[0], evidence, name) if search.rounds else None


def exploit_chart(exploit: Exploit, name: str = "score") -> Chart | None:
    """Score against epoch, a line for each turn, the best step ringed; the rate below."""
    turns: dict[int, list[tuple[float, float]]] = {}
    rates: dict[int, list[tuple[float, float]]] = {}
    for step, score in exploit.history:
        rates.setdefault(step.turn, []).append((step.number + 1, step.rate))
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
    x = _epoch_axis(exploit.spent)
    highest = max(rate for known in rates.values() for _, rate in known)
    return Chart(
        key="exploit",
        section=EXPLOIT,
        title=f"{EXPLOIT}: {name} against epoch",
        x=x,
        y=_score_axis([score for known in turns.values() for _, score in known], name, better),
        better=better,
        points=points,
        lines=[Line(known, labels[turn], series=turn) for turn, known in turns.items()],
        below=Chart(
            key="exploit_rate",
            section=EXPLOIT,
            title=f"{EXPLOIT}: rate against epoch",
            x=x,
            y=Axis(0, 1.1 * highest or 1.0, RATE),
            better=None,
            points=[
                Point(*known[0], labels[turn]) for turn, known in rates.items() if len(known) == 1
            ],
            lines=[Line(known, labels[turn], series=turn) for turn, known in rates.items()],
        ),
    )


def evidence_chart(evidence: Evidence, name: str = "score") -> Chart:
    """Each training that the evidence was drawn from, and the interval."""
    points = [
        Point(float(rate), score, f"rate {rate:.4g}: {score_text(score)}", error=error)
        for rate, score, error in evidence.trainings
    ]
    x = _rate_axis([float(end) for end in (*(p.x for p in points), evidence.low, evidence.high)])
    better = _better(evidence.direction)
    return Chart(
        key="evidence",
        section="Evidence",
        title=f"{evidence.rate}: the best rate may lie from {evidence.low} to {evidence.high}",
        x=x,
        y=_score_axis([point.y for point in points if point.y is not None], name, better),
        better=better,
        points=points,
        band=_band(evidence, x),
        marks=_BAND,
    )


def _round_chart(
    search: SearchLike,
    round: Round,
    evidence: Evidence | None,
    name: str,
    inverse: bool = False,
) -> Chart | None:
    """Score against rate, or 1/score, the paper's view, where it makes sense."""
    scores = [(rate, *_mean(records)) for rate, records in round_records(search, round) if rate]
    finite = [score for _, score, _ in scores if score is not None]
    better = _better(search.direction)
    if not finite or (inverse and (better == "higher" or min(finite) <= _LEAST_INVERTED)):
        return None
    shown, better = (f"1/{name}", "higher") if inverse else (name, better)
    x = _rate_axis([float(rate) for rate, _, _ in scores])
    points = [
        Point(
            rate,
            1 / score if inverse and score is not None else score,
            f"rate {rate}: {score_text(score)}",
            kept=score is not None and rate in round.kept,
            best=score is not None and rate == search.rate,
            error=error / score / score if inverse and error and score else error,
        )
        for rate, score, error in scores
    ]
    return Chart(
        key=f"round_{round.number}" + ("_inverse" if inverse else ""),
        section=f"{name[:1].upper()}{name[1:]} against rate",
        title=f"{round_name(round).capitalize()}: {shown} against rate",
        x=x,
        y=_score_axis([point.y for point in points if point.y is not None], shown, better),
        better=better,
        points=points,
        band=_band(evidence, x),
        marks=_ROUND_MARKS,
    )


def _rounds_chart(search: SearchLike, evidence: Evidence | None, name: str) -> Chart | None:
    """Score against rate, all rounds in one: a line a round, the first one darkest."""
    last = max(1, len(search.rounds) - 1)
    points: dict[Rate, Point] = {}
    lines = []
    for order, round in enumerate(search.rounds):
        tint = order / last
        means = [(rate, *_mean(records)) for rate, records in round_records(search, round) if rate]
        for rate, score, error in means:
            points[rate] = Point(
                rate, score, f"rate {rate}: {score_text(score)}",
                best=score is not None and rate == search.rate, error=error, tint=tint,
            )  # fmt: skip
        line = sorted((float(rate), score) for rate, score, _ in means if score is not None)
        if len(line) > 1:
            lines.append(Line(line, round_name(round).capitalize(), tint=tint))
    ticks = [(order / last, str(round.number)) for order, round in enumerate(search.rounds)]
    return _rates_chart(
        search, evidence, name, "rounds", list(points.values()), lines, Scale("round", ticks)
    )


def _race_chart(search: SearchLike, evidence: Evidence | None, name: str) -> Chart | None:
    """Score against rate after so many epochs, one line for each number of epochs.

    A trial is a dot at all its epochs; those of the best trial are joined from top to bottom.
    """
    levels = _levels(search)
    better = min if search.direction == "minimize" else max
    tints = {level: order / (len(levels) - 1) for order, level in enumerate(levels)}
    trials = [record for record in search.trials if record.rate and record.epoch]
    best = search.best
    lines = []
    for level, tint in tints.items():
        rates: dict[float, list[float]] = {}
        for record in trials:
            known = [score for epoch, score in _curve(record) if epoch <= level]
            if record.epoch >= level and known and record.state != "diverged":
                rates.setdefault(float(record.rate), []).append(better(known))
        line = sorted((rate, sum(scores) / len(scores)) for rate, scores in rates.items())
        if len(line) > 1:
            lines.append(Line(line, f"after {level} epochs", tint=tint))
    if best is not None:
        path = [
            (float(best.rate), better(score for at, score in _curve(best) if at <= level))
            for level in levels
            if level <= best.epoch and min(best.scores) <= level
        ]
        if len(path) > 1:
            lines.append(Line(path, f"rate {best.rate}, the best, as it trained", best=True))
    points = [
        Point(
            record.rate,
            record.score,
            f"rate {record.rate}, {record.epoch} epochs: {score_text(record.score)}",
            best=best is not None and record.number == best.number,
            error=record.standard_error,
            tint=max((tint for level, tint in tints.items() if level <= record.epoch), default=0.0),
        )
        for record in trials
        if record.scores and (record.score is not None or record.state == "diverged")
    ]
    ticks = [(tint, str(level)) for level, tint in tints.items()]
    return _rates_chart(search, evidence, name, "race", points, lines, Scale("epochs", ticks))


def _rates_chart(
    search: SearchLike,
    evidence: Evidence | None,
    name: str,
    key: str,
    points: Sequence[Point],
    lines: Sequence[Line],
    scale: Scale,
) -> Chart | None:
    """All rates of a search in one chart, coloured."""
    finite = [point.y for point in points if point.y is not None]
    if not finite:
        return None
    better = _better(search.direction)
    x = _rate_axis([float(point.x) for point in points])
    return Chart(
        key=key,
        section="All rates",
        title=f"All rates: {name} against rate",
        x=x,
        y=_score_axis(finite, name, better),
        better=better,
        points=points,
        lines=lines,
        band=_band(evidence, x),
        scale=scale,
        marks=_MARKS,
    )


def _curves_chart(search: SearchLike, name: str) -> Chart | None:
    """Learning curves: the best ones coloured by the order of their rates, the others grey."""
    trials = best_first(search, (record for record in search.trials if _curve(record)))
    if not any(len(_curve(record)) > 1 for record in trials):
        return None
    left_out = len(trials) - MOST_CURVES
    trials = trials[:MOST_CURVES]
    coloured = [record for record in trials[:MOST_COLOURED] if record.rate] or trials[:1]
    rates = sorted({record.rate for record in coloured})
    tints = {rate: order / max(1, len(rates) - 1) for order, rate in enumerate(rates)}
    best = None if search.best is None else search.best.number
    lines, points = [], []
    for record in reversed(trials):
        curve = _curve(record)
        tint = tints[record.rate] if record in coloured else None
        label = f"trial {record.number}, rate {record.rate}: best {score_text(record.score)}"
        if len(curve) == 1:
            points.append(Point(*curve[0], label, tint=tint))
        else:
            lines.append(Line(curve, label, tint=tint, best=record.number == best))
    better = _better(search.direction)
    caption = "The best trial is drawn thick"
    if len(trials) > len(coloured):
        caption += f"; all but the best {len(coloured)} are grey"
    if left_out > 0:
        caption += f"; the {left_out} worst of {left_out + len(trials)} are left out"
    shown = [score for record in coloured for _, score in _curve(record)]
    return Chart(
        key="learning_curves",
        section="Learning curves",
        title=f"Learning curves: {name} against epoch",
        x=_epoch_axis(max(epoch for record in trials for epoch, _ in _curve(record))),
        y=_score_axis(shown, name, better),
        better=better,
        lines=lines,
        points=points,
        scale=Scale(RATE, [(tint, str(rate)) for rate, tint in tints.items()]),
        caption=caption,
    )


def _levels(search: SearchLike) -> list[int]:
    """The numbers of epochs that a race's trials have behind them; none where it is no race."""
    raced = [r for r in search.trials if r.rate and r.state in ("paused", "complete")]
    levels = sorted({record.epoch for record in raced})
    if len(levels) < 2:
        return []
    every = math.ceil(len(levels) / MOST_LEVELS)
    return levels[::-every][::-1] if every > 1 else levels


def _mean(records: Sequence[TrialRecord]) -> tuple[float | None, float | None]:
    """The mean score of equal rates, None where one diverged, and its standard error if told."""
    scores = [record.score for record in records if record.score is not None]
    errors = [r.standard_error for r in records if r.standard_error is not None]
    if not scores or len(scores) < len(records):
        return None, None
    error = math.hypot(*errors) / len(errors) if len(errors) == len(records) else None
    return sum(scores) / len(scores), error


def _band(evidence: Evidence | None, axis: Axis) -> Band | None:
    """The interval of the evidence, cut where it leaves the axis."""
    if evidence is None:
        return None
    low, high = (min(max(end, axis.low), axis.high) for end in (evidence.low, evidence.high))
    label = f"{evidence.low} to {evidence.high}: not to be told apart from {evidence.rate}"
    return Band(low, high, label) if low < high else None


def _better(direction: str) -> Literal["lower", "higher"]:
    return "lower" if direction == "minimize" else "higher"


def _score_axis(values: Sequence[float], name: str, better: str) -> Axis:
    """An axis that leaves out scores so bad that they would flatten all others."""
    if better == "lower":
        limit = upper_limit(values)
        return Axis.around([min(limit, value) for value in values], name)
    limit = -upper_limit([-value for value in values])
    return Axis.around([max(limit, value) for value in values], name)


def _rate_axis(rates: Sequence[float]) -> Axis:
    return Axis.around(rates, RATE, log=True)


def _epoch_axis(last: float) -> Axis:
    last = max(2, last)
    room = 0.02 * (last - 1)
    return Axis(1 - room, last + room, "epoch", whole=True)


def _curve(record: TrialRecord) -> list[tuple[int, float]]:
    return [(e, s) for e, s in sorted(record.scores.items()) if math.isfinite(s)]

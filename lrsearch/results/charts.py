"""The charts of a report: score against rate, learning curves, the second phase."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence

from lrsearch.evidence import Evidence
from lrsearch.exploit import Exploit
from lrsearch.rate import Rate
from lrsearch.results.search_like import SearchLike
from lrsearch.results.svg import Axis, Chart, upper_limit
from lrsearch.results.table import round_scores
from lrsearch.trial import Round, TrialRecord

__all__ = ["curves_chart", "exploit_chart", "round_charts"]

MOST_CURVES = 60
_LEAST_INVERTED = 1e-300


def round_charts(
    search: SearchLike, round: Round, evidence: Evidence | None, name: str
) -> list[tuple[str, str]]:
    """Score against rate, and 1/score where the paper's view makes sense.

    Returns
    -------
    list of (str, str)
        Caption and SVG of each chart; empty where the round has no finite score.
    """
    scores = [(rate, score) for rate, score in round_scores(search, round) if rate]
    known = [(rate, score) for rate, score in scores if score is not None]
    if not known:
        return []
    charts = [("", _round_chart(search, round, scores, evidence, name, inverse=False))]
    if search.direction == "minimize" and all(score > _LEAST_INVERTED for _, score in known):
        inverted = _round_chart(search, round, scores, evidence, name, inverse=True)
        charts.append(("1/" + name + ", higher is better", inverted))
    return charts


def _round_chart(
    search: SearchLike,
    round: Round,
    scores: Sequence[tuple[Rate, float | None]],
    evidence: Evidence | None,
    name: str,
    inverse: bool,
) -> str:
    known = [(rate, score) for rate, score in scores if score is not None]
    shown = [1 / score if inverse else score for _, score in known]
    y_name = f"1/{name}" if inverse else name
    direction = "maximize" if inverse else search.direction
    chart = Chart(
        f"Round {round.number}: {y_name} against rate",
        Axis.around([float(rate) for rate, _ in scores], "rate", log=True),
        _score_axis(shown, y_name, direction),
    )
    if evidence is not None:
        chart.band(
            evidence.low,
            evidence.high,
            f"{evidence.low} to {evidence.high}: not to be told apart from {evidence.rate}",
        )
    for rate, score in scores:
        label = f"rate {rate}: {_number(score)}"
        if score is None:
            chart.cross(rate, label, upper=direction == "minimize")
            continue
        value = 1 / score if inverse else score
        chart.dot(rate, value, label, "kept" if rate in round.kept else "")
        if rate == search.rate:
            chart.ring(rate, value)
    return chart.svg()


def curves_chart(search: SearchLike, name: str) -> tuple[str, str] | None:
    """The learning curves of the best trials, coloured by rate; with a caption."""
    sign = 1 if search.direction == "minimize" else -1
    trials = [r for r in search.trials if len(_finite(r)) > 1]
    trials.sort(key=lambda r: (r.score is None, sign * (r.score or 0.0)))
    left_out = len(trials) - MOST_CURVES
    trials = trials[:MOST_CURVES]
    if not trials:
        return None
    rates = [record.rate for record in trials if record.rate]
    low, high = min(rates, default=Rate(1)), max(rates, default=Rate(1))
    values = [score for record in trials for _, score in _finite(record)]
    last = max(epoch for record in trials for epoch, _ in _finite(record))
    chart = Chart(
        "Learning curves by rate",
        Axis(1, max(2, last), "epoch", whole=True),
        _score_axis(values, name, search.direction),
    )
    for record in reversed(trials):
        best = search.best is not None and record.number == search.best.number
        style = 'data-kind="best"' if best else f'stroke="{_colour(record.rate, low, high)}"'
        label = f"trial {record.number}, rate {record.rate}: best {_number(record.score)}"
        chart.line(_finite(record), label, style)
    caption = (
        f'<span class="ramp" aria-hidden="true"></span> rates from {html.escape(str(low))} to '
        f"{html.escape(str(high))}; the best trial is drawn thick"
    )
    if left_out > 0:
        caption += f"; the {left_out} worst of {left_out + len(trials)} are left out"
    return caption, chart.svg()


def exploit_chart(exploit: Exploit, name: str) -> str | None:
    """Score against step, a line for each turn, the best step ringed."""
    known = [
        (step, score)
        for step, score in exploit.history
        if score is not None and math.isfinite(score)
    ]
    if not known:
        return None
    chart = Chart(
        f"Phase 2: {name} against epoch",
        Axis(1, max(2, exploit.spent), "epoch", whole=True),
        _score_axis([score for _, score in known], name, exploit.direction),
    )
    for turn in sorted({step.turn for step, _ in known}):
        points = [(step.number + 1, score) for step, score in known if step.turn == turn]
        rate = next(step.rate for step, _ in known if step.turn == turn)
        chart.line(points, f"turn {turn}, rate {rate}", f'data-kind="turn{turn % 2}"')
        if len(points) == 1:
            chart.dot(*points[0], f"turn {turn}, rate {rate}")
    if exploit.best_step is not None and exploit.best_score is not None:
        chart.ring(exploit.best_step + 1, exploit.best_score)
    return chart.svg()


def _score_axis(values: Sequence[float], name: str, direction: str) -> Axis:
    if direction == "minimize":
        limit = upper_limit(values)
        return Axis.around([min(limit, value) for value in values], name)
    limit = -upper_limit([-value for value in values])
    return Axis.around([max(limit, value) for value in values], name)


def _finite(record: TrialRecord) -> list[tuple[float, float]]:
    return [(e, s) for e, s in sorted(record.scores.items()) if math.isfinite(s)]


def _colour(rate: Rate, low: Rate, high: Rate) -> str:
    """From blue for low rates to red for high ones; zero is grey."""
    if not rate:
        return "#888"
    part = 0.5 if low == high else math.log(rate / low) / math.log(high / low)
    return f"hsl({round(225 - 210 * part)} 75% 52%)"


def _number(score: float | None) -> str:
    return "diverged" if score is None else f"{score:.6g}"

"""The pictures of a search, drawn by matplotlib."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lrsearch.exploit import Exploit
from lrsearch.files import replacing
from lrsearch.rate import Rate
from lrsearch.results.search_like import SearchLike
from lrsearch.results.table import round_scores
from lrsearch.trial import Round

__all__ = ["figures", "write_figures"]


def figures(
    search: SearchLike, exploit: Exploit | None = None, name: str = "score"
) -> dict[str, Any]:
    """The pictures that the paper shows, as matplotlib figures.

    Parameters
    ----------
    search : Search or Study
        The first phase.
    exploit : Exploit, optional
        The second phase.
    name : str
        What the score is called on the axes.

    Returns
    -------
    dict of str to matplotlib.figure.Figure
        "round_1", …: score against rate (the paper's figures 1 to 3); "round_1_inverse", …: the
        same as 1/score, higher is better, where scores are minimised and all above 0;
        "learning_curves"; "exploit": score against epoch (figure 4).

    Raises
    ------
    ImportError
        If matplotlib is not installed.
    """
    _require_matplotlib()
    made = {}
    for round in search.rounds:
        scores = round_scores(search, round)
        finite = [(rate, score) for rate, score in scores if score is not None and rate]
        if not finite:
            continue
        key = f"round_{round.number}"
        made[key] = _round_figure(search, round, scores, name, inverse=False)
        if search.direction == "minimize" and all(score > 0 for _, score in finite):
            made[f"{key}_inverse"] = _round_figure(search, round, scores, name, inverse=True)
    if any(len(record.scores) > 1 for record in search.trials):
        made["learning_curves"] = _curves_figure(search, name)
    if exploit is not None and any(score is not None for _, score in exploit.history):
        made["exploit"] = _exploit_figure(exploit, name)
    return made


def write_figures(directory: str | os.PathLike[str], made: dict[str, Any]) -> list[Path]:
    """Save figures as PNG files, each whole or not at all; their paths."""
    paths = []
    for name, figure in made.items():
        path = Path(directory) / f"{name}.png"
        with replacing(path) as temporary:
            figure.savefig(temporary, dpi=120, format="png")
        paths.append(path)
    return paths


def _require_matplotlib() -> None:
    try:
        import matplotlib  # noqa: F401
    except ImportError as error:
        raise ImportError('figures need matplotlib: pip install "lrsearch[plot]"') from error


def _axes(title: str, x: str, y: str) -> tuple[Any, Any]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.2, 4.2), layout="constrained")
    axes = figure.add_subplot()
    axes.set_title(title, loc="left")
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    axes.grid(alpha=0.25, which="both", linewidth=0.6)
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def _round_figure(
    search: SearchLike,
    round: Round,
    scores: Sequence[tuple[Rate, float | None]],
    name: str,
    inverse: bool,
) -> Any:
    shown = f"1 / {name}" if inverse else name
    better = "higher" if inverse or search.direction == "maximize" else "lower"
    place = "" if round.place is None else f", place {round.place}"
    figure, axes = _axes(
        f"Round {round.number}{place}", "learning rate", f"{shown} ({better} is better)"
    )
    points = sorted((rate, score) for rate, score in scores if score is not None and rate)
    rates = [float(rate) for rate, _ in points]
    values = [1 / score if inverse else score for _, score in points]
    axes.plot(rates, values, "o-", color="#2a6f97", markersize=4.5, linewidth=1.2)
    kept = [(r, v) for (r, _), v in zip(points, values, strict=True) if r in round.kept]
    if kept:
        axes.plot(
            [float(r) for r, _ in kept], [v for _, v in kept],
            "o", color="#d1495b", markersize=8, label="kept",
        )  # fmt: skip
        for index, (rate, value) in enumerate(kept):
            axes.annotate(
                str(rate), (float(rate), value), textcoords="offset points",
                xytext=(0, 10 if index % 2 == 0 else -16), ha="center", color="#d1495b",
                bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.7, "pad": 0.5},
            )  # fmt: skip
    diverged = [float(rate) for rate, score in scores if score is None and rate]
    if diverged:
        bottom, top = min(values), max(values)
        worst = bottom if better == "higher" else top
        axes.plot(diverged, [worst] * len(diverged), "x", color="#777777", label="diverged")
    low, high = _limits(values, better == "lower")
    if low < high:
        margin = 0.12 * (high - low)
        axes.set_ylim(low - margin, high + margin)
        if high < max(values) or low > min(values):
            axes.annotate(
                "rates far off lie outside the picture", (0.99, 0.02), xycoords="axes fraction",
                ha="right", fontsize=8, color="#777777",
            )  # fmt: skip
    _rate_axis(axes, [*rates, *diverged])
    if kept or diverged:
        axes.legend(frameon=False)
    return figure


def _rate_axis(axes: Any, rates: Sequence[float]) -> None:
    """A log axis whose ticks are decimals of the rates' own size."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    axes.set_xscale("log")
    span = math.log10(max(rates) / min(rates)) if rates else 0
    tick = FuncFormatter(lambda value, _: str(Rate(f"{value:.3g}")) if value > 0 else "")
    axes.xaxis.set_major_formatter(tick)
    if span < 1.2:
        axes.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0)))
    if span < 0.5:
        from matplotlib.ticker import MaxNLocator

        axes.xaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 2.5, 5, 10]))
    axes.xaxis.set_minor_formatter(NullFormatter())


def _limits(values: Sequence[float], lower_is_better: bool) -> tuple[float, float]:
    """Limits that leave out scores so bad that they would flatten all others."""
    sign = 1 if lower_is_better else -1
    losses = sorted(sign * value for value in values)
    reach = 4 * (losses[len(losses) // 2] - losses[0])
    shown = [loss for loss in losses if loss <= losses[0] + reach] if reach > 0 else losses
    low, high = sorted((sign * shown[0], sign * shown[-1]))
    return low, high


def _curves_figure(search: SearchLike, name: str) -> Any:
    from matplotlib import colormaps
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import LogNorm

    figure, axes = _axes("Learning curves by rate", "epoch", name)
    records = [record for record in search.trials if record.rate and record.scores]
    rates = [float(record.rate) for record in records]
    norm = LogNorm(min(rates), max(rates) if max(rates) > min(rates) else 2 * min(rates))
    for record in records:
        points = sorted(record.scores.items())
        axes.plot(
            [epoch for epoch, _ in points], [score for _, score in points],
            color=colormaps["viridis"](norm(float(record.rate))), linewidth=0.9, alpha=0.8,
        )  # fmt: skip
    finite = [s for record in records for s in record.scores.values() if math.isfinite(s)]
    if finite:
        low, high = _limits(finite, search.direction == "minimize")
        if low < high:
            axes.set_ylim(low - 0.05 * (high - low), high + 0.05 * (high - low))
    figure.colorbar(ScalarMappable(norm, "viridis"), ax=axes, label="learning rate")
    return figure


def _exploit_figure(exploit: Exploit, name: str) -> Any:
    better = "lower" if exploit.direction == "minimize" else "higher"
    figure, axes = _axes("Phase 2, exploit", "epoch", f"{name} ({better} is better)")
    turns: dict[int, list[tuple[int, float]]] = {}
    peaks: dict[int, float] = {}
    for step, score in exploit.history:
        peaks.setdefault(step.turn, step.rate)
        if score is not None:
            turns.setdefault(step.turn, []).append((step.number + 1, score))
    for turn, points in turns.items():
        label = f"rate {Rate(f'{peaks[turn]:.4g}')}" if turn < 6 else None
        axes.plot(*zip(*points, strict=True), "-", linewidth=1.2, label=label, marker=".")
    if exploit.best_score is not None and exploit.best_step is not None:
        axes.plot(
            exploit.best_step + 1, exploit.best_score, "o", color="#d1495b",
            label=f"best {exploit.best_score:.5g}",
        )  # fmt: skip
    axes.legend(frameon=False)
    return figure

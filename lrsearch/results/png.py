"""The charts of a search, drawn by matplotlib."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lrsearch.exploit import Exploit
from lrsearch.files import replacing
from lrsearch.results.axes import Axis
from lrsearch.results.chart import Chart, Point
from lrsearch.results.charts import charts_of
from lrsearch.results.search_like import SearchLike

__all__ = ["figures", "write_figures"]

X_CHARACTERS = 75
_LABELLED = 6
_BLUE, _RED, _GREY = "#2a6f97", "#d1495b", "#777777"


def figures(
    search: SearchLike, exploit: Exploit | None = None, name: str = "score"
) -> dict[str, Any]:
    """The charts, as matplotlib figures.

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
    try:
        import matplotlib  # noqa: F401
    except ImportError as error:
        raise ImportError('figures need matplotlib: pip install "lrsearch[plot]"') from error
    return {chart.key: figure(chart) for chart in charts_of(search, exploit, name)}


def write_figures(directory: str | os.PathLike[str], made: dict[str, Any]) -> list[Path]:
    """Save figures as PNG files, each whole or not at all; their paths."""
    paths = []
    for name, drawn in made.items():
        path = Path(directory) / f"{name}.png"
        with replacing(path) as temporary:
            drawn.savefig(temporary, dpi=120, format="png")
        paths.append(path)
    return paths


def figure(chart: Chart) -> Any:
    """One chart as a matplotlib figure."""
    from matplotlib.figure import Figure

    drawn = Figure(figsize=(7.2, 4.2), layout="constrained")
    axes = drawn.add_subplot()
    axes.set_title(chart.title, loc="left")
    axes.set_ylabel(f"{chart.y.name} ({chart.better} is better)")
    axes.set_xlabel(chart.x.name)
    axes.grid(alpha=0.25, linewidth=0.6)
    axes.spines[["top", "right"]].set_visible(False)
    if chart.x.log:
        axes.set_xscale("log")
    _set_axis(axes.xaxis, axes.set_xlim, chart.x, X_CHARACTERS)
    _set_axis(axes.yaxis, axes.set_ylim, chart.y)
    if chart.band is not None:
        axes.axvspan(chart.band.low, chart.band.high, color=_BLUE, alpha=0.12, linewidth=0)
    _draw_lines(drawn, axes, chart)
    _draw_points(axes, chart)
    if axes.get_legend_handles_labels()[1]:
        axes.legend(frameon=False)
    return drawn


def _set_axis(
    matplotlib_axis: Any, set_limits: Any, axis: Axis, characters: float = math.inf
) -> None:
    from matplotlib.ticker import FixedFormatter, FixedLocator, NullLocator

    set_limits(axis.low, axis.high)
    ticks = axis.ticks(characters)
    matplotlib_axis.set_major_locator(FixedLocator([float(value) for value, _ in ticks]))
    matplotlib_axis.set_major_formatter(FixedFormatter([label for _, label in ticks]))
    matplotlib_axis.set_minor_locator(NullLocator())


def _draw_lines(drawn: Any, axes: Any, chart: Chart) -> None:
    from matplotlib import colormaps
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import LogNorm

    for line in chart.lines:
        style: dict[str, Any] = {"color": _GREY, "linewidth": 1.0}
        if line.series is not None:
            label = line.label if line.series < _LABELLED else None
            style = {"label": label, "marker": ".", "linewidth": 1.2}
        elif line.best:
            style = {"color": "black", "linewidth": 2.4}
        elif line.tint is not None:
            style["color"] = colormaps["viridis"](line.tint)
        axes.plot(*zip(*line.points, strict=True), **style)
    if chart.scale is not None:
        low, high = map(float, chart.scale)
        norm = LogNorm(low, high if high > low else 2 * low)
        drawn.colorbar(ScalarMappable(norm, "viridis"), ax=axes, label="learning rate")


def _draw_points(axes: Any, chart: Chart) -> None:
    """The points, joined where there are no lines; at an edge those that lie beyond it."""
    points = sorted(chart.points, key=lambda point: point.x)
    finite = [point for point in points if point.y is not None]
    within = [point for point in finite if not chart.beyond(point)]
    kept = [point for point in within if point.kept]
    if finite and not chart.lines:
        axes.plot([float(p.x) for p in finite], [p.y for p in finite], color=_BLUE, linewidth=1.2)

    def mark(chosen: Sequence[Point], marker: str, **style: Any) -> None:
        if chosen:
            xs, ys = [float(p.x) for p in chosen], [chart.height(p) for p in chosen]
            axes.plot(xs, ys, marker, **style)

    mark(within, "o", color=_BLUE, markersize=4.5)
    mark(kept, "o", color=_RED, markersize=8, label="kept")
    for index, point in enumerate(kept):
        away = 10 + 12 * (index % 2)
        low = chart.y.part(chart.height(point)) < 0.5
        axes.annotate(
            str(point.x), (point.x, chart.height(point)), textcoords="offset points",
            xytext=(0, away if low else -away - 6), ha="center", color=_RED,
            bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.7, "pad": 0.5},
        )  # fmt: skip
    for point in within:
        if point.best:
            mark([point], "o", label=point.label, mfc="none", mec="black", markersize=13)
    for beyond, marker in ((1, "^"), (-1, "v")):
        far = [point for point in finite if chart.beyond(point) == beyond]
        mark(far, marker, color=_BLUE, label="beyond the chart", clip_on=False)
    diverged = [point for point in points if point.y is None]
    mark(diverged, "x", color=_GREY, label="diverged", clip_on=False)

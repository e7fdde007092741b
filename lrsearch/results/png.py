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
from lrsearch.results.chart import COLOURS, Chart, Point, Scale
from lrsearch.results.charts import charts_of, exploit_chart, search_chart
from lrsearch.results.search_like import SearchLike

__all__ = ["figure", "figures", "plot", "plot_phases", "plot_search", "write_figures"]

_CHARACTERS = 11.5
"""How many characters of a tick's label an inch holds."""
_WIDTH, _HEIGHT, _BELOW = 7.2, 4.4, 1.8
_LABELLED = 5
_BLUE, _RED, _GREY, _INK = "#0072b2", "#d55e00", "#8a8a8a", "#222222"
_TURNS = (_BLUE, _RED)
_STYLE: dict[Any, Any] = {"svg.hashsalt": "lrsearch", "svg.fonttype": "none"}


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
        "race": score against rate after so many epochs. Or, of a search that is no race, "rounds":
        score against rate, all rounds in one; "round_1", …: each (the paper's figures 1 to 3);
        "round_1_inverse", …: the same as 1/score, higher is better, where scores are minimised and
        all above 0. Of both "learning_curves", and "exploit": score and rate against epoch
        (figure 4).

    Raises
    ------
    ImportError
        If matplotlib is not installed.
    """
    _require()
    return {chart.key: figure(chart) for chart in charts_of(search, exploit, name)}


def write_figures(directory: str | os.PathLike[str], made: dict[str, Any]) -> list[Path]:
    """Save figures as PNG and SVG files, each whole or not at all; their paths."""
    from matplotlib import rc_context

    paths = []
    for name, drawn in made.items():
        for kind, options in (("png", {"dpi": 120}), ("svg", {"metadata": {"Date": None}})):
            path = Path(directory) / f"{name}.{kind}"
            with replacing(path) as temporary, rc_context(_STYLE):
                drawn.savefig(temporary, format=kind, **options)
            paths.append(path)
    return paths


def plot_search(search: SearchLike, ax: Any = None, name: str = "score") -> Any:
    """Draw all rates of a search; the axes. `Search.plot` says more."""
    return plot(_scored(search, name), ax)


def plot_phases(search: SearchLike, exploit: Exploit | None, name: str = "score") -> Any:
    """Draw both phases on one figure; an array of its axes. `Explorer.plot` says more."""
    import numpy as np

    explored = _scored(search, name)
    exploited = None if exploit is None else exploit_chart(exploit, name)
    charts = [chart for chart in (explored, exploited) if chart is not None]
    return np.array(_draw_charts(_shown_figure(charts), charts), dtype=object)


def plot(chart: Chart, ax: Any = None) -> Any:
    """Draw a chart on axes, by default on those of a figure that a notebook shows."""
    if ax is None:
        return _draw_charts(_shown_figure([chart]), [chart])[0]
    _draw(ax, chart)
    _legend(ax)
    return ax


def figure(chart: Chart) -> Any:
    """One chart as a matplotlib figure that pyplot does not know of."""
    from matplotlib.figure import Figure

    drawn = Figure(figsize=_size([chart]), layout="constrained")
    _draw_charts(drawn, [chart])
    return drawn


def _scored(search: SearchLike, name: str) -> Chart:
    chart = search_chart(search, name)
    if chart is None:
        raise RuntimeError("there is nothing to draw yet: no rate above 0 has a finite score")
    return chart


def _shown_figure(charts: Sequence[Chart]) -> Any:
    _require()
    from matplotlib import pyplot

    return pyplot.figure(figsize=_size(charts), layout="constrained")


def _require() -> None:
    try:
        import matplotlib  # noqa: F401
    except ImportError as error:
        raise ImportError('figures need matplotlib: pip install "lrsearch[plot]"') from error


def _size(charts: Sequence[Chart]) -> tuple[float, float]:
    return _WIDTH, sum(_heights(charts))


def _heights(charts: Sequence[Chart]) -> list[float]:
    return [
        height for c in charts for height in ([_HEIGHT] if c.below is None else [_HEIGHT, _BELOW])
    ]


def _draw_charts(drawn: Any, charts: Sequence[Chart]) -> list[Any]:
    """Charts under each other, each with what belongs below it; all axes."""
    heights = _heights(charts)
    grid = drawn.subplots(len(heights), 1, height_ratios=heights, squeeze=False)[:, 0]
    places = iter(grid)
    for chart in charts:
        axes = next(places)
        _draw(axes, chart)
        if chart.below is not None:
            lower = next(places)
            lower.sharex(axes)
            _draw(lower, chart.below, title=False)
            axes.set_xlabel("")
            axes.tick_params(labelbottom=False)
        _legend(axes, below=chart.below is None)
    return list(grid)


def _draw(axes: Any, chart: Chart, title: bool = True) -> None:
    if title:
        axes.set_title(chart.title, loc="left", fontsize=11)
    better = "" if chart.better is None else f" ({chart.better} is better)"
    axes.set_ylabel(chart.y.name + better)
    axes.set_xlabel(chart.x.name)
    axes.grid(alpha=0.25, linewidth=0.6)
    axes.spines[["top", "right"]].set_visible(False)
    if chart.x.log:
        axes.set_xscale("log")
    wide = axes.get_window_extent().width / axes.figure.dpi
    _set_axis(axes.xaxis, axes.set_xlim, chart.x, wide * _CHARACTERS)
    _set_axis(axes.yaxis, axes.set_ylim, chart.y)
    if chart.band is not None:
        axes.axvspan(
            chart.band.low, chart.band.high, color=_BLUE, alpha=0.13, linewidth=0,
            label="the best rate may lie here",
        )  # fmt: skip
    _draw_lines(axes, chart)
    _draw_points(axes, chart)
    if chart.scale is not None:
        _draw_scale(axes, chart.scale)


def _set_axis(
    matplotlib_axis: Any, set_limits: Any, axis: Axis, characters: float = math.inf
) -> None:
    from matplotlib.ticker import FixedFormatter, FixedLocator, NullLocator

    set_limits(axis.low, axis.high)
    ticks = axis.ticks(characters)
    matplotlib_axis.set_major_locator(FixedLocator([float(value) for value, _ in ticks]))
    matplotlib_axis.set_major_formatter(FixedFormatter([label for _, label in ticks]))
    matplotlib_axis.set_minor_locator(NullLocator())


def _colours() -> Any:
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("lrsearch", COLOURS)


def _draw_lines(axes: Any, chart: Chart) -> None:
    colours = _colours()
    for line in chart.lines:
        style: dict[str, Any] = {"color": _GREY, "linewidth": 0.9, "alpha": 0.5}
        if line.series is not None:
            label = line.label if line.series < _LABELLED else None
            style = {"label": label, "marker": ".", "color": _TURNS[line.series % 2]}
        elif line.best:
            style = {"color": _INK, "linewidth": 2.4, "label": line.label, "zorder": 2.5}
        elif line.tint is not None:
            style = {"color": colours(line.tint), "linewidth": 1.5}
        axes.plot(*zip(*line.points, strict=True), **style)


def _draw_scale(axes: Any, scale: Scale) -> None:
    from matplotlib.cm import ScalarMappable

    bar = axes.figure.colorbar(ScalarMappable(cmap=_colours()), ax=axes, label=scale.name)
    bar.set_ticks([at for at, _ in scale.ticks], labels=[label for _, label in scale.ticks])
    bar.outline.set_visible(False)


def _draw_points(axes: Any, chart: Chart) -> None:
    """The points, joined where there are no lines; at an edge those that lie beyond it."""
    points = sorted(chart.points, key=lambda point: point.x)
    within = [point for point in points if point.y is not None and not chart.beyond(point)]
    kept = [point for point in within if point.kept]
    if not chart.lines:
        finite = [point for point in points if point.y is not None]
        heights = [math.nan if chart.beyond(point) else point.y for point in finite]
        axes.plot([float(point.x) for point in finite], heights, color=_BLUE, linewidth=1.0)
    for point in within:
        if point.error:
            ends = point.y - point.error, point.y + point.error  # type: ignore[operator]
            axes.vlines(float(point.x), *ends, color=_GREY, linewidth=1.0, zorder=1.9)
    colours = _colours()

    def mark(chosen: Sequence[Point], marker: str, **style: Any) -> None:
        if chosen:
            xs, ys = [float(p.x) for p in chosen], [chart.height(p) for p in chosen]
            axes.plot(xs, ys, marker, **style)

    mark([p for p in within if p.tint is None], "o", color=_BLUE, markersize=4.5)
    for point in within:
        if point.tint is not None:
            mark([point], "o", color=colours(point.tint), markersize=5)
    rates = ", ".join(str(point.x) for point in kept)
    mark(kept, "D", color=_RED, markersize=7, label=f"kept: {rates}")
    for point in within:
        if point.best:
            mark([point], "o", label=point.label, mfc="none", mec=_INK, markersize=13)
    for beyond, marker in ((1, "^"), (-1, "v")):
        far = [p for p in points if p.y is not None and chart.beyond(p) == beyond]
        mark(far, marker, color=_BLUE, label="beyond the chart", clip_on=False)
    diverged = [point for point in points if point.y is None]
    mark(diverged, "x", color=_RED, label="diverged", clip_on=False)


def _legend(axes: Any, below: bool = False) -> None:
    """What the marks mean, under the axes where nothing is drawn."""
    handles, labels = axes.get_legend_handles_labels()
    unique = dict(zip(labels, handles, strict=True))
    if not unique:
        return
    place: dict[str, Any] = {"loc": "best"}
    if below:
        place = {"loc": "upper left", "bbox_to_anchor": (0, -0.14), "borderaxespad": 0}
    axes.legend(
        unique.values(), unique.keys(), frameon=not below, ncols=2 if below else 1,
        fontsize="small", **place,
    )  # fmt: skip

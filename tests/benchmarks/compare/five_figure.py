"""The picture of docs/comparison.md: every row against the default's cosine, task by task."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tests.benchmarks.compare.five_table import ROWS, Results, ratios, task_means

__all__ = ["figure"]

MOST = 25
"""Per cent; what is further away is drawn at the edge, as a triangle."""


def figure(path: Path, all_results: Sequence[Results]) -> None:
    """A column of points a task, a line a row, the mean over tasks beside them."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    rows = [row for row in ROWS if any(ratios(results, row) for results in all_results)]
    drawing, panels = pyplot.subplots(
        1, 1 + len(all_results), sharey=True, figsize=(14, 0.42 * len(rows) + 1.6)
    )
    for axes, results in zip(panels, all_results, strict=False):
        axes.set_title(results.plan.title, fontsize=10)
        for order, length in enumerate(results.plan.lengths):
            percents = [ratios(results, row).get(length) for row in rows]
            _points(axes, percents, 0.2 * (order - 1.5), _color(order), "o")
    panels[-1].set_title("mean over tasks", fontsize=10)
    means = [float(np.nanmean(task_means(all_results, row))) for row in rows]
    _points(panels[-1], means, 0, "black", "D")
    for axes in panels:
        axes.axvline(0, color="0.6", lw=1, zorder=0)
        axes.set(xlim=(-MOST * 1.15, MOST * 1.15), xlabel="% of the loss")
        axes.tick_params(axis="x", labelsize=8)
        axes.tick_params(axis="y", length=0)
        axes.spines[["top", "right", "left"]].set_visible(False)
        for place in range(1, len(rows)):
            axes.axhline(place - 0.5, color="0.93", lw=0.8, zorder=0)
    titles = [row.title.replace("*", "").replace("`", "") for row in rows]
    panels[0].set_yticks(range(len(rows)), titles, fontsize=9)
    panels[0].set_ylim(len(rows) - 0.5, -0.5)
    for label, row in zip(panels[0].get_yticklabels(), rows, strict=True):
        label.set_fontweight("bold" if row.name == "ours" else "normal")
    handles = [
        pyplot.Line2D([], [], marker="o", ls="", color=_color(order), ms=6) for order in range(4)
    ]
    names = ["shortest training", "second", "third", "longest"]
    drawing.legend(handles, names, loc="lower center", ncols=4, frameon=False, fontsize=9)
    drawing.suptitle(
        "Best validation loss against the default rate's cosine of as many epochs "
        "(left of the line is better)", fontsize=11,
    )  # fmt: skip
    drawing.tight_layout(rect=(0, 0.04, 1, 1), w_pad=0.6)
    drawing.savefig(path, dpi=100)
    pyplot.close(drawing)


def _points(
    axes: Any, found: Sequence[float | None], shift: float, color: Any, marker: str
) -> None:
    """A point a row, at its ratio in per cent."""
    for place, ratio in enumerate(found):
        if ratio is None or np.isnan(ratio):
            continue
        percent = 100 * (ratio - 1)
        x = float(np.clip(percent, -MOST, MOST))
        shown = marker if x == percent else ">" if percent > 0 else "<"
        axes.plot(x, place + shift, shown, color=color, ms=4.5, clip_on=False)


def _color(order: int) -> Any:
    """Of the lengths: light and dark for whoever sees no colours."""
    from matplotlib import pyplot

    return pyplot.get_cmap("viridis")(0.28 * order)

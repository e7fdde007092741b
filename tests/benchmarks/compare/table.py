"""The comparison as a table and a picture."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

__all__ = ["figure", "table"]

Rows = Mapping[str, Sequence[Mapping[str, Any]]]

FAMILIES = ("cosine annealing", "cosine annealing, moments forgotten", "LRExplorerCallback()")


def table(title: str, rows: Rows, budgets: Sequence[int], goal: float | None) -> str:
    """Markdown: the best validation score within so many epochs, mean ± spread over inits.

    A score that misses the goal is marked by ✗; "–": the way has ended by then.
    """
    head = ["how the rate is set", *map(str, budgets), "test", "epochs", "rates"]
    lines = [f"### {title}", "", "| " + " | ".join(head) + " |", "| --- " * len(head) + "|"]
    for name, runs in rows.items():
        cells = [_cell([best_within(run, n) for run in runs], goal) for n in budgets]
        spent = np.mean([len(run["scores"]) + run["before"] for run in runs])
        rates = ", ".join(dict.fromkeys(str(run["rate"]) for run in runs))
        test = _cell([_number(run["test"]) for run in runs], None)
        lines.append("| " + " | ".join([name, *cells, test, f"{spent:.0f}", rates]) + " |")
    if goal is not None:
        lines += ["", f"✗: misses the paper's goal of {goal:g}."]
    return "\n".join(lines) + "\n"


def best_within(run: Mapping[str, Any], epochs: int) -> float | None:
    """A run's best score in its first epochs; None where it has none or ended before."""
    scores = [_number(score) for score in run["scores"]]
    first = max(0, epochs - math.ceil(run["before"]))
    if not scores[:first] or len(scores) + run["before"] < 0.75 * epochs:
        return None
    return min((score for score in scores[:first] if math.isfinite(score)), default=math.nan)


def figure(path: Path, title: str, rows: Rows) -> None:
    """The best score against all epochs spent, mean and spread over inits.

    Ways that were measured at several lengths are lines, all others points with their names.
    """
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    ends = {name: _end(runs) for name, runs in rows.items()}
    low = min(end.score for end in ends.values())
    top = low + 3 * (float(np.median([end.score for end in ends.values()])) - low)
    drawing, axes = pyplot.subplots(figsize=(10, 6))
    singles = {name: end for name, end in ends.items() if not _family(name)}
    for color, family in zip(("C1", "C7", "C0"), FAMILIES, strict=True):
        line = [end for name, end in ends.items() if _family(name) == family]
        if line:
            x, y, spread = zip(*line, strict=True)
            axes.errorbar(x, y, spread, color=color, marker="o", capsize=3, label=family, lw=2)
    places = _spread_out([min(end.score, top) for end in singles.values()], (top - low) / 24)
    right = 1.25 * max(end.epochs for end in ends.values())
    for (name, end), place in zip(singles.items(), places, strict=True):
        y = min(end.score, top)
        above = f" ({end.score:.4g})" if end.score > top else ""
        axes.plot(end.epochs, y, "^" if above else "s", color="0.3", ms=5, clip_on=False)
        axes.annotate(
            name + above, (end.epochs, y), (right, place), fontsize=8, va="center",
            arrowprops={"arrowstyle": "-", "color": "0.75", "lw": 0.8}, annotation_clip=False,
        )  # fmt: skip
    axes.set(xscale="log", xlabel="epochs spent, the search included",
             ylabel="best validation score", ylim=(low - 0.08 * (top - low), top))  # fmt: skip
    ticks = _apart(sorted(round(end.epochs) for end in ends.values()), 1.5)
    axes.set_xticks(ticks, [f"{tick:,}" for tick in ticks])
    axes.minorticks_off()
    axes.set_title(title, pad=24)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(loc="upper center", frameon=False)
    drawing.savefig(path, dpi=110, bbox_inches="tight")
    pyplot.close(drawing)


class End(NamedTuple):
    """Where a way to set the rate ended: means over inits, and the spread of the score."""

    epochs: float
    score: float
    spread: float


def _end(runs: Sequence[Mapping[str, Any]]) -> End:
    scores = [np.nanmin([_number(score) for score in run["scores"]]) for run in runs]
    epochs = np.mean([len(run["scores"]) + run["before"] for run in runs])
    return End(float(epochs), float(np.mean(scores)), float(np.std(scores)))


def _family(name: str) -> str:
    """The line that a row belongs to; "" where it is alone."""
    if name.startswith("cosine annealing"):
        return FAMILIES[1] if "forgotten" in name else FAMILIES[0]
    return FAMILIES[2] if name.startswith(FAMILIES[2]) else ""


def _apart(values: Sequence[int], ratio: float) -> list[int]:
    """Those of ascending values that are at least so much larger than the one before."""
    kept: list[int] = []
    for value in values:
        if not kept or value >= ratio * kept[-1]:
            kept.append(value)
    return kept


def _spread_out(heights: Sequence[float], least: float) -> list[float]:
    """Heights for labels, at least so far apart, in the order of what they belong to."""
    placed = [0.0] * len(heights)
    last = -math.inf
    for index in np.argsort(heights):
        placed[index] = last = max(heights[index], last + least)
    return placed


def _cell(values: Sequence[float | None], goal: float | None) -> str:
    known = [value for value in values if value is not None]
    if not known:
        return "–"
    if not all(map(math.isfinite, known)):
        return "diverged"
    mean = float(np.mean(known))
    digits = 2 if mean >= 10 else 4
    missed = " ✗" if goal is not None and mean > goal else ""
    return f"{mean:.{digits}f} ± {np.std(known):.{digits}f}{missed}"


def _number(value: Any) -> float:
    return math.nan if value is None else float(value)

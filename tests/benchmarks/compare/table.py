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
STYLES = dict(
    zip((*FAMILIES, ""), (("#E69F00", "o"), ("#CC79A7", "v"), ("#0072B2", "D"), ("0.35", "s")),
        strict=True)
)  # fmt: skip
"""Colours that the colour-blind tell apart (Okabe and Ito), and markers."""


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
    """The best score of each way, mean and spread over inits, the best on top.

    Ways that were measured at several lengths have a colour and a marker each; a score that is
    far off is drawn at the edge, as a triangle with its figure.
    """
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    ends = sorted(((name, _end(runs)) for name, runs in rows.items()), key=lambda e: -e[1].score)
    low = min(end.score - end.spread for _, end in ends)
    top = low + 3 * (float(np.median([end.score for _, end in ends])) - low)
    drawing, axes = pyplot.subplots(figsize=(9, 0.26 * len(ends) + 1.2))
    for place, (name, end) in enumerate(ends):
        color, marker = STYLES[_family(name)]
        if end.score > top:
            axes.plot(top, place, ">", color=color, ms=6, clip_on=False)
            axes.text(top, place, f"{end.score:.4g}   ", fontsize=8, ha="right", va="center")
        else:
            axes.errorbar(
                end.score, place, xerr=end.spread, color=color, marker=marker, capsize=3, ms=6
            )
    names = [f"{name.replace('*', '')}  ({end.epochs:,.0f} epochs)" for name, end in ends]
    axes.set_yticks(range(len(ends)), names, fontsize=8)
    axes.set(xlabel="best validation score, all epochs spent: smaller is better",
             xlim=(low - 0.02 * (top - low), top), ylim=(-0.6, len(ends) - 0.4))  # fmt: skip
    axes.set_title(title, fontsize=10, pad=12)
    axes.grid(axis="y", color="0.93")
    axes.set_axisbelow(True)
    axes.tick_params(axis="y", length=0)
    axes.spines[["top", "right", "left"]].set_visible(False)
    drawing.savefig(path, dpi=100, bbox_inches="tight")
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

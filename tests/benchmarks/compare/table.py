"""The comparison as a table and a picture."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["figure", "table"]

Rows = Mapping[str, Sequence[Mapping[str, Any]]]


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
    """The best score so far against the epochs spent, the mean over inits."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    drawing, axes = pyplot.subplots(figsize=(10, 6))
    finals = []
    for index, (name, runs) in enumerate(rows.items()):
        length = min(len(run["scores"]) for run in runs)
        curves = np.array([[_number(s) for s in run["scores"][:length]] for run in runs])
        mean = np.fmin.accumulate(curves, axis=1).mean(axis=0)
        finals.append(mean[-1])
        style = "-" if "Callback" in name else ("-." if "paper" in name else ":")
        x = np.arange(1, length + 1) + np.mean([run["before"] for run in runs])
        axes.plot(x, mean, style, label=name, color=f"C{index % 10}", lw=2 if style == "-" else 1.2)
    low, high = np.nanmin(finals), np.nanquantile(finals, 0.9)
    axes.set_ylim(low - 0.1 * (high - low), high + 1.5 * (high - low))
    axes.set(xscale="log", xlabel="epochs spent, the search included", title=title,
             ylabel="best validation score so far")  # fmt: skip
    axes.legend(fontsize=6, ncols=2)
    drawing.tight_layout()
    drawing.savefig(path, dpi=110)
    pyplot.close(drawing)


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

"""Rules for short trainings, looked up in what `short` measured.

``python -m tests.benchmarks.compare.short_table [FOLDER]`` prints a table of Markdown: a line a
number of epochs, the mean over tasks and initialisations. A rule tries some rates for an epoch
each and anneals from the best one, in the epochs that are left; everything is scored by averages.
In parts of what the cosine from the optimizer's default rate reaches without one.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np

from tests.benchmarks import measured
from tests.benchmarks.compare.short import FACTORS, LENGTHS

__all__ = ["RULES", "table"]

WEIGHTS, AVERAGE = 0, 1
RULES: dict[str, tuple[str, ...]] = {
    "none tried": ("1",),
    "1, 3": ("1", "3"),
    "**1, 10**": ("1", "10"),
    "1, 3, 10": ("1", "3", "10"),
    "1, 10, 100": ("1", "10", "100"),
    "0.3, 1, 3, 10": ("0.3", "1", "3", "10"),
    "0.3, 1, 3, 10, 30": ("0.3", "1", "3", "10", "30"),
}
EPOCHS = (5, 6, 8, 10, 12, 15, 19)


def annealed(rows: Any, epochs: int, factor: str, init: int, kind: int) -> float:
    """What annealing from a rate reaches, interpolated in its length."""
    scores = [rows[f"anneal {length} {factor}"][init][kind] for length in LENGTHS]
    return float(np.interp(epochs, LENGTHS, scores))


def reached(rows: Any, epochs: int, tried: tuple[str, ...], init: int) -> float:
    """What a rule reaches; nan where it leaves less than two epochs."""
    best, left = tried[0], epochs
    if len(tried) > 1:
        first = {factor: rows[f"constant {factor}"][init][AVERAGE][0] for factor in tried}
        best, left = min(first, key=first.__getitem__), epochs - len(tried)
    return annealed(rows, left, best, init, AVERAGE) if left >= LENGTHS[0] else np.nan


def parts(rows: Any, epochs: int) -> list[float]:
    """The best peaks known beforehand, without and with the average, then each rule."""
    inits = range(len(rows["constant 1"]))

    def mean(score: Any) -> float:
        return float(np.mean([score(init) for init in inits]))

    default = mean(lambda init: annealed(rows, epochs, "1", init, WEIGHTS))
    best = [
        min(mean(lambda i, f=f, k=kind: annealed(rows, epochs, f, i, k)) for f in FACTORS)
        for kind in (WEIGHTS, AVERAGE)
    ]
    rules = [mean(lambda i, t=tried: reached(rows, epochs, t, i)) for tried in RULES.values()]
    return [score / default for score in (*best, *rules)]


def table(folder: Path) -> str:
    """Markdown, a line a number of epochs."""
    tasks = [measured.read(path) for path in sorted(folder.glob("short-*.json.gz"))]
    names = ["best", "best average", *RULES]
    lines = ["| epochs | " + " | ".join(names) + " |", "| --- " * (len(names) + 1) + "|"]
    for epochs in EPOCHS:
        means = np.mean([parts(rows, epochs) for rows in tasks], axis=0)
        shown = ["" if np.isnan(mean) else f"{mean:.3f}" for mean in means]
        lines.append(f"| {epochs} | " + " | ".join(shown) + " |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(table(Path(sys.argv[1]) if len(sys.argv) > 1 else measured.FOLDER))

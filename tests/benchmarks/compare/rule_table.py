"""What the rule's measurements say: ``python -m tests.benchmarks.compare.rule_table FOLDER``.

A race's rate, times a factor, is looked up in what annealing reached from each peak, for the same
init and number of epochs, linearly between peaks in the logarithms. A ratio of 1 is the best peak
of all, known beforehand, with no epoch spent on finding it.
"""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["ratios", "table"]

FACTORS = (0.5, 1.0, 1.5, 2.0)
WORST = 9.0


def table(folder: Path) -> str:
    """Markdown: a line a race, a column a factor."""
    head = ["task", "epochs", "trials", "share", "full training", "rates"]
    head += [f"x {factor:g}" for factor in FACTORS]
    lines = ["| " + " | ".join(head) + " |", "| --- " * len(head) + "|"]
    for path in sorted(folder.glob("rule-*.json")):
        rows = json.loads(path.read_text())
        for key, runs in rows.items():
            if not key.startswith("race") or key.endswith(" 8"):
                continue
            _, total, kind, share, full, _ = key.split()
            cells = [path.stem.removeprefix("rule-"), total, kind, share, full]
            cells.append(", ".join(str(rate) for rate, _ in runs))
            cells += [f"{ratio:.2f}" for ratio in ratios(rows, key)]
            lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def ratios(rows: dict[str, Any], key: str) -> list[float]:
    """What annealing from a race's rate times each factor reaches, over the best there is."""
    _, total, _, share, *_ = key.split()
    budget = max(10, round(float(share) * int(total)))
    peaks = anneals(rows, int(total) - budget)
    longest = max(n for n in lengths(rows) if n < int(total))
    best = min(np.mean(scores) for scores in anneals(rows, longest).values())
    return [
        float(np.mean([
            looked_up(peaks, factor * float(rate), init) if rate is not None else WORST
            for init, (rate, _) in enumerate(rows[key])
        ]) / best)
        for factor in FACTORS
    ]  # fmt: skip


def lengths(rows: dict[str, Any]) -> set[int]:
    """The numbers of epochs that were annealed over."""
    return {int(key.split()[1]) for key in rows if key.startswith("anneal ")}


def anneals(rows: dict[str, Any], epochs: int) -> dict[float, list[float]]:
    """The scores of each init by peak; a diverged one counts as `WORST`."""
    return {
        float(key.split()[2]): [WORST if score is None else score for score in scores]
        for key, scores in rows.items()
        if key.startswith(f"anneal {epochs} ")
    }


def looked_up(peaks: dict[float, list[float]], rate: float, init: int) -> float:
    """The score of a peak between those measured."""
    known = sorted(peaks)
    scores = [math.log(peaks[peak][init]) for peak in known]
    return math.exp(np.interp(math.log(rate), np.log(known), scores))


if __name__ == "__main__":
    print(table(Path(sys.argv[1])))

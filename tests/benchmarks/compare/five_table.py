"""What was measured on the five tasks, as tables and as a picture.

``python -m tests.benchmarks.compare.five_table FOLDER`` prints the tables of docs/comparison.md.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from tests.benchmarks import measured
from tests.benchmarks.compare.plans import PLANS, Plan

__all__ = [
    "ROWS",
    "Case",
    "Results",
    "Row",
    "claims",
    "load",
    "ratios",
    "summary",
    "table",
    "task_means",
    "text",
]

WEIGHTS, AVERAGE = "scores", "averages"
HAND = {
    "constant": "default rate, constant",
    "cosine": "default rate, cosine",
    "linear": "default rate, linear",
    "plateau": "default rate, ReduceLROnPlateau",
    "one_cycle": "default rate, one cycle",
    "range_test": "LR range test, then cosine",
    "best": "best of six peaks in hindsight, cosine",
}
FREE = {
    "prodigy": ("Prodigy, cosine", WEIGHTS),
    "d-adaptation": ("D-Adaptation (AdamW), cosine", WEIGHTS),
    "schedule-free": ("schedule-free AdamW", WEIGHTS),
    "dog": ("DoG, its average", AVERAGE),
}


class Row(NamedTuple):
    """One way to set the rate: what it is called in the store, its title, and what is validated."""

    name: str
    title: str
    kind: str


ROWS = [
    *(Row(name, title, WEIGHTS) for name, title in HAND.items()),
    *(Row(name, f"{title}, averaged", AVERAGE) for name, title in HAND.items()),
    *(Row(name, title, kind) for name, (title, kind) in FREE.items()),
    Row("ours", "**`LRExplorerCallback()`**", AVERAGE),
]
COSINE, BEST, BEST_AVERAGE = (
    next(row for row in ROWS if (row.name, row.kind) == wanted)
    for wanted in (("cosine", WEIGHTS), ("best", WEIGHTS), ("best", AVERAGE))
)
OURS = ROWS[-1]


class Case(NamedTuple):
    """A row at a length: its best validation scores and its tests, an init each.

    Attributes
    ----------
    scores, tests : ndarray, shape (inits,)
        Tests are nan where the training went on after the length.
    seconds : float
        Of the processor, a training.
    rates : str
        The peaks.
    """

    scores: np.ndarray
    tests: np.ndarray
    seconds: float
    rates: str

    @property
    def mean(self) -> float:
        """The mean best validation score."""
        return float(self.scores.mean())


class Results:
    """What is stored of one task.

    Parameters
    ----------
    path : Path
        A file of `five_tasks`.
    plan : Plan
        What it was measured by.
    """

    def __init__(self, path: Path, plan: Plan, usual: str) -> None:
        known = measured.read(path) or {"task": path.stem, "trainings": {}}
        self.title, self.trainings = known["task"], known["trainings"]
        self.plan, self.usual = plan, usual

    def case(self, row: Row, length: int) -> Case | None:
        """A row at a length; None where it was not measured."""
        if row.name == "best":
            cases = [self._case(f"cosine {length} {p}", row, length) for p in self.plan.peaks]
            known = [case for case in cases if case is not None]
            return min(known, key=lambda case: case.mean) if len(known) > 1 else None
        if row.name == "cosine":
            return self._case(f"cosine {length} {self.usual}", row, length)
        ends = [end for end in self.plan.lengths if end >= length and row.name in ANYTIME]
        cases = [self._case(f"{row.name} {end}", row, length) for end in (length, *ends)]
        return next((case for case in cases if case is not None), None)

    def ratio(self, row: Row, length: int) -> float | None:
        """A row's score in parts of the default's cosine of the same length."""
        case, cosine = self.case(row, length), self.case(COSINE, length)
        return None if case is None or cosine is None else case.mean / cosine.mean

    def _case(self, key: str, row: Row, length: int) -> Case | None:
        trainings = self.trainings.get(key)
        if trainings is None or not all(each[row.kind] for each in trainings):
            return None
        whole = len(trainings[0][row.kind]) <= length
        test = "test" if row.kind == WEIGHTS else "test_average"
        return Case(
            np.array([_least(each[row.kind][:length]) for each in trainings]),
            np.array([each[test] if whole else math.nan for each in trainings], float),
            float(np.mean([each["seconds"] or math.nan for each in trainings])),
            ", ".join(dict.fromkeys(each["rate"] for each in trainings)),
        )


ANYTIME = ("constant", "plateau", "schedule-free", "dog")


def table(results: Results) -> str:
    """One task: a line a row, a column a length; test and seconds are of the longest measured."""
    lengths = results.plan.lengths
    head = ["how the rate is set", *map(str, lengths), "test", "s", "peak"]
    lines = [f"### {results.title}", "", _line(head), "| --- " * len(head) + "|"]
    for row in ROWS:
        cases = [results.case(row, length) for length in lengths]
        known = [case for case in cases if case is not None]
        if known:
            ended = known[-1]
            seconds = "–" if math.isnan(ended.seconds) else f"{ended.seconds:.3g}"
            scores = [_cell(None if case is None else case.scores) for case in cases]
            lines.append(_line([row.title, *scores, _cell(ended.tests), seconds, ended.rates]))
    return "\n".join(lines) + "\n"


def summary(all_results: Sequence[Results]) -> str:
    """All tasks: the mean score against the default's cosine, a line a row.

    The last column is over the tasks and lengths that the row was measured on, where not all were.
    """
    names = [results.plan.title for results in all_results]
    head = ["how the rate is set", *names, "mean over tasks", "worst", "cases", "ours against it"]
    lines = [_line(head), "| --- " * len(head) + "|"]
    for row in ROWS:
        flat = [ratio for results in all_results for ratio in ratios(results, row).values()]
        if flat:
            means = task_means(all_results, row)
            cells = [_percent(mean) for mean in (*means, float(np.nanmean(means)), max(flat))]
            ours = _percent(float(np.mean(against(all_results, row) or [math.nan])))
            lines.append(_line([row.title, *cells, str(len(flat)), ours]))
    return "\n".join(lines) + "\n"


def ratios(results: Results, row: Row) -> dict[int, float]:
    """A row's scores in parts of the default's cosine, by length."""
    found = {length: results.ratio(row, length) for length in results.plan.lengths}
    return {length: ratio for length, ratio in found.items() if ratio is not None}


def task_means(all_results: Sequence[Results], row: Row) -> list[float]:
    """For each task the mean of `ratios` over its lengths; nan where there are none."""
    by_task = [list(ratios(results, row).values()) for results in all_results]
    return [float(np.mean(found)) if found else math.nan for found in by_task]


def against(all_results: Sequence[Results], other: Row) -> list[float]:
    """For each task, ours in parts of another row, the mean over the lengths that both have."""
    found = []
    for results in all_results:
        ours, theirs = ratios(results, OURS), ratios(results, other)
        both = [ours[length] / theirs[length] for length in ours if length in theirs]
        if both:
            found.append(float(np.mean(both)))
    return found


def claims(all_results: Sequence[Results]) -> str:
    """What has to hold, with its figures."""
    lines = []
    for results in all_results:
        for length in results.plan.lengths:
            ours, cosine = results.case(OURS, length), results.case(COSINE, length)
            if ours is None or cosine is None:
                lines.append(f"- {results.title}, {length}: not measured")
                continue
            spread = max(float(ours.scores.std()), float(cosine.scores.std()))
            behind = ours.mean - cosine.mean
            verdict = "ahead" if behind < 0 else "level" if behind <= spread else "BEHIND"
            lines.append(
                f"- {results.title}, {length}: {ours.mean:.5g} against {cosine.mean:.5g} of the "
                f"default's cosine, spread {spread:.2g}: {verdict}"
            )
    for row in (COSINE, BEST, BEST_AVERAGE, *ROWS[-1 - len(FREE) : -1]):
        found = against(all_results, row)
        if found:
            tasks = ", ".join(_percent(part) for part in found)
            lines.append(f"- to {row.title}: {_percent(float(np.mean(found)))} ({tasks})")
    return "\n".join(lines) + "\n"


def load(folder: Path, size: str = "medium") -> list[Results]:
    """What is stored of all tasks."""
    return [
        Results(folder / f"five-{size}-{name}.json.gz", plan, USUAL.get(name, "0.001"))
        for name, plan in PLANS[size].items()
    ]


USUAL = {"fashion_sgd": "0.01"}


def _least(scores: Sequence[Any]) -> float:
    return min((s for s in scores if s is not None and math.isfinite(s)), default=math.inf)


def _cell(values: np.ndarray | None) -> str:
    if values is None or not len(values):
        return "–"
    if np.isnan(values).all():
        return "–"
    if not np.isfinite(values).all():
        return "diverged"
    digits = 2 if values.mean() >= 10 else 3
    return f"{values.mean():.{digits}f} ± {values.std():.{digits}f}"


def _percent(ratio: float) -> str:
    if math.isnan(ratio):
        return "–"
    return "diverged" if math.isinf(ratio) else f"{100 * (ratio - 1):+.1f} %".replace("-", "−")


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def text(all_results: Sequence[Results]) -> str:
    """The summary, every task's table and what has to hold."""
    return "\n".join([summary(all_results), *map(table, all_results), claims(all_results)])


if __name__ == "__main__":
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else measured.FOLDER
    print(text(load(folder, *sys.argv[2:])))

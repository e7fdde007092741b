"""What the rule's measurements say: ``python -m tests.benchmarks.compare.rule_table FOLDER``.

Races are replayed on the curves of constant rates, of the same init. A race's rate times a factor
is then looked up in what annealing reached from each peak in about as many epochs as are left,
linearly between peaks and lengths in the logarithms.
"""

from __future__ import annotations

import math
import sys
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from lrsearch import DECADES, DigitRace
from tests.benchmarks import measured

__all__ = ["RULES", "Replay", "Rule", "table"]


class Rule(NamedTuple):
    """A way to split the epochs of a fit.

    Attributes
    ----------
    name : str
        For people.
    share : int
        One epoch in so many goes to the race, and 10 at least.
    longest : int
        The most that a race's `max_epochs` may be.
    factor : float
        The peak in parts of the race's rate, for up to 40 epochs.
    power : float
        By which power of its length the peak of a longer training falls.
    """

    name: str
    share: int
    longest: int
    factor: float
    power: float

    def race(self, total: int) -> tuple[int, int]:
        """A race's budget and `max_epochs`."""
        budget = max(10, total // self.share)
        return budget, min(total - budget, self.longest)

    def peak(self, rate: float, epochs: int) -> float:
        """The peak to anneal from over so many epochs."""
        return rate * self.factor * min(1.0, (40 / epochs) ** self.power)


RULES = (
    Rule("1/5, x 0.7", 5, 10**6, 0.7, 0),
    Rule("1/5, root", 5, 10**6, 0.7, 1 / 2),
    Rule("1/10, root", 10, 10**6, 0.7, 1 / 2),
    Rule("1/10, up to 40, x 0.7", 10, 40, 0.7, 0),
    Rule("1/10, up to 40, cube root", 10, 40, 0.7, 1 / 3),
    Rule("**1/10, up to 40, root**", 10, 40, 0.7, 1 / 2),
    Rule("1/10, up to 40, 1 x root", 10, 40, 1, 1 / 2),
)
TOTALS = (50, 100, 200)
USUAL = {"sgd": 0.01, "adam": 0.001, "vae": 0.001}


class Replay:
    """The stored measurements of one task, to look rules up in.

    Parameters
    ----------
    path : Path
        A file of `tests.benchmarks.compare.rule`.
    """

    def __init__(self, path: Path) -> None:
        self.name = path.name.removesuffix(".json.gz").removeprefix("rule-")
        self.usual = USUAL[self.name.rpartition("_")[2]]
        rows: dict[str, Any] = measured.read(path)
        self.curves: dict[float, np.ndarray] = {}
        self.annealed: dict[int, dict[float, list[float]]] = {}
        for key, value in rows.items():
            kind, *rest = key.split()
            if kind == "constant":
                self.curves[float(rest[0])] = np.array(value, float)
            elif kind == "anneal":
                scores = [math.inf if score is None else score for score in value]
                self.annealed.setdefault(int(rest[0]), {})[float(rest[1])] = scores
        self.inits = range(len(next(iter(self.curves.values()))))

    def rate(self, budget: int, max_epochs: int, init: int) -> float:
        """What a race recommends."""
        race = DigitRace(budget, max_epochs, first=DECADES[2:6])
        for trial in race.iterate(resume=True):
            for epoch in range(trial.start_epoch, trial.stop_epoch):
                if not race.report(trial, self.constant(float(trial.rate), epoch, init)):
                    break
        return math.nan if race.rate is None else float(race.rate)

    def constant(self, rate: float, epoch: int, init: int) -> float:
        """The score of a constant rate after an epoch, counted from 0."""
        known = sorted(self.curves)
        scores = [self.curves[each][init, epoch] for each in known]
        return float(np.interp(math.log(rate), np.log(known), scores))

    def anneal(self, epochs: int, peak: float, init: int) -> float:
        """The best score of annealing from a peak over so many epochs."""
        lengths = sorted(self.annealed)
        by_length = []
        for length in lengths:
            known = sorted(self.annealed[length])
            scores = [math.log(self.annealed[length][each][init]) for each in known]
            by_length.append(np.interp(math.log(peak), np.log(known), scores))
        return math.exp(np.interp(math.log(epochs), np.log(lengths), by_length))

    def score(self, total: int, rule: Rule) -> float:
        """The mean over inits of what a rule reaches with so many epochs in all."""
        budget, max_epochs = rule.race(total)
        left = total - budget
        rates = [self.rate(budget, max_epochs, init) for init in self.inits]
        found = [
            self.anneal(left, rule.peak(rate, left), init)
            for init, rate in zip(self.inits, rates, strict=True)
        ]
        return float(np.mean(found))

    def fixed(self, total: int, peak: float) -> float:
        """The mean over inits of annealing over all epochs from a peak."""
        return float(np.mean([self.anneal(total, peak, init) for init in self.inits]))

    def best(self, total: int) -> float:
        """What the best peak of all reaches, known beforehand."""
        return min(self.fixed(total, peak) for peak in np.geomspace(1e-4, 1, 80))


def table(folder: Path) -> str:
    """Markdown: a line a task and length, a column a rule."""
    head = ["task", "epochs", "default", "best", *(rule.name for rule in RULES)]
    lines = ["| " + " | ".join(head) + " |", "| --- " * len(head) + "|"]
    for path in sorted(folder.glob("rule-*.json.gz")):
        replay = Replay(path)
        for total in TOTALS:
            scores = [replay.fixed(total, replay.usual), replay.best(total)]
            scores += [replay.score(total, rule) for rule in RULES]
            digits = 1 if scores[0] > 10 else 3
            cells = [f"{score:.{digits}f}" for score in scores]
            lines.append("| " + " | ".join([replay.name, str(total), *cells]) + " |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(table(Path(sys.argv[1])))

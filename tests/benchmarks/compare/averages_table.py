"""Rules for the peak, looked up in what `averages` measured.

``python -m tests.benchmarks.compare.averages_table [FOLDER]`` prints a table of Markdown: a line a
task and length, a column a rule. A race is replayed on the curves of constant rates of one
initialisation, scored by the weights or by their average; its rate gives a peak, and the measured
annealings of that initialisation are interpolated in log peak. Scores are in parts of what the
cosine from the optimizer's default rate reaches without an average.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from lrsearch.exploit import peak_rate
from lrsearch.training import default_search
from tests.benchmarks import measured

__all__ = ["RULES", "Replay", "Rule", "table"]

RAW, AVERAGE = 0, 1
USUAL = {"sgd": 0.01}


class Rule(NamedTuple):
    """A rule: what scores the race, what scores the second phase, and the peak it sets."""

    name: str
    race: int
    second: int
    peak: Callable[[float, float, int], float]
    """``peak(rate, usual, epochs)``, the race's rate and the optimizer's default given."""


def towards(power: float, factor: float = 1.0) -> Callable[[float, float, int], float]:
    """From the race's rate towards the default, as far as a power of the length says."""

    def peak(rate: float, usual: float, epochs: int) -> float:
        lower = factor * rate * min(1.0, (40 / epochs) ** power)
        return max(lower, min(rate, usual))

    return peak


def today(rate: float, usual: float, epochs: int) -> float:
    """0.7 of the race's rate, falling with the root of the length past 40 epochs."""
    return 0.7 * rate * min(1.0, math.sqrt(40 / epochs))


RULES = [
    Rule("before", RAW, RAW, today),
    Rule("raw race, average, x 1", RAW, AVERAGE, towards(0)),
    Rule("average race, x 1", AVERAGE, AVERAGE, towards(0)),
    Rule("fourth root", AVERAGE, AVERAGE, towards(0.25)),
    Rule("root", AVERAGE, AVERAGE, towards(0.5)),
    Rule("**the rule**", AVERAGE, AVERAGE, lambda r, u, n: float(peak_rate(r, u, n, True))),
]


class Replay:
    """The measurements of one task."""

    def __init__(self, path: Path) -> None:
        self.name = path.name.removesuffix(".json.gz").removeprefix("averages-")
        self.usual = USUAL.get(self.name.rpartition("_")[2], 0.001)
        rows: dict[str, Any] = measured.read(path)
        self.curves = {float(k.split()[1]): v for k, v in rows.items() if k.startswith("constant")}
        self.annealed: dict[int, dict[float, Any]] = {}
        for key, value in rows.items():
            if key.startswith("anneal"):
                _, length, peak = key.split()
                self.annealed.setdefault(int(length), {})[float(peak)] = value
        self.inits = range(len(next(iter(self.curves.values()), ())))

    def curve(self, rate: float, init: int, kind: int) -> np.ndarray:
        """The scores of a constant rate after each epoch, interpolated in its logarithm."""
        rates = sorted(self.curves)
        x = math.log10(min(max(rate, rates[0]), rates[-1]))
        above = next(i for i, known in enumerate(rates) if math.log10(known) >= x - 1e-12)
        pair = rates[max(0, above - 1)], rates[above]
        low, high = (np.array(self.curves[known][init][kind], float) for known in pair)
        if pair[0] == pair[1] or not (np.isfinite(low).all() and np.isfinite(high).all()):
            return high
        part = (x - math.log10(pair[0])) / math.log10(pair[1] / pair[0])
        length = min(len(low), len(high))
        return (1 - part) * low[:length] + part * high[:length]

    def race(self, total: int, init: int, kind: int) -> float:
        """The rate that the default race of a training of so many epochs recommends."""
        race = default_search(total, "minimize", self.usual)
        while (trial := race.ask()) is not None:
            scores = self.curve(trial.rate, init, kind)[trial.start_epoch : trial.stop_epoch]
            race.tell(trial, list(scores) or [math.nan])
        return float(race.rate or self.usual)

    def anneal(self, length: int, peak: float, init: int, kind: int) -> float:
        """What annealing from a peak reaches, interpolated in its logarithm."""
        peaks = sorted(self.annealed[length])
        scores = [self.annealed[length][known][init][kind] for known in peaks]
        return float(np.interp(math.log10(peak), np.log10(peaks), scores))

    def score(self, length: int, rule: Rule) -> float:
        """The mean over inits of what a rule reaches, the race's epochs spent beforehand."""
        total = length + max(10, round(length / 9))
        found = []
        for init in self.inits:
            rate = self.race(total, init, rule.race)
            peak = rule.peak(rate, self.usual, length)
            found.append(self.anneal(length, peak, init, rule.second))
        return float(np.mean(found))

    def fixed(self, length: int, peak: float, kind: int) -> float:
        """The mean over inits of annealing from a peak."""
        return float(np.mean([self.anneal(length, peak, init, kind) for init in self.inits]))

    def best(self, length: int, kind: int) -> float:
        """What the best of the measured peaks reaches, known beforehand."""
        return min(self.fixed(length, peak, kind) for peak in self.annealed[length])


def table(folder: Path) -> str:
    """Markdown: a line a task and length, then the mean over all."""
    names = ["default", "its average", "best", "best average", *(rule.name for rule in RULES)]
    lines = ["| task | epochs | " + " | ".join(names) + " |", "| --- " * (len(names) + 2) + "|"]
    parts = []
    for path in sorted(folder.glob("averages-*.json.gz")):
        replay = Replay(path)
        for length in replay.annealed if replay.curves else ():
            fixed = [replay.fixed(length, replay.usual, kind) for kind in (RAW, AVERAGE)]
            best = [replay.best(length, kind) for kind in (RAW, AVERAGE)]
            scores = [*fixed, *best, *(replay.score(length, rule) for rule in RULES)]
            parts.append([score / scores[0] for score in scores])
            shown = " | ".join(f"{part:.3f}" for part in parts[-1])
            lines.append(f"| {replay.name} | {length} | {shown} |")
    mean = " | ".join(f"{part:.3f}" for part in np.mean(parts, axis=0))
    return "\n".join([*lines, f"| mean | | {mean} |"]) + "\n"


if __name__ == "__main__":
    print(table(Path(sys.argv[1]) if len(sys.argv) > 1 else measured.FOLDER))

"""How `LRExplorerCallback()` is to split its epochs: the measurements behind the rule.

    python -m tests.benchmarks.compare.rule --out FOLDER [task ...]

For each task: the curves of constant rates ("constant"), which races can be replayed on; what
annealing reaches from each peak in so many epochs ("anneal"); which rate races of several kinds
recommend for what they spend ("race"); what annealing reaches when it goes on from the race's best
weights ("go on"); and the rule itself ("rule") beside a cosine over all epochs from the
optimizer's default rate ("cosine"). Rows are stored as they finish.
"""

from __future__ import annotations

import argparse
import math
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.benchmarks import measured

IMAGES = {"vae": 5_000, "fashion_sgd": 5_000, "digits_sgd": None, "digits_adam": None}
BUDGETS = {"vae": (50, 100), "fashion_sgd": (50, 200), "digits_sgd": (50, 200),
           "digits_adam": (50, 200)}  # fmt: skip
ADAM = ["0.0001", "0.0002", "0.0005", "0.001", "0.002", "0.005", "0.01", "0.02", "0.05"]
SGD = ["0.005", "0.01", "0.02", "0.05", "0.1", "0.2", "0.5", "1", "2"]
SHARES = {"vae": (0.2,)}
LONG = 160
LONG_PEAKS = {"vae": ["0.0005", "0.001", "0.002", "0.004"],
              "digits_adam": ["0.001", "0.002", "0.005", "0.01", "0.02"]}  # fmt: skip
LONG_SGD = ["0.02", "0.05", "0.1", "0.2", "0.3", "0.5", "1"]
TOTALS = (50, 100, 200, 400)
CURVES = 60
INITS = 3


def warmup(epochs: int) -> int:
    """Epochs of warm-up for so many epochs in all."""
    return min(5, epochs // 10)


def peaks(name: str) -> list[str]:
    """The peaks to anneal from."""
    if name == "vae":
        return ADAM[1:7]
    return ADAM if "adam" in name else SGD


def constants(name: str) -> list[str]:
    """The constant rates whose curves are measured: five a decade and more."""
    if "sgd" in name:
        return ["0.001", "0.003", *SGD[:3], "0.03", "0.05", "0.07", "0.1", "0.15", "0.2", "0.3",
                "0.5", "0.7", "1", "2"]  # fmt: skip
    return ["0.0001", "0.0002", "0.0003", "0.0005", "0.0007", "0.001", "0.0015", "0.002", "0.003",
            "0.005", "0.007", "0.01", "0.015", "0.02", "0.03", "0.05", "0.1"]  # fmt: skip


def main(arguments: argparse.Namespace) -> None:
    from tests.benchmarks.compare.tasks import load_task

    for name in arguments.tasks:
        Measured(load_task(name, IMAGES[name]), arguments.out / f"rule-{name}.json.gz").all()


class Measured:
    """The measurements of one task, stored as they finish."""

    def __init__(self, task: Any, path: Path) -> None:
        from tests.benchmarks.compare.runs import Runs

        self.task = task
        self.path = path
        self.rows: dict[str, Any] = measured.read(path) or {}
        self.runs = Runs(task, INITS)
        self.trainer, self.inits = self.runs.trainer, self.runs.inits

    def all(self) -> None:
        """Measure what is not stored yet."""
        for total in TOTALS:
            self.row(f"rule {total}", lambda n=total: self.rule(n))
            self.row(f"cosine {total}", lambda n=total: self.cosine(n))
        for rate in constants(self.task.name):
            self.row(f"constant {rate}", lambda r=rate: self.constant(r))
        for peak in LONG_PEAKS.get(self.task.name, LONG_SGD):
            self.row(f"anneal {LONG} {peak}", lambda p=peak: self.anneal(LONG, p))
        shares = SHARES.get(self.task.name, (0.15, 0.25, 0.4))
        for total in BUDGETS[self.task.name]:
            for share in shares:
                length = total - max(10, round(share * total))
                for peak in peaks(self.task.name):
                    self.row(f"anneal {length} {peak}", lambda n=length, p=peak: self.anneal(n, p))
            for kind in ("constant", "warm", "annealed"):
                for share in shares:
                    budget = max(10, round(share * total))
                    for full in (budget // 2, total - budget):
                        for few in (True,) if self.task.name == "vae" else (False, True):
                            self.row(
                                f"race {total} {kind} {share} {full} {'4' if few else '8'}",
                                lambda k=kind, b=budget, f=full, w=few: [
                                    self.race(k, b, f, w, i)[:2] for i in range(INITS)
                                ],
                            )
            if self.task.name == "vae" and total > 50:
                continue
            length = total - max(10, round(0.25 * total))
            for peak in peaks(self.task.name)[1:-1]:
                self.row(f"cold {length} {peak}",
                         lambda n=length, p=peak: self.anneal(n, p, warm=0))  # fmt: skip
            for factor in (0.5, 1, 2):
                self.row(
                    f"go on {total} {factor}",
                    lambda t=total, f=factor: [self.go_on(t, f, i) for i in range(INITS)],
                )

    def row(self, key: str, measure: Callable[[], Any]) -> None:
        """Store one row."""
        if key not in self.rows:
            self.rows[key] = measure()
            measured.write(self.path, self.rows)
            print(self.task.name, key, self.rows[key], flush=True)

    def rule(self, total: int) -> list[tuple[float, str]]:
        """The best score of each init by what the callback does, and the race's rate."""
        return [(_best(run.scores), run.rate) for run in self.runs.default(total)]

    def cosine(self, total: int) -> list[float]:
        """The best score of each init by a cosine over all epochs from the default rate."""
        from lrsearch import CosineAnnealing

        schedule = CosineAnnealing(self.task.usual, total, 5)
        return [_best(run.scores) for run in self.runs.schedule(schedule, total)]

    def constant(self, rate: str) -> list[list[float]]:
        """The curve of each init at a constant rate, to five digits."""
        from lrsearch import Constant

        found = self.runs.schedule(Constant(rate), CURVES)
        return [[float(f"{score:.5g}") for score in run.scores] for run in found]

    def anneal(self, epochs: int, peak: Any, warm: int | None = None) -> list[float]:
        """The best score of each init in so many epochs of annealing from a peak."""
        from lrsearch import CosineAnnealing
        from tests.benchmarks.compare.together import train_together

        schedule = CosineAnnealing(peak, epochs, warmup(epochs) if warm is None else warm)
        starts = [self.inits.state(init) for init in range(INITS)]
        trained = train_together(
            self.trainer, [schedule] * INITS, epochs, starts, range(INITS),
            monitor=self.task.monitor,
        )  # fmt: skip
        return [_best(scores) for scores in trained.scores]

    def race(
        self, kind: str, budget: int, full: int, few: bool, init: int
    ) -> tuple[str | None, int, Any, Any]:
        """A race's rate, what it spent, its best trial's score and state."""
        from lrsearch import DECADES, CosineAnnealing, DigitRace

        search = DigitRace(budget, full, first=DECADES[2:6] if few else DECADES)
        kept: dict[int, Any] = {}
        best, state = math.inf, None
        while (trial := search.ask(resume=kind != "annealed")) is not None:
            if trial.start_epoch == 0:
                kept[trial.number] = self.trainer.member(self.inits.state(init))
            member, warm = kept[trial.number], warmup(full)
            anneal = CosineAnnealing(trial.rate, trial.stop_epoch, warmup(trial.stop_epoch))
            scores = []
            for epoch in range(trial.start_epoch, trial.stop_epoch):
                rate = float(trial.rate)
                if kind == "annealed":
                    rate = anneal(epoch)
                elif kind == "warm" and warm:
                    rate *= min(1.0, (epoch + 1) / warm)
                (member,), (logs,) = self.trainer.epoch([member], [rate], [(init, epoch + 1)])
                scores.append(logs[self.task.monitor])
                if scores[-1] < best:
                    best, state = scores[-1], self.trainer.state(member)
                if not math.isfinite(scores[-1]):
                    break
            kept[trial.number] = member
            search.tell(trial, scores)
        rate = None if search.rate is None else str(search.rate)
        return rate, search.spent, best, state

    def go_on(self, total: int, factor: float, init: int) -> float:
        """Anneal from the best weights of a race with warm-up, its rate times a factor."""
        from lrsearch import CosineAnnealing
        from tests.benchmarks.compare.together import train_together

        budget = round(0.25 * total)
        rate, spent, best, state = self.race("warm", max(10, budget), total - budget, True, init)
        if rate is None:
            return math.nan
        epochs = total - spent
        schedule = CosineAnnealing(repr(factor * float(rate)), epochs, 0)
        trained = train_together(
            self.trainer, [schedule], epochs, [state], [init],
            monitor=self.task.monitor, first_epoch=spent,
        )  # fmt: skip
        return min(best, _best(trained.scores[0]))


def _best(scores: Any) -> float:
    return min((float(score) for score in scores if math.isfinite(score)), default=math.nan)


if __name__ == "__main__":
    os.environ.setdefault("KERAS_BACKEND", "jax")
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.compare.rule")
    parser.add_argument("tasks", nargs="*", default=list(IMAGES))
    parser.add_argument("--out", type=Path, required=True)
    main(parser.parse_args())

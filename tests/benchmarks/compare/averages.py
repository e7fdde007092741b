"""What averages of the weights change: ``python -m tests.benchmarks.compare.averages --task vae``.

Measured for each initialisation, validated with the weights and with their average after every
epoch: the learning curves of constant rates, on which races can be replayed, and what annealing
reaches from each peak, for several lengths. Rows are stored as they finish; `rules` looks rules
up in them.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from tests.benchmarks import measured

SIZES = {"vae": 5_000, "fashion_sgd": 5_000, "conv_adam": 4_000, "characters_adamw": 1_000,
         "table_rmsprop": 3_000, "digits_sgd": None, "digits_adam": None}  # fmt: skip
LENGTHS = {"conv_adam": (20, 40), "characters_adamw": (20, 40)}
USUAL_LENGTHS = (40, 90, 180)
ADAM = ("0.0003", "0.001", "0.002", "0.003", "0.005", "0.01", "0.03")
SGD = ("0.01", "0.03", "0.1", "0.2", "0.3", "0.5", "1")
CONSTANTS = ("1e-5", "0.0001", "0.0003", "0.001", "0.002", "0.003", "0.005", "0.01", "0.02", "0.03",
             "0.05", "0.1", "0.2", "0.3", "0.5", "1", "3")  # fmt: skip
CURVE = 40
INITS = 3


def both_trainer(task: Any) -> Any:
    """A trainer of one model at a time whose logs have the scores of weights and of average."""
    from lrsearch_keras.population import CompiledTrainer

    class Both(CompiledTrainer):
        def _epoch(self, member: Any, rate: Any, data: Any, validation: Any, *order: Any) -> Any:
            member, logs = super()._epoch(member, rate, data, validation, *order)
            raw, _ = self._validated(member.trainable, member.non_trainable, validation)
            return member, {"average": logs["val_loss"], "raw": raw["loss"]}

    return Both(task.build(1), *task.train, validation_data=task.validation, average=True,
                training_metrics=False)  # fmt: skip


class Averages:
    """The measurements of one task."""

    sizes = SIZES

    def __init__(self, name: str, path: Path) -> None:
        from lrsearch_keras import Inits, take
        from tests.benchmarks.compare.tasks import load_task

        self.path = path
        self.rows: dict[str, Any] = measured.read(path) or {}
        self.task = load_task(name, self.sizes[name])
        self.trainer = both_trainer(self.task)
        new = Inits(self.trainer.model, "same", 0, average=True).new_optimizer
        self.starts = []
        for init in range(INITS):
            weights = take(self.task.build(init + 1)).model
            self.starts.append(take(self.trainer.model)._replace(model=weights, optimizer=new))

    def curves(self, rate: Callable[[int], float], epochs: int) -> list[list[list[float]]]:
        """For each init, the scores of the weights and of the average after each epoch."""
        found = []
        for init, start in enumerate(self.starts):
            member = self.trainer.member(start)
            scores: list[tuple[float, float]] = []
            for epoch in range(epochs):
                (member,), (logs,) = self.trainer.epoch(
                    [member], [rate(epoch)], [(init, epoch + 1)]
                )
                scores.append((logs["raw"], logs["average"]))
                if not np.isfinite(logs["raw"]):
                    break
            found.append([[float(f"{s:.6g}") for s in part] for part in zip(*scores, strict=True)])
        return found

    def row(self, key: str, measure: Callable[[], Any]) -> None:
        if key not in self.rows:
            begun = time.monotonic()
            self.rows[key] = measure()
            measured.write(self.path, self.rows)
            print(f"{self.task.name}: {key}, {time.monotonic() - begun:.0f} s", flush=True)

    def all(self) -> None:
        from lrsearch import CosineAnnealing

        peaks = SGD if self.task.name.endswith("sgd") else ADAM
        for length in LENGTHS.get(self.task.name, USUAL_LENGTHS):
            for peak in peaks:
                anneal = CosineAnnealing(peak, length, min(5, length // 10))
                self.row(f"anneal {length} {peak}", lambda a=anneal, n=length: [
                    [min(part) for part in init] for init in self.curves(a, n)])  # fmt: skip
        epochs = 20 if self.task.name in LENGTHS else CURVE
        for rate in CONSTANTS:
            self.row(f"constant {rate}", lambda r=float(rate): self.curves(lambda epoch: r, epochs))


if __name__ == "__main__":
    os.environ.setdefault("KERAS_BACKEND", "jax")
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.compare.averages")
    parser.add_argument("--out", type=Path, default=measured.FOLDER)
    parser.add_argument("--task", nargs="+", default=list(SIZES), choices=list(SIZES))
    options = parser.parse_args()
    for name in options.task:
        Averages(name, options.out / f"averages-{name}.json.gz").all()

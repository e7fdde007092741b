"""What few epochs reach from rates about the default: ``python -m tests.benchmarks.compare.short``.

For each task, rate and initialisation, the scores of constant rates epoch by epoch, and what
annealing reaches in a few epochs, the rate moved by the step; with the weights and with their
average. `short_table` looks rules up in it.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lrsearch import CosineAnnealing, Rate
from tests.benchmarks import measured
from tests.benchmarks.compare.averages import SIZES, Averages

__all__ = ["FACTORS", "LENGTHS", "Short"]

FACTORS = ("0.1", "0.3", "1", "3", "10", "30", "100")
"""Rates, in parts of the optimizer's own."""
LENGTHS = (2, 3, 4, 5, 6, 8, 10, 13, 19)
CURVE = 5


class Short(Averages):
    """The measurements of one task."""

    sizes = SIZES | {"vae": 2_000, "fashion_sgd": 2_000, "conv_adam": 1_000,
                     "characters_adamw": 500}  # fmt: skip

    def all(self) -> None:
        steps = self.trainer.steps
        for factor in FACTORS:
            rate = Rate(float(factor) * float(self.task.usual)).rounded(6)
            self.row(
                f"constant {factor}", lambda r=float(rate): self.curves(lambda epoch: r, CURVE)
            )
            for length in LENGTHS:
                anneal = CosineAnnealing(rate, length, length / 10)

                def by_step(epoch: int, at: Callable[..., float] = anneal.at) -> Any:
                    return [at(epoch + step / steps, 1 / steps) for step in range(steps)]

                self.row(f"anneal {length} {factor}", lambda a=by_step, n=length: [
                    [min(part) for part in init] for init in self.curves(a, n)])  # fmt: skip


if __name__ == "__main__":
    os.environ.setdefault("KERAS_BACKEND", "jax")
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.compare.short")
    parser.add_argument("--out", type=Path, default=measured.FOLDER)
    parser.add_argument("--task", nargs="+", default=list(SIZES), choices=list(SIZES))
    options = parser.parse_args()
    for name in options.task:
        Short(name, options.out / f"short-{name}.json.gz").all()

"""Ways to set a rate on five tasks: ``python -m tests.benchmarks.compare.five_tasks --out FOLDER``.

Every training is validated with its weights and with their running average, so that a row of
hand-set rates has both. What is finished is stored in ``five-SIZE-TASK.json.gz``; started again,
it goes on there.
"""

from __future__ import annotations

import argparse
import os
import re
import time
from collections.abc import Callable, Iterator
from functools import cached_property, partial
from pathlib import Path
from typing import Any, NamedTuple

from tests.benchmarks import measured
from tests.benchmarks.compare import by_step
from tests.benchmarks.compare.five_figure import figure
from tests.benchmarks.compare.five_table import load, summary, text
from tests.benchmarks.compare.ours import explored
from tests.benchmarks.compare.parameter_free import METHODS, Method
from tests.benchmarks.compare.plans import PLANS, Plan, peaks_at
from tests.benchmarks.compare.trainings import (
    INITS,
    Training,
    plateau,
    range_test,
    rising,
    scheduled,
)


class Measurement(NamedTuple):
    """One thing to measure: its key in the store, "row epochs" or "row epochs peak", and how."""

    key: str
    train: Callable[[], list[Training]]


class Measured:
    """What is stored of one task, and what is still to be measured.

    Parameters
    ----------
    name : str
        The task's.
    plan : Plan
        Its size and lengths.
    path : Path
        Where the trainings are stored.
    """

    def __init__(self, name: str, plan: Plan, path: Path) -> None:
        from tests.benchmarks.compare.tasks import load_task

        self.plan, self.path = plan, path
        self.task = load_task(name, plan.examples)
        self.usual = float(self.task.usual)
        self.about = {"task": self.task.title, "inits": INITS}
        known = measured.read(path) or {**self.about, "trainings": {}}
        if {key: known[key] for key in self.about} != self.about:
            raise SystemExit(
                f"{path} holds another comparison than {self.about}: name another --out"
            )
        self.trainings: dict[str, list[dict[str, Any]]] = known["trainings"]

    def measure(self, only: str = "") -> None:
        """Train what is not stored yet, of the keys that a pattern matches."""
        for key, train in self.measurements():
            if key in self.trainings or not re.search(only, key):
                continue
            begun = time.monotonic()
            self.trainings[key] = [training._asdict() for training in train()]
            measured.write(self.path, {**self.about, "trainings": self.trainings})
            print(f"{self.task.name}: {key}, {time.monotonic() - begun:.0f} s", flush=True)

    def measurements(self) -> Iterator[Measurement]:
        """All that is to be measured, what the summary needs most first."""
        lengths, usual = self.plan.lengths, self.usual
        loops = {name: self._loop_of(method) for name, method in METHODS.items()}
        for length in lengths:
            for peak in peaks_at(self.plan, length, self.trainings, self.task.usual):
                yield self._scheduled("cosine", length, float(peak), f" {peak}")
            yield Measurement(f"ours {length}", partial(self._ours, length))
            for name, method in METHODS.items():
                if not method.anytime or length == lengths[-1]:
                    train = partial(self._parameter_free, method, loops[name], length)
                    yield Measurement(f"{name} {length}", train)
        yield self._scheduled("constant", lengths[-1], usual)
        yield Measurement(f"plateau {lengths[-1]}", lambda: plateau(self.loop, usual, lengths[-1]))
        for length in lengths:
            yield self._scheduled("linear", length, usual)
            yield self._scheduled("one_cycle", length, usual)
            yield Measurement(f"range_test {length}", partial(self._range_test, length))

    @cached_property
    def loop(self) -> Any:
        """The model with its own optimizer."""
        from tests.benchmarks.compare.loop import Loop

        return Loop(self.task)

    def _ours(self, length: int) -> list[Training]:
        return explored(self.loop, length)

    def _parameter_free(
        self, method: Method, loop: Callable[[], Any], length: int
    ) -> list[Training]:
        return scheduled(loop(), method.shape, method.peak, length)

    def _range_test(self, length: int) -> list[Training]:
        return range_test(self.loop, by_step.cosine, self._rising, length)

    @cached_property
    def _rising(self) -> list[float]:
        return [rising(self.loop, init) for init in range(INITS)]

    def _scheduled(self, name: str, length: int, peak: float, more: str = "") -> Measurement:
        shape = getattr(by_step, name)
        return Measurement(
            f"{name} {length}{more}", lambda: scheduled(self.loop, shape, peak, length)
        )

    def _loop_of(self, method: Method) -> Callable[[], Any]:
        from tests.benchmarks.compare.loop import Loop

        loops: list[Any] = []

        def loop() -> Any:
            if not loops:
                loops.append(Loop(self.task, method.optimizer, method.decay, method.measure_again))
            return loops[0]

        return loop


def main(options: argparse.Namespace) -> None:
    """Measure what is wanted; write the tables and the picture of all that is stored."""
    from lrsearch.files import write_text

    options.out.mkdir(parents=True, exist_ok=True)
    for task in options.task:
        path = options.out / f"five-{options.size}-{task}.json.gz"
        plan = PLANS[options.size][task]
        lengths = tuple(n for n in plan.lengths if n <= options.most)
        Measured(task, plan._replace(lengths=lengths), path).measure(options.only)
    results = load(options.out, options.size)
    write_text(options.out / f"five-{options.size}.md", text(results))
    figure(options.out / f"five-{options.size}.png", results)
    print(summary(results), flush=True)


if __name__ == "__main__":
    os.environ.setdefault("KERAS_BACKEND", "jax")
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.compare.five_tasks")
    parser.add_argument("--out", type=Path, required=True, help="for JSON, tables, figures")
    parser.add_argument("--task", nargs="+", default=list(PLANS["medium"]), help="which tasks")
    parser.add_argument("--only", default="", help="the measurements that match, as a regex")
    parser.add_argument("--most", type=int, default=10**6, help="epochs of the longest trainings")
    parser.add_argument("--medium", dest="size", action="store_const", const="medium")
    parser.set_defaults(size="small")
    main(parser.parse_args())

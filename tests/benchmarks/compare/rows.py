"""The rows of the comparison: every way to set the rate, and how to train it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

__all__ = ["Row", "Size", "rows"]

GRID = ("1", "0.3", "0.1", "0.03", "0.01", "0.003", "0.001", "0.0003")


@dataclass(frozen=True)
class Size:
    """How large a comparison is.

    Attributes
    ----------
    name : str
        For files.
    images : int or None
        Training images; None for all.
    divisor : int
        What every number of epochs is divided by.
    inits : int
        Trainings of each row.
    """

    name: str
    images: int | None
    divisor: int
    inits: int = 3

    def epochs(self, number: int) -> int:
        """A number of epochs at this size, at least 1."""
        return max(1, number // self.divisor)


@dataclass(frozen=True)
class Row:
    """One way to set the rate.

    Attributes
    ----------
    name : str
        For people.
    train : callable
        ``train(runs)`` returns an outcome for each init; see `Runs`.
    """

    name: str
    train: Callable[[Any], list[Any]]


def rows(task: Any, size: Size, forget: bool = False) -> list[Row]:
    """All rows of a task."""
    from lrsearch import Constant, CosineAnnealing, CosineWarmRestarts

    scale = size.epochs
    budgets = [scale(number) for number in (50, 100, 200, 400)]
    peak, longest, trial = task.usual, budgets[-1], budgets[0]
    found: list[Row] = []

    def add(name: str, train: Callable[[Any], list[Any]]) -> None:
        found.append(Row(name, train))

    for epochs in budgets:
        schedule = CosineAnnealing(peak, epochs, min(scale(5), epochs - 1))
        add(f"cosine annealing over {epochs}, peak {peak}",
            lambda r, s=schedule, n=epochs: r.schedule(s, n))  # fmt: skip
        if forget and task.name == "vae":  # plain SGD has none
            add(f"cosine annealing over {epochs}, moments forgotten",
                lambda r, s=schedule, n=epochs: r.schedule(s, n, forget=True))  # fmt: skip
    restarts = CosineWarmRestarts(peak, trial, 2)
    add(f"warm restarts, period {trial}, doubled", lambda r: r.schedule(restarts, longest))
    named = {"0.0003": "by hand", "0.00041": "explored, first", "0.00038": "explored, second"}
    for rate, name in named.items() if task.name == "vae" else ():
        add(f"{name}, {rate}, search not counted",
            lambda r, rate=rate: r.schedule(Constant(rate), longest))  # fmt: skip
    add(f"the optimizer's default, {peak}", lambda r: r.schedule(Constant(peak), longest))
    add(f"ReduceLROnPlateau from {peak}", lambda r: r.plateau(peak, longest, scale(10)))
    for epochs in budgets[1::2]:
        add(f"LR range test, then cosine over {epochs}",
            lambda r, n=epochs: r.range_test(n, min(scale(5), n - 1)))  # fmt: skip
    add(f"grid of 8, {trial} epochs each", lambda r: r.search(r.grid(GRID, trial), longest))
    add(f"random, {trial} epochs each", lambda r: r.search(r.random(8, trial), longest))
    for sampler, title in (("TPESampler", "Bayesian, TPE"), ("GPSampler", "Bayesian, GP")):
        add(f"{title}, {trial} epochs each",
            lambda r, s=sampler: r.search(r.optuna(s, longest, trial), longest))  # fmt: skip
    add("the paper's explorer, every epoch counted", lambda r: r.paper(trial, scale(1000)))
    for epochs in budgets:
        add(f"LRExplorerCallback(), {epochs} epochs in all", lambda r, n=epochs: r.default(n))
    return found

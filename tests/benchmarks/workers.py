"""Many workers, simulated with the real Search objects by discrete events.

A worker asks for a leg, trains it, tells its scores and asks again; where there is nothing to hand
out, it waits. The time of each epoch is drawn from a Pareto distribution with the exponent 1.5,
whose variance is infinite: a few epochs take a hundred times the shortest. Compared are

- the barrier: the paper's search, where every round waits for its slowest trial, and
- the race, which hands out legs while others are out.

The race has the paper's budget, or 20 first legs a worker where that is more.
"""

from __future__ import annotations

import heapq
import math
import sys
import time
from dataclasses import dataclass

import numpy as np

from lrsearch import DigitRace, DigitSearch, Search, Trial

SECONDS = 8.0
"""Mean of an epoch; the paper's, on the graphics card that it had."""
EXPONENT = 1.5
EPOCHS = 50
FIRST_LEGS = 20
"""What the aim asks: a budget of so many first legs a worker."""


@dataclass(frozen=True)
class Outcome:
    """What a simulation showed.

    Attributes
    ----------
    seconds : float
        When the search was over, and its rate final.
    idle : float
        The share of the workers' time until then in which they had nothing to do.
    waiting : float
        The same share until the last leg was handed out: later, workers may go.
    epochs : int
        Epochs charged.
    rate : float
        The rate recommended.
    """

    seconds: float
    idle: float
    waiting: float
    epochs: int
    rate: float


Found = dict[tuple[str, int], list[Outcome]]
"""Outcomes by kind of search and number of workers, one for each seed."""


def simulate(search: Search, workers: int, seed: int, longest: float = math.inf) -> Outcome:
    """Run a search with so many workers.

    Examples
    --------
    >>> from lrsearch import GridSearch
    >>> search = GridSearch(["0.1", "0.01", "0.001"], epochs=1)
    >>> simulate(search, workers=1, seed=0).idle
    0.0
    >>> search = GridSearch(["0.1", "0.01", "0.001"], epochs=1)
    >>> outcome = simulate(search, workers=6, seed=0)
    >>> outcome.idle > 0.5, outcome.epochs
    (True, 3)
    """
    generator = np.random.default_rng(seed)
    now = 0.0
    free = workers
    legs: list[tuple[float, float]] = []
    out: list[tuple[float, int, Trial]] = []
    while True:
        while free and (trial := search.ask()) is not None:
            spent = float(epoch_times(generator, trial.epochs).sum())
            legs.append((now, now + spent))
            free -= 1
            heapq.heappush(out, (now + spent, trial.number, trial))
        if not out:
            break
        now, _, trial = heapq.heappop(out)
        free += 1
        search.tell(trial, scores(trial))
    if not search.done:
        raise RuntimeError("the search handed out nothing while nothing was out")
    last = max(begin for begin, _ in legs)
    idle, waiting = idle_until(now, legs, workers), idle_until(last, legs, workers)
    return Outcome(now, idle, waiting, search.spent, search.rate)


def idle_until(end: float, legs: list[tuple[float, float]], workers: int) -> float:
    """The share of time until `end` in which the workers had no leg.

    Examples
    --------
    >>> idle_until(4.0, [(0.0, 2.0), (1.0, 9.0)], workers=2)
    0.375
    """
    if not end:
        return 0.0
    busy = sum(min(stop, end) - begin for begin, stop in legs if begin < end)
    return max(0.0, 1 - busy / (end * workers))


def epoch_times(generator: np.random.Generator, epochs: int) -> np.ndarray:
    """Seconds of each epoch."""
    shortest = SECONDS * (EXPONENT - 1) / EXPONENT
    return shortest * (1 + generator.pareto(EXPONENT, epochs))


def scores(trial: Trial) -> list[float]:
    """Scores of a training that is best at 0.002 after 50 epochs, and diverges above 0.3."""
    if trial.rate > 0.3:
        return [math.nan]
    generator = np.random.default_rng([trial.number, trial.init])
    start = generator.normal(0, 0.01)
    noise = generator.normal(0, 0.005, trial.stop_epoch)
    found = []
    for epoch in range(trial.start_epoch + 1, trial.stop_epoch + 1):
        unfinished = math.exp(-float(trial.rate) * epoch / 0.02)
        too_high = 0.3 * max(0.0, math.log10(trial.rate / 0.001 if trial.rate else 1)) ** 2
        found.append(1 + unfinished + too_high + start + noise[epoch - 1])
    return found


def barrier(workers: int) -> Search:
    return DigitSearch.paper(epochs=EPOCHS)


def race(workers: int) -> Search:
    budget = DigitSearch.paper(epochs=EPOCHS).most_epochs
    first = new_race(budget).ask().epochs
    return new_race(max(budget, FIRST_LEGS * first * workers))


def new_race(budget: int) -> Search:
    return DigitRace(budget, max_epochs=EPOCHS)


KINDS = {"barrier": barrier, "race": race}


def measure(workers: tuple[int, ...], seeds: int) -> Found:
    """Every kind of search with every number of workers, once for each seed."""
    found = {}
    for count in workers:
        for name, make in KINDS.items():
            begun = time.perf_counter()
            found[name, count] = [simulate(make(count), count, seed) for seed in range(seeds)]
            took = time.perf_counter() - begun
            print(f"{count:5} workers, {name}: {took:.1f} s to simulate", file=sys.stderr)
    return found

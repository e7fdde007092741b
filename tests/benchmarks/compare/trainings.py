"""Trainings of one row on one task, from several inits: what `five_tasks` stores."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np

from tests.benchmarks.compare.by_step import Shape, rates
from tests.benchmarks.compare.loop import Loop, Weights

__all__ = ["INITS", "Training", "plateau", "range_test", "rising", "scheduled"]

INITS = 3
RANGE_STEPS = 300


class Training(NamedTuple):
    """One training, validated after each epoch with the weights and with their average.

    Attributes
    ----------
    scores, averages : list of float
        The two validation scores after each epoch.
    test, test_average : float
        The test scores at the weights, and at the average, that validation chose.
    rate : str
        The peak of its rates.
    seconds : float
        What the processor spent on it.
    before : float
        Epochs spent beside those that have a score.
    """

    scores: list[float]
    averages: list[float]
    test: float
    test_average: float
    rate: str
    seconds: float
    before: float = 0.0


def scheduled(loop: Loop, shape: Shape, peak: float, epochs: int, before: float = 0.0,
              inits: Sequence[int] = range(INITS)) -> list[Training]:  # fmt: skip
    """Every init by a schedule of so many epochs."""
    return [
        _train(loop, init, epochs, lambda e: rates(shape, peak, epochs, e, loop.steps),
               f"{peak:.3g}", before)
        for init in inits
    ]  # fmt: skip


def plateau(loop: Loop, rate: float, epochs: int) -> list[Training]:
    """Keras's ReduceLROnPlateau at its defaults: a tenth, after 10 epochs without progress."""
    found = []
    for init in range(INITS):
        falling = _Plateau(rate)
        found.append(
            _train(loop, init, epochs, partial(falling.rates, loop.steps), f"{rate:.3g}", 0,
                   falling.after)
        )  # fmt: skip
    return found


class _Plateau:
    def __init__(self, rate: float) -> None:
        self.rate, self.best, self.since = rate, math.inf, 0

    def rates(self, steps: int, epoch: int) -> np.ndarray:
        return np.full(steps, self.rate)

    def after(self, score: float) -> None:
        self.since += 1
        if score < self.best - 1e-4:
            self.best, self.since = score, 0
        elif self.since >= 10:
            self.rate, self.since = self.rate / 10, 0


def range_test(loop: Loop, shape: Shape, peaks: Sequence[float], epochs: int) -> list[Training]:
    """Every init by a schedule from the peak that `rising` gave for it."""
    before = RANGE_STEPS * loop.batch / loop.examples
    return [
        training
        for init, peak in enumerate(peaks)
        for training in scheduled(loop, shape, peak, epochs, before, [init])
    ]


def _train(
    loop: Loop,
    init: int,
    epochs: int,
    rates_of: Callable[[int], np.ndarray],
    rate: str,
    before: float,
    after: Callable[[float], None] = lambda score: None,
) -> Training:
    begun = time.process_time()
    weights = loop.start(init)
    scores: tuple[list[float], list[float]] = [], []
    best: list[Weights | None] = [None, None]
    for epoch in range(epochs):
        weights, both = loop.epoch(weights, rates_of(epoch), init, epoch + 1)
        for n, score in enumerate(both):
            if math.isfinite(score) and score < min(scores[n], default=math.inf):
                best[n] = weights
            scores[n].append(float(f"{score:.6g}"))
        if not math.isfinite(both[0]):
            break
        after(both[0])
    seconds = time.process_time() - begun
    tests = [_test(loop, state, averaged) for averaged, state in enumerate(best)]
    return Training(*scores, *tests, rate, round(seconds, 2), before)


def _test(loop: Loop, weights: Weights | None, averaged: int) -> float:
    return math.nan if weights is None else loop.test_score(weights, bool(averaged))


def rising(loop: Loop, init: int) -> float:
    """A tenth of the best rate of those that rise from 1e-7 to 10, a step each.

    L. N. Smith 2017, arXiv:1506.01186.
    """
    given = np.geomspace(1e-7, 10, RANGE_STEPS)
    smooth, least, chosen = 0.0, math.inf, given[0]
    for step, (loss, rate) in enumerate(zip(loop.losses(given, init), given, strict=True), 1):
        smooth = 0.95 * smooth + 0.05 * loss
        shown = smooth / (1 - 0.95**step)
        if not math.isfinite(loss) or shown > 4 * least:
            break
        if shown < least and step > 10:
            least, chosen = shown, rate
    return float(f"{chosen / 10:.2g}")

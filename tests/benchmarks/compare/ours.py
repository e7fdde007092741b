"""What LRExplorerCallback() does in a training, on the compiled loop: the same `Explorer`."""

from __future__ import annotations

import time
import warnings
from typing import Any

import numpy as np

import lrsearch
from tests.benchmarks.compare.loop import Loop
from tests.benchmarks.compare.trainings import INITS, Training

__all__ = ["explored"]


class _Trainee(lrsearch.Trainee):
    """One member of a `Loop`, as `lrsearch.Explorer` sees it."""

    def __init__(self, loop: Loop, init: int) -> None:
        self.loop, self.init = loop, init
        self.rate = float(loop.task.usual)
        self.now = loop.start(init)

    def take(self) -> lrsearch.State:
        now = self.now
        leaves = [*_leaves(now.optimizer), *now.average, now.step]
        return lrsearch.State([*now.trainable, *now.others], leaves)

    def put(self, state: lrsearch.State) -> None:
        now = self.now
        if state.model:
            cut = len(now.trainable)
            now = now._replace(trainable=list(state.model[:cut]), others=list(state.model[cut:]))
        if state.optimizer:
            *arrays, step = state.optimizer
            cut = len(arrays) - len(now.average)
            optimizer = _refilled(now.optimizer, arrays[:cut])
            now = now._replace(optimizer=optimizer, average=arrays[cut:], step=step)
        self.now = now

    def initial(self, init: int, first: lrsearch.State) -> lrsearch.State:
        return first if init == 0 else _Trainee(self.loop, 1000 * self.init + init).take()

    def new_optimizer(self) -> Any:
        return _Trainee(self.loop, self.init).take().optimizer

    def keep_average(self) -> bool:
        return True

    def swap_average(self) -> None:
        self.now = self.now._replace(trainable=self.now.average, average=self.now.trainable)


def explored(loop: Loop, epochs: int) -> list[Training]:
    """Every init by both phases, so many epochs in all."""
    return [_train(loop, epochs, init) for init in range(INITS)]


def _train(loop: Loop, epochs: int, init: int) -> Training:
    begun = time.process_time()
    trainee = _Trainee(loop, init)
    scores: tuple[list[float], list[float]] = [], []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        explorer = lrsearch.Explorer(trainee, epochs, verbose=0)
        for epoch in explorer:
            rates = np.full(loop.steps, trainee.rate)
            for step in range(loop.steps):
                explorer.begin_batch(step, loop.steps)
                rates[step] = trainee.rate
            trainee.now, both = loop.epoch(trainee.now, rates, init, epoch.epoch)
            for kind, score in zip(scores, both, strict=True):
                kind.append(float(f"{score:.6g}"))
            explorer.report(lambda score=both[1]: score)
    test = loop.test_score(trainee.now, False)
    rate = f"{explorer.rate} → {explorer.peak}"
    return Training(*scores, test, test, rate, round(time.process_time() - begun, 2))


def _leaves(tree: Any) -> list[Any]:
    import jax

    return list(jax.tree.leaves(tree))


def _refilled(tree: Any, leaves: list[Any]) -> Any:
    import jax

    return jax.tree.unflatten(jax.tree.structure(tree), leaves)

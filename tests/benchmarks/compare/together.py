"""Given rates or schedules, from several inits, trained as one population (JAX backend)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from lrsearch import State
from lrsearch_keras.population import CompiledTrainer

__all__ = ["Trained", "train_together"]


class Trained(NamedTuple):
    """What `train_together` leaves.

    Attributes
    ----------
    scores : ndarray of float, shape (members, epochs)
        The score after each epoch.
    best : list of State
        Each member's state after its best epoch; its first one where no score was finite.
    last : list of State
        Each member's state after its last epoch.
    """

    scores: np.ndarray
    best: list[State]
    last: list[State]


def train_together(
    trainer: CompiledTrainer,
    schedules: Sequence[Callable[[int], float]],
    epochs: int,
    starts: Sequence[State],
    inits: Sequence[int],
    *,
    monitor: str = "val_loss",
    sign: float = 1.0,
    first_epoch: int = 0,
    new_optimizer: Sequence[np.ndarray] | None = None,
    after: Callable[[int, list[float]], None] | None = None,
) -> Trained:
    """Train members with a rate of their own for each epoch.

    Parameters
    ----------
    trainer : CompiledTrainer
        The compiled model and its data.
    schedules : sequence of callable
        A member's rate as a function of the epoch, counted from 0: any `lrsearch.Schedule`.
    epochs : int
        How many epochs to train.
    starts : sequence of State
        What each member starts from.
    inits : sequence of int
        What the order of each member's examples depends on.
    monitor : str
        The score's name in the results.
    sign : float
        1 where smaller scores are better, -1 where larger ones are.
    first_epoch : int
        Epochs that the members have behind them, for the order of their examples.
    new_optimizer : sequence of ndarray, optional
        Given, the optimizer is put into this state before every epoch: its moments are
        forgotten, as in the paper's own program.
    after : callable, optional
        ``after(epoch, scores)`` is called after each epoch, counted from 0.

    Returns
    -------
    Trained

    Examples
    --------
    ::

        import keras
        import lrsearch
        import numpy as np
        from lrsearch_keras import Inits, put_state
        from lrsearch_keras.population import CompiledTrainer
        from tests.benchmarks.compare.together import train_together

        x = np.random.default_rng(0).normal(size=(256, 4))
        y = x.sum(axis=1, keepdims=True)
        model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
        model.compile("adam", "mse")

        trainer = CompiledTrainer(model, x[:192], y[:192], validation_data=(x[192:], y[192:]))
        inits = Inits(model, "same", seed=0)
        anneal = lrsearch.CosineAnnealing("0.01", epochs=10)
        trained = train_together(
            trainer, [anneal] * 3, 10, [inits.state(i) for i in range(3)], range(3)
        )
        put_state(model, trained.best[trained.scores.min(axis=1).argmin()])
    """
    members = [trainer.member(start) for start in starts]
    scores = np.full((len(members), epochs), np.nan)
    best, lowest = list(starts), [np.inf] * len(members)
    for epoch in range(epochs):
        if new_optimizer is not None:
            members = [trainer.with_optimizer(member, new_optimizer) for member in members]
        rates = [float(schedule(epoch)) for schedule in schedules]
        places = [(init, first_epoch + epoch + 1) for init in inits]
        for low in range(0, len(members), trainer.size) if trainer.size > 1 else (0,):
            part = slice(low, low + trainer.size) if trainer.size > 1 else slice(None)
            members[part], logs = trainer.epoch(members[part], rates[part], places[part])
            scores[part, epoch] = [results[monitor] for results in logs]
        for index, loss in enumerate(sign * scores[:, epoch]):
            if loss < lowest[index]:
                lowest[index], best[index] = loss, trainer.state(members[index])
        if after is not None:
            after(epoch, scores[:, epoch].tolist())
    return Trained(scores, best, [trainer.state(member) for member in members])

"""A whole search compiled: several rates at once, in one program (JAX backend)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Literal, NamedTuple

import keras

from lrsearch import Rate, State, Trial
from lrsearch.checks import at_least, sign
from lrsearch.results import rounds_text
from lrsearch.training import (
    Checkpoints,
    Display,
    Entrance,
    Epoch,
    Options,
    Trials,
    check_search,
    improves,
    warn_of_the_end,
)
from lrsearch_keras.monitor import check_mode, direction, score_in
from lrsearch_keras.population.compiled import CompiledTrainer, Member
from lrsearch_keras.state import Inits, new_optimizer, put

__all__ = ["Explored", "explore_population"]


class Explored(NamedTuple):
    """What `explore_population` found.

    Attributes
    ----------
    search : Search
        The search, done.
    rate : Rate or None
        The rate that it recommends.
    best : Epoch or None
        The epoch with the best score.
    history : list of Epoch
        Every epoch trained, in the order of the reports.
    state : State or None
        The model's and the optimizer's state after the best epoch.
    """

    search: Any
    rate: Rate | None
    best: Epoch | None
    history: list[Epoch]
    state: State | None


def explore_population(
    model: keras.Model,
    x: Any,
    y: Any = None,
    sample_weight: Any = None,
    *,
    search: Any,
    validation_data: Any = None,
    batch_size: int = 32,
    validation_batch_size: int = 1000,
    population: int | None = None,
    monitor: str = "val_loss",
    mode: Literal["auto", "min", "max"] = "auto",
    initial: Literal["same", "fresh"] | Callable[[int], Any] = "same",
    average: bool = True,
    shuffle: bool = True,
    seed: int = 0,
    verbose: int = 1,
) -> Explored:
    """Explore learning rates with whole epochs compiled, several rates side by side.

    Each of the search's trials starts from its init and is trained at its rate by the steps of
    Keras's JAX trainer; paused trials are continued from where they were. Members of the
    population are trials: when the leg of one is over, the next trial takes its place, and
    nothing is compiled again. A trial that diverges disturbs no other.

    Afterwards the model has the best weights seen, and its optimizer is new, at the rate found.
    Where no rate was found, a warning says why, and the model has the weights from before.

    Parameters
    ----------
    model : keras.Model
        Compiled, on the JAX backend. One whose Python looks at values cannot be traced, here or
        by ``fit`` on JAX; `LRExplorerCallback` on another backend serves it.
    x, y, sample_weight : array, list of numbers or nest of them, shape (examples, ...)
        What to train on, held on the device. `y` may be left out where the model adds its loss.
    search : Search
        Any search, fresh or paused.
    validation_data : tuple (x, y) or (x, y, sample_weight)
        What to validate on after each epoch; it may be left out where `monitor` is a result of
        training, "loss" say.
    batch_size, validation_batch_size : int
        Examples a step of training, and of validation.
    population : int, optional
        How many rates to train side by side. By default 1 on a CPU, where that is the fastest
        way, and elsewhere as many as memory allows, 30 at the most (see `CompiledTrainer`).
    monitor, mode, initial, average, seed
        As for `LRExplorerCallback`. Trials of one init also share the order of their examples.
    shuffle : bool
        Whether that order is drawn anew for each epoch.
    verbose : int
        0 shows nothing.

    Raises
    ------
    RuntimeError
        If Keras runs on another backend, or the search has nothing to hand out.
    TypeError
        If `search` is no search, data are no arrays, or a number is no whole one.
    ValueError
        If the model cannot be traced (see `CompiledTrainer`), if data do not fit together or do
        not fit the model, if there are no data to have the monitor from, or the search's
        direction is not the monitor's.

    Examples
    --------
    ::

        import keras
        import lrsearch
        import numpy as np
        from lrsearch_keras import explore_population

        x = np.random.default_rng(0).normal(size=(256, 4))
        y = x.sum(axis=1, keepdims=True)
        model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
        model.compile("adam", "mse")

        search = lrsearch.DigitRace(budget=40, max_epochs=10)
        explored = explore_population(
            model, x[:192], y[:192], search=search, validation_data=(x[192:], y[192:])
        )
        explored.rate, search.evidence().sentence
    """
    check_search(search)
    check_mode(mode)
    Options(search, initial=initial)
    signed = sign(direction(monitor, mode, model, search))
    if validation_data is None and monitor.startswith("val_"):
        raise ValueError(
            f"there is no validation data to have {monitor!r} from: pass validation_data=(x, y), "
            'or monitor="loss"'
        )
    trainer = CompiledTrainer(
        model,
        x,
        y,
        sample_weight,
        validation_data=validation_data,
        batch_size=batch_size,
        validation_batch_size=validation_batch_size,
        shuffle=shuffle,
        seed=seed,
        size=None if population is None else at_least(1, "population", population),
        average=average and monitor.startswith("val_"),
        training_metrics=not monitor.startswith("val_"),
    )
    inits = Inits(model, initial, seed, average=trainer.averages)
    running = _Running(trainer, search, inits, initial == "fresh")
    history: list[Epoch] = []
    best: Epoch | None = None
    state: State | None = None
    most = search.most_epochs
    display = Display(None if most is None else most - search.spent, verbose, live=True)
    try:
        while running.fill():
            for epoch, member in running.train(monitor):
                history.append(epoch)
                if improves(epoch.score, None if best is None else best.score, signed):
                    best, state = epoch, trainer.without_average(trainer.averaged(member))
                display.epoch(search, epoch, best)
        display.message(rounds_text(search))
    finally:
        display.close()
        running.release()
        put(model.variables, inits.first.model if state is None else state.model)
        trainer.drop_average()
        put(model.optimizer.variables, new_optimizer(model))
        if search.rate is not None:
            model.optimizer.learning_rate = float(search.rate)
    warn_of_the_end(Entrance(), search, None, len(history), len(history))
    return Explored(search, search.rate, best, history, state)


class _Running:
    """The trials that are in training, one a place of the population."""

    def __init__(self, trainer: CompiledTrainer, search: Any, inits: Inits, fresh: bool) -> None:
        self.trainer = trainer
        self.search = search
        self.trials = Trials(search, inits.state, fresh, Checkpoints(None))
        self._out: dict[int, Trial] = {}
        self._members: dict[int, Member] = {}
        self._epochs: dict[int, int] = {}

    def fill(self) -> bool:
        """Ask for trials until the population is full; False when the search is done."""
        while len(self._out) < self.trainer.size:
            asked = self.trials.ask()
            if asked is None:
                break
            trial, state = asked
            self._out[trial.number] = trial
            self._members[trial.number] = self.trainer.member(state)
            self._epochs[trial.number] = trial.start_epoch
        if not self._out and not self.search.done:
            raise RuntimeError(
                "the search has nothing to hand out: pass a new search, or tell() or release() "
                "the trials that were asked elsewhere"
            )
        return bool(self._out)

    def train(self, monitor: str) -> list[tuple[Epoch, Member]]:
        """Train every trial for an epoch, and report its score."""
        trials = [self._out[number] for number in sorted(self._out)]
        places = [(self.trials.init(trial), self._epochs[trial.number] + 1) for trial in trials]
        members, logs = self.trainer.epoch(
            [self._members[trial.number] for trial in trials],
            [float(trial.rate) for trial in trials],
            places,
        )
        ended = []
        for trial, member, results in zip(trials, members, logs, strict=True):
            score = score_in(results, monitor)
            number = trial.number
            self._members[number] = member
            self._epochs[number] += 1
            at = self._epochs[number]
            ended.append(
                (Epoch("explore", trial.round, number, trial.rate, at, trial.stop_epoch, score),
                 member)
            )  # fmt: skip
            state = self.search.report(trial, score, at)
            if not state:
                del self._out[number], self._members[number], self._epochs[number]
                self.trials.end_leg(trial, at, state, partial(self.trainer.state, member))
        return ended

    def release(self) -> None:
        """Hand what is in training back to the search."""
        for trial in self._out.values():
            self.search.release(trial)
        self._out.clear()
        self._members.clear()

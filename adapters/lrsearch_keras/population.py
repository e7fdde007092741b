"""A whole search compiled: several rates at once, in one program (JAX backend)."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Literal, NamedTuple

import keras

from lrsearch import Rate, Trial
from lrsearch.checks import at_least
from lrsearch.results import rounds_text
from lrsearch_keras.checkpoints import Checkpoints
from lrsearch_keras.checks import check_search
from lrsearch_keras.compiled import CompiledTrainer, Member
from lrsearch_keras.endings import warn_of_the_end
from lrsearch_keras.inits import Inits
from lrsearch_keras.monitor import direction, score_in
from lrsearch_keras.options import Options
from lrsearch_keras.phases import Epoch
from lrsearch_keras.show import Show
from lrsearch_keras.snapshot import State, put
from lrsearch_keras.trials import next_trial

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
    monitor, mode, initial, seed
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
    Options(search, monitor=monitor, mode=mode, initial=initial, seed=seed)
    better = _better(direction(monitor, mode, model, search))
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
        training_metrics=not monitor.startswith("val_"),
    )
    inits = Inits(model, initial, seed)
    running = _Running(trainer, search, inits, initial == "fresh")
    history: list[Epoch] = []
    best: Epoch | None = None
    state: State | None = None
    most = search.most_epochs
    show = Show(None if most is None else most - search.spent, verbose, live=True)
    try:
        while running.fill():
            for epoch, member in running.train(monitor):
                history.append(epoch)
                if better(epoch.score, None if best is None else best.score):
                    best, state = epoch, trainer.state(member)
                show.epoch(search, epoch, best)
        show.message(rounds_text(search))
    finally:
        show.close()
        running.leave()
        put(model.variables, inits.first.model if state is None else state.model)
        put(model.optimizer.variables, inits.new_optimizer)
        if search.rate is not None:
            model.optimizer.learning_rate = float(search.rate)
    warn_of_the_end(search, None, len(history), len(history))
    return Explored(search, search.rate, best, history, state)


class _Running:
    """The trials that are in training, one a place of the population."""

    def __init__(self, trainer: CompiledTrainer, search: Any, inits: Inits, fresh: bool) -> None:
        self.trainer = trainer
        self.search = search
        self.inits = inits
        self.fresh = fresh
        self.checkpoints = Checkpoints(None)
        self._trials: dict[int, Trial] = {}
        self._members: dict[int, Member] = {}
        self._epochs: dict[int, int] = {}

    def fill(self) -> bool:
        """Ask for trials until the population is full; False when the search is done."""
        while len(self._trials) < self.trainer.size:
            found = next_trial(self.search, self._state)
            if found is None:
                break
            trial, state = found
            self._trials[trial.number] = trial
            self._members[trial.number] = self.trainer.member(state)
            self._epochs[trial.number] = trial.start_epoch
        if not self._trials and not self.search.done:
            raise RuntimeError(
                "the search has nothing to hand out: pass a new search, or tell() or release() "
                "the trials that were asked elsewhere"
            )
        return bool(self._trials)

    def train(self, monitor: str) -> list[tuple[Epoch, Member]]:
        """Train every trial for an epoch, and report its score."""
        trials = [self._trials[number] for number in sorted(self._trials)]
        places = [(self._init(trial), self._epochs[trial.number] + 1) for trial in trials]
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
            if not self.search.report(trial, score, at):
                self._end(number)
        self.checkpoints.drop_ended(self.search.trials)
        return ended

    def leave(self) -> None:
        """Give what is in hand back to the search."""
        for trial in self._trials.values():
            self.search.release(trial)
        self._trials.clear()
        self._members.clear()

    def _end(self, number: int) -> None:
        del self._trials[number]
        member, epoch = self._members.pop(number), self._epochs.pop(number)
        if self.search.trials[number].state == "paused":
            self.checkpoints.keep(number, epoch, self.trainer.state(member))

    def _init(self, trial: Trial) -> int:
        return trial.number if self.fresh else trial.init

    def _state(self, trial: Trial) -> State | None:
        if trial.start_epoch > 0:
            return self.checkpoints.state(trial.number, trial.start_epoch)
        return self.inits.state(self._init(trial))


def _better(found: str) -> Callable[[float | None, float | None], bool]:
    sign = 1.0 if found == "minimize" else -1.0

    def better(score: float | None, best: float | None) -> bool:
        if score is None or not math.isfinite(score):
            return False
        return best is None or sign * score < sign * best

    return better

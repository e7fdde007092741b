"""The two phases, epoch by epoch: which state and which rate to train with next."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

import keras
import numpy as np

from lrsearch import Exploit, Rate, Step, Trial
from lrsearch_keras.checkpoints import Checkpoints
from lrsearch_keras.inits import Inits
from lrsearch_keras.kept import KeptSearch
from lrsearch_keras.snapshot import State, copied, put, put_state, take
from lrsearch_keras.trials import next_trial

__all__ = ["Epoch", "Exploiting", "Exploring", "Phase"]


class Epoch(NamedTuple):
    """One epoch of the fit.

    Attributes
    ----------
    phase : {"explore", "exploit"}
        The phase.
    round : int
        The search's round, from 1; 0 in exploit.
    trial : int
        The search's trial, from 0; -1 in exploit.
    rate : Rate or float
        The learning rate, exact.
    epoch : int
        Which epoch of the trial, or of exploit, from 1.
    epochs : int
        The number of the trial's epoch at which this leg stops; exploit's budget.
    score : float or None
        The monitored result; None where the epoch was not validated.
    """

    phase: str
    round: int
    trial: int
    rate: Rate | float
    epoch: int
    epochs: int
    score: float | None = None


class Phase(Protocol):
    """What the callback needs of a phase."""

    @property
    def done(self) -> bool: ...
    @property
    def trial(self) -> Trial | None: ...
    @property
    def needs_score(self) -> bool: ...
    def begin(self, model: keras.Model) -> Epoch | None: ...
    def end(self, model: keras.Model, score: float | None, best: Any) -> None: ...
    def leave(self) -> None: ...


class Exploring:
    """Phase 1: each of the search's trials from its init, or from where its last leg ended."""

    def __init__(
        self, search: KeptSearch, inits: Inits, fresh: bool, checkpoints: Checkpoints
    ) -> None:
        self.search = search
        self.inits = inits
        self.fresh = fresh
        self.checkpoints = checkpoints
        self._trial: Trial | None = None
        self._epoch = 0

    @property
    def done(self) -> bool:
        """Whether the search is over for good."""
        return self.search.done

    @property
    def trial(self) -> Trial | None:
        """The trial in hand."""
        return self._trial

    @property
    def needs_score(self) -> bool:
        """Whether the epoch in hand is the last of a leg that has no score yet."""
        trial = self._trial
        if trial is None or self._epoch + 1 < trial.stop_epoch:
            return False
        return not any(e > trial.start_epoch for e in self.search.trials[trial.number].scores)

    def go_on(self, model: keras.Model, state: State | None, last: dict[str, Any]) -> None:
        """Take up the trial that a process had in hand which was killed.

        Parameters
        ----------
        model : keras.Model
            Put into the state that its next epoch starts from.
        state : State or None
            The state after the last epoch that was kept.
        last : dict
            That epoch: its trial, leg, epoch and score.
        """
        for trial in self.search.out[:1]:
            here = (last.get("trial"), last.get("leg")) == (trial.number, trial.leg)
            self._trial = trial
            self._epoch = self.search.trials[trial.number].epoch
            if here and state is not None and last["epoch"] - self._epoch in (0, 1):
                put_state(model, state)
                if last["epoch"] > self._epoch:
                    self.end(model, last["score"], None)
            elif self._epoch == trial.start_epoch and (start := self._state(trial)) is not None:
                put_state(model, start)
            else:
                self._trial = None
                self.search.release(trial)
        number = last.get("trial")
        if state is not None and number is not None and not self.search.out:
            record = self.search.trials[number]
            if record.state == "paused" and record.checkpoint == last["epoch"]:
                self.checkpoints.keep(number, last["epoch"], state)
            self.checkpoints.drop_ended(self.search.trials)

    def begin(self, model: keras.Model) -> Epoch | None:
        """Bring the model into the state that the next epoch starts from; None when done."""
        trial = self._trial
        if trial is None:
            found = next_trial(self.search, self._state)
            if found is None:
                return None
            trial, state = found
            self._trial, self._epoch = trial, trial.start_epoch
            put_state(model, state)
        return Epoch(
            "explore", trial.round, trial.number, trial.rate, self._epoch + 1, trial.stop_epoch
        )

    def end(self, model: keras.Model, score: float | None, best: Any) -> None:
        """Report the epoch's score; keep the state of a trial that is paused by it."""
        trial = self._trial
        if trial is None:
            raise RuntimeError("no trial is in hand")
        self._epoch += 1
        if self.search.report(trial, score, self._epoch):
            return
        self._trial = None
        record = self.search.trials[trial.number]
        if not record.scores and trial.rate:
            raise ValueError(
                f"none of the {trial.epochs} epochs of trial {trial.number} was validated, so its "
                "rate has no score: let validation_freq be at most "
                f"{trial.epochs}, or give each trial more epochs"
            )
        if record.state == "paused":
            self.checkpoints.keep(trial.number, self._epoch, take(model))
        self.checkpoints.drop_ended(self.search.trials)

    def leave(self) -> None:
        """Give the trial in hand back to the search."""
        trial, self._trial = self._trial, None
        if trial is not None:
            self.search.leave(trial)

    def _state(self, trial: Trial) -> State | None:
        if trial.start_epoch > 0:
            return self.checkpoints.state(trial.number, trial.start_epoch)
        return self.inits.state(trial.number if self.fresh else trial.init)


class Exploiting:
    """Phase 2: one model trained on, step by step."""

    def __init__(
        self,
        exploit: Exploit,
        start: State,
        new_optimizer: list[np.ndarray],
        keep: Callable[[State, int], None] = lambda state, number: None,
    ) -> None:
        self.exploit = exploit
        self.start = start
        self.new_optimizer = new_optimizer
        self.keep = keep
        self._step: Step | None = None
        self._best: State | None = None

    @property
    def done(self) -> bool:
        """Whether the phase is over."""
        return self.exploit.done

    @property
    def trial(self) -> None:
        """There is none."""
        return None

    @property
    def needs_score(self) -> bool:
        """Whether the epoch in hand is the last one, where an annealing is at its best."""
        return self._step is not None and self._step.number + 1 == self.exploit.budget

    def begin(self, model: keras.Model) -> Epoch | None:
        """Bring the model into the state that the next epoch starts from; None when done."""
        step = self.exploit.ask()
        if step is None:
            return None
        self._step = step
        if step.number == 0:
            put_state(model, self.start._replace(optimizer=self.new_optimizer))
        if step.restore:
            state = self.start if self._best is None else self._best
            put(model.variables, state.model)
            if not step.new_optimizer:
                put(model.optimizer.variables, state.optimizer)
        if step.new_optimizer:
            put(model.optimizer.variables, self.new_optimizer)
        return Epoch("exploit", 0, -1, step.rate, step.number + 1, self.exploit.budget)

    def end(self, model: keras.Model, score: float | None, best: list[np.ndarray] | None) -> None:
        """Tell the epoch's score; keep the weights where it is the phase's best.

        `best` holds a copy of them already where they are the best of both phases.
        """
        step = self._step
        if step is None:
            raise RuntimeError("no step is in hand")
        self.exploit.tell(step, score)
        if self.exploit.best_step != step.number:
            return
        weights = copied(model.variables) if best is None else best
        optimizer = model.optimizer.variables
        self._best = State(weights, [] if self.exploit.new_optimizer else copied(optimizer))
        self.keep(self._best, step.number)

    def go_on(self, model: keras.Model, state: State, best: State | None) -> None:
        """Go on after the steps that the phase was told already, from the state after them."""
        put_state(model, state)
        last = self.exploit.best_step == self.exploit.spent - 1
        self._best = state if best is None and last else best

    def leave(self) -> None:
        """Nothing is in hand that others wait for."""

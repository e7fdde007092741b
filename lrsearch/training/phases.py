"""The two phases, epoch by epoch: which state and which rate to train with next."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

from lrsearch.exploit import Exploit, Step
from lrsearch.rate import Rate
from lrsearch.training.average import AfterEpoch
from lrsearch.training.mirrored_search import MirroredSearch
from lrsearch.training.state import Arrays, State
from lrsearch.training.trainee import Trainee
from lrsearch.training.trials import Trials
from lrsearch.trial import Trial

__all__ = ["Epoch", "Exploiting", "Exploring", "Phase"]


class Epoch(NamedTuple):
    """One epoch of a training.

    Attributes
    ----------
    phase : {"explore", "exploit"}
        The phase.
    round : int
        The search's round, from 1; 0 in exploit.
    trial : int
        The search's trial, from 0; -1 in exploit.
    rate : Rate or float
        The learning rate, exact. Where the rate moves by the batch, that of the schedule for a
        whole epoch.
    epoch : int
        Which epoch of the trial, or of exploit, from 1.
    epochs : int
        The number of the trial's epoch at which this leg stops; exploit's budget.
    score : float or None
        The validation result; None where the epoch was not validated, or is not over.
    """

    phase: str
    round: int
    trial: int
    rate: Rate | float
    epoch: int
    epochs: int
    score: float | None = None


class Phase(Protocol):
    """What an `Explorer` needs of a phase."""

    @property
    def done(self) -> bool: ...
    @property
    def trial(self) -> Trial | None: ...
    @property
    def needs_score(self) -> bool: ...
    def begin(self) -> Epoch | None: ...
    def rate_within(self, passed: float, length: float) -> float | None: ...
    def end(self, score: float | None, after: AfterEpoch) -> None: ...
    def release(self) -> None: ...


class Exploring:
    """Phase 1: each of the search's trials from its init, or from where its last leg ended."""

    def __init__(self, trainee: Trainee, search: MirroredSearch, trials: Trials) -> None:
        self.trainee = trainee
        self.search = search
        self.trials = trials
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

    def resume(self, state: State | None, last: dict[str, Any]) -> None:
        """Take up the trial that a process had in hand which was killed.

        Parameters
        ----------
        state : State or None
            The state after the last epoch that was kept; the trainee is put into the one that its
            next epoch starts from.
        last : dict
            That epoch: its trial, leg, epoch and score.
        """
        for trial in self.search.out[:1]:
            here = (last.get("trial"), last.get("leg")) == (trial.number, trial.leg)
            self._trial = trial
            self._epoch = self.search.trials[trial.number].epoch
            if here and state is not None and last["epoch"] - self._epoch in (0, 1):
                self.trainee.put(state)
                if last["epoch"] > self._epoch:
                    self._report(last["score"], self.trainee.take)
            elif (
                self._epoch == trial.start_epoch and (start := self.trials.state(trial)) is not None
            ):
                self.trainee.put(start)
            else:
                self._trial = None
                self.search.release(trial)
        number = last.get("trial")
        if state is not None and number is not None and not self.search.out:
            record = self.search.trials[number]
            checkpoints = self.trials.checkpoints
            if record.state == "paused" and record.checkpoint == last["epoch"]:
                checkpoints.keep(number, last["epoch"], state)
            checkpoints.drop_ended(self.search.trials)

    def begin(self) -> Epoch | None:
        """Bring the trainee into the state that the next epoch starts from; None when done."""
        trial = self._trial
        if trial is None:
            asked = self.trials.ask()
            if asked is None:
                return None
            trial, state = asked
            self._trial, self._epoch = trial, trial.start_epoch
            self.trainee.put(state)
        return Epoch(
            "explore", trial.round, trial.number, trial.rate, self._epoch + 1, trial.stop_epoch
        )

    def rate_within(self, passed: float, length: float) -> None:
        """A trial's rate is constant: there is none to move to."""

    def end(self, score: float | None, after: AfterEpoch) -> None:
        """Report the epoch's score; the state is kept of a trial that is paused by it."""
        self._report(score, after.state)

    def _report(self, score: float | None, take: Callable[[], State]) -> None:
        trial = self._trial
        if trial is None:
            raise RuntimeError("no trial is in hand")
        self._epoch += 1
        state = self.search.report(trial, score, self._epoch)
        if not state:
            self._trial = None
            self.trials.end_leg(trial, self._epoch, state, take)

    def release(self) -> None:
        """Hand the trial in hand back to the search."""
        trial, self._trial = self._trial, None
        if trial is not None:
            self.search.release_in_hand(trial)


class Exploiting:
    """Phase 2: one model trained on, step by step.

    Parameters
    ----------
    trainee : Trainee
    exploit : Exploit
    start : State
        What the phase starts from, its optimizer new.
    keep : callable
        ``keep(state, number)`` keeps the best state so far, which the step of this number reached.
    """

    def __init__(
        self,
        trainee: Trainee,
        exploit: Exploit,
        start: State,
        keep: Callable[[State, int], None] = lambda state, number: None,
    ) -> None:
        self.trainee = trainee
        self.exploit = exploit
        self.start = start
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

    def begin(self) -> Epoch | None:
        """Bring the trainee into the state that the next epoch starts from; None when done."""
        step = self.exploit.ask()
        if step is None:
            return None
        self._step = step
        if step.number == 0:
            self.trainee.put(self.start)
        if step.restore:
            best = self.start if self._best is None else self._best
            optimizer = self.start.optimizer if step.new_optimizer else best.optimizer
            self.trainee.put(State(best.model, optimizer))
        elif step.new_optimizer:
            self.trainee.put(State((), self.start.optimizer))
        return Epoch("exploit", 0, -1, step.rate, step.number + 1, self.exploit.budget)

    def rate_within(self, passed: float, length: float) -> float:
        """The schedule's rate at a moment of the epoch in hand."""
        return self.exploit.rate_within(passed, length)

    def end(self, score: float | None, after: AfterEpoch) -> None:
        """Tell the epoch's score; what was validated is kept where it is the phase's best."""
        step = self._step
        if step is None:
            raise RuntimeError("no step is in hand")
        self.exploit.tell(step, score)
        if self.exploit.best_step == step.number:
            again = () if self.exploit.new_optimizer else after.state().optimizer
            self._best = State(after.weights(), again)
            self.keep(self._best, step.number)

    def resume(self, state: State, best: State | None, validated: Arrays) -> None:
        """Go on after the steps that the phase was told already, from the state after them.

        `best` is None where it was not kept; `validated` are the weights of the last step.
        """
        self.trainee.put(state)
        last = self.exploit.best_step == self.exploit.spent - 1
        self._best = State(validated, state.optimizer) if best is None and last else best

    def release(self) -> None:
        """Nothing is in hand that others wait for."""

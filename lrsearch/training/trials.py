"""Trials in training: asked with the state that they start from, paused with the one they reach."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lrsearch.training.checkpoints import Checkpoints
from lrsearch.training.state import State
from lrsearch.trial import LegState, Trial

__all__ = ["Trials", "next_trial"]


class Trials:
    """A search's trials, each with its state, whether one is trained at a time or many.

    Parameters
    ----------
    search : Search or Study
        Where trials come from and scores go.
    initial : callable
        ``initial(init)`` gives the state of an init.
    fresh : bool
        Whether each trial has an init of its own, rather than the one that the search names.
    checkpoints : Checkpoints
        Where the states of paused trials are kept.
    """

    def __init__(
        self, search: Any, initial: Callable[[int], State], fresh: bool, checkpoints: Checkpoints
    ) -> None:
        self.search = search
        self.initial = initial
        self.fresh = fresh
        self.checkpoints = checkpoints

    def ask(self) -> tuple[Trial, State] | None:
        """The next trial and the state to train it from; None where there is none now."""
        return next_trial(self.search, self.state)

    def init(self, trial: Trial) -> int:
        """The number of the init that a trial starts from."""
        return trial.number if self.fresh else trial.init

    def state(self, trial: Trial) -> State | None:
        """The state that a trial starts or goes on from; None where its checkpoint is not here."""
        if trial.start_epoch > 0:
            return self.checkpoints.state(trial.number, trial.start_epoch)
        return self.initial(self.init(trial))

    def end_leg(self, trial: Trial, epoch: int, ended: LegState, take: Callable[[], State]) -> None:
        """After a report that has ended a leg: keep the state of a trial that is paused.

        Parameters
        ----------
        trial : Trial
            The leg.
        epoch : int
            Epochs that the trial has behind it.
        ended : LegState
            What the report said.
        take : callable
            Gives the trial's state.

        Raises
        ------
        ValueError
            If the trial has no score.
        """
        record = self.search.trials[trial.number]
        if not record.scores and trial.rate:
            raise ValueError(
                f"none of the {trial.epochs} epochs of trial {trial.number} was validated, so its "
                "rate has no score: validate the last epoch of each trial (in a loop, where "
                f"epoch.epoch == epoch.epochs; validation_freq at most {trial.epochs}), or give "
                "each trial more epochs"
            )
        if ended is LegState.PAUSED:
            self.checkpoints.keep(trial.number, epoch, take())
        self.checkpoints.drop_ended(self.search.trials)


def next_trial(
    search: Any, state_of: Callable[[Trial], State | None]
) -> tuple[Trial, State] | None:
    """Ask for a trial; one whose checkpoint is not here is asked again from its start.

    Parameters
    ----------
    search : Search or Study
    state_of : callable
        The state that a trial starts or goes on from; None where its checkpoint is not here.

    Returns
    -------
    tuple of Trial and State, or None
        None where nothing can be handed out now.

    Raises
    ------
    RuntimeError
        If the search has nothing but trials to continue whose checkpoints are not here.
    """
    for resume in (True, False):
        trial = search.ask(resume=resume)
        if trial is None:
            return None
        state = state_of(trial)
        if state is not None:
            return trial, state
        search.release(trial)
    raise RuntimeError(
        f"the search asks to continue trial {trial.number} at epoch {trial.start_epoch}, whose "
        "weights are not here: begin with a new search"
    )

"""The next trial of a search, together with the state that it is trained from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lrsearch import Trial
from lrsearch_keras.snapshot import State

__all__ = ["next_trial"]


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

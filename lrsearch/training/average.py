"""The average of a trainee's weights, and what an epoch leaves: a state, and what was validated."""

from __future__ import annotations

from lrsearch.training.state import Arrays, State, check_state
from lrsearch.training.trainee import Trainee

__all__ = ["AfterEpoch", "Average"]


class Average:
    """The running average of a trainee's weights, shown in place of them where they are validated.

    Parameters
    ----------
    trainee : Trainee
    wanted : bool
        Whether to keep one, where the trainee can.

    Attributes
    ----------
    kept : bool
        Whether there is one to validate with.
    shown : bool
        Whether it is in the place of the weights.
    """

    def __init__(self, trainee: Trainee, wanted: bool) -> None:
        self.trainee = trainee
        self.kept = False
        self.shown = False
        self._wanted = wanted
        self._in_trainee = False

    def keep(self) -> None:
        """Begin to keep it."""
        self._in_trainee = self.kept = self._wanted and self.trainee.keep_average()

    def forgo(self) -> None:
        """Do not validate with it: it stays in the trainee's states, which have one shape."""
        self.kept = False

    def show(self, shown: bool = True) -> None:
        """Put it in the place of the weights, or the weights back; none is kept: neither."""
        if self.kept and shown != self.shown:
            self.trainee.swap_average()
            self.shown = shown

    @property
    def forgone(self) -> bool:
        """Whether the trainee keeps one that nobody validates with."""
        return self._in_trainee and not self.kept

    def drop(self) -> bool:
        """Keep it no longer; the weights stay as they are. Whether there was one."""
        dropped, self._in_trainee = self._in_trainee, False
        self.kept = self.shown = False
        if dropped:
            self.trainee.drop_average()
        return dropped


class AfterEpoch:
    """What an epoch left in a trainee, each part copied once, when it is asked for.

    Parameters
    ----------
    average : Average
        Shown, if it is what was validated.
    first : State
        The state that the run began from, of the same shapes.
    """

    def __init__(self, average: Average, first: State) -> None:
        self.average = average
        self.averaged = average.shown
        self._first = first
        self._state: State | None = None
        self._weights: Arrays | None = None

    def state(self) -> State:
        """The state, with the weights that are trained on."""
        if self._state is None:
            self.average.show(False)
            self._state = check_state(self.average.trainee.take(), self._first)
        return self._state

    def weights(self) -> Arrays:
        """The weights that were validated."""
        if self._weights is None:
            if self._state is not None and not self.averaged:
                self._weights = self._state.model
            else:
                self.average.show(self.averaged)
                weights = self.average.trainee.weights()
                self._weights = check_state(State(weights), self._first).model
        return self._weights

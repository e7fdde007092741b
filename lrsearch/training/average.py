"""The average of a trainee's weights, and what an epoch leaves: a state, and what was validated."""

from __future__ import annotations

from typing import Any

from lrsearch.training.state import Arrays, State, check_state
from lrsearch.training.trainee import Trainee

__all__ = ["AfterEpoch", "Average", "early_span"]

_DECAY = 3
"""The degree of the polynomial by which an early average forgets."""


def early_span(made: Any, since: Any = 1) -> Any:
    """Steps that a running average reaches back over, while these are fewer than an epoch has.

    A quarter of those made: early weights are far from all later ones, and an average that began
    with them, or counted them like the others, would tell more of where a training began than of
    where it is. It is the polynomial-decay averaging, of the degree 3 that they recommend, of
    O. Shamir and T. Zhang, "Stochastic gradient descent for non-smooth optimization", ICML 2013.

    Parameters
    ----------
    made : int or array
        Steps behind the weights that are taken in, from 1.
    since : int or array
        Steps since weights were taken in before.

    Returns
    -------
    float or array
        The average moves towards the weights by ``since`` over this, all the way at the most.

    Examples
    --------
    >>> [early_span(made) for made in (1, 5, 97)]
    [1.0, 2.0, 25.0]
    >>> average = 0.0
    >>> for made in range(1, 101):
    ...     average += (made - average) / early_span(made)
    >>> round(average)
    80
    """
    return (made + _DECAY * since) / (_DECAY + 1)


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

"""What is trained, as the core sees it: a model with its optimizer, in any framework."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any

from lrsearch.training.state import Arrays, State
from lrsearch.training.state_files import read_state, write_state

__all__ = ["Trainee", "check_trainee"]


class Trainee(ABC):
    """A model with its optimizer: what an adapter tells `Explorer` of its framework.

    The four methods without a body and `rate` are all that has to be written; the others are
    there to be overridden. `lrsearch.testing.TraineeContract` has the tests of the contract, and
    examples/numpy_explorer.py is a whole trainee.

    Attributes
    ----------
    rate : float
        The learning rate. Setting it acts from the next step on; groups of parameters with rates
        of their own keep their ratios.
    weights_file : str
        The name of the file that the best weights are kept in.
    """

    rate: float
    weights_file = "best_weights.npz"

    @abstractmethod
    def take(self) -> State:
        """A copy of all that training changes; no later step writes to it."""

    @abstractmethod
    def put(self, state: State) -> None:
        """Put a state back, in place: nothing is compiled again, no object replaced.

        A part that is empty is left as it is.
        """

    @abstractmethod
    def initial(self, init: int, first: State) -> State:
        """The state of an init: equal numbers give equal states.

        Parameters
        ----------
        init : int
            The number of the initialisation, from 0.
        first : State
            The state that the run began from, which init 0 is.
        """

    @abstractmethod
    def new_optimizer(self) -> Arrays:
        """The optimizer's part of a state before its first step, whatever steps it has made."""

    def begin_epoch(self) -> None:  # noqa: B027  (most have nothing to do)
        """An epoch begins: the trainee is in the state that it starts from, its rate is set."""

    def weights(self) -> Arrays:
        """A copy of the model's part of the state."""
        return self.take().model

    def keep_average(self) -> bool:
        """Keep a running average of the weights over the steps of about one epoch, from now on.

        It is part of the state: of a new optimizer or an init it begins with the first step.

        Returns
        -------
        bool
            Whether it does. A trainee that has no such average is validated as it is.
        """
        return False

    def swap_average(self) -> None:  # noqa: B027  (a trainee may keep no average)
        """Exchange the weights and their average, in place."""

    def drop_average(self) -> None:  # noqa: B027
        """Keep no average any more, and leave the optimizer as it came."""

    def identity(self) -> dict[str, Any]:
        """What it is, as a JSON object: a run folder is not gone on with by another model."""
        return {"trainee": type(self).__name__}

    def notes(self) -> dict[str, Any]:
        """What else the run folder keeps of it, as a JSON object; it is not compared."""
        return {}

    def write_weights(self, path: Path) -> None:
        """Write the weights that it has now to a file.

        Raises
        ------
        OSError
            If the file cannot be written.
        """
        write_state(path, State(self.weights()))

    def read_weights(self, path: Path) -> None:
        """Put the weights in a file into the model.

        Raises
        ------
        ValueError, OSError
            If the file is damaged.
        """
        found = read_state(path, "put a copy of it back")
        if found is not None:
            self.put(found[0])


_NEEDED = (
    "take", "put", "initial", "new_optimizer", "begin_epoch", "weights", "keep_average",
    "swap_average", "drop_average", "identity", "notes", "write_weights", "read_weights",
    "weights_file", "rate",
)  # fmt: skip


def check_trainee(trainee: Any) -> None:
    """Raise where something is no trainee.

    Raises
    ------
    TypeError
        It names what is missing.

    Examples
    --------
    >>> check_trainee(3)
    Traceback (most recent call last):
    TypeError: int is no trainee, it lacks take, put, initial, ...
    """
    missing = [name for name in _NEEDED if not hasattr(trainee, name)]
    if missing:
        what = trainee.__name__ if isinstance(trainee, type) else type(trainee).__name__
        raise TypeError(
            f"{what} is no trainee, it lacks {', '.join(missing)}: derive a class from "
            "lrsearch.Trainee, or use the Explorer of an adapter"
        )

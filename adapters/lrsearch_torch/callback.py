"""What the callbacks have in common whose framework has the loop."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from torch import nn
from torch.optim import Optimizer

from lrsearch import Direction, Exploit, State
from lrsearch.training import Arrays, Entrance, Options, Outcome, direction_of_name
from lrsearch_torch.explorer import Explorer
from lrsearch_torch.state import Copying

__all__ = ["ExplorerCallback"]


class ExplorerCallback(Outcome):
    """An `Explorer` within a loop of a framework's, and what it is told.

    Parameters
    ----------
    search, exploit, initial, start, seed, directory, predict, average, states
        As for `lrsearch_torch.Explorer`.
    monitor : str, optional
        The score's name among the results of a validation.
    direction : {"minimize", "maximize"}, optional
        Whether a smaller or a larger score is better; by default the search's, or as the name of
        the score tells.
    verbose : int
        0 shows nothing.
    """

    explorer: Explorer | None = None
    entrance: Entrance
    usual_monitor: str

    def __init__(
        self,
        search: Any = None,
        exploit: Exploit | Callable[[Any, int], Exploit | None] | Literal[False] | None = None,
        *,
        monitor: str | None = None,
        direction: Direction | None = None,
        initial: Literal["same", "fresh"] | Callable[[int], Any] = "same",
        start: Literal["initial", "best"] = "initial",
        seed: int = 0,
        directory: str | os.PathLike[str] | None = None,
        predict: Callable[[], Any] | None = None,
        average: bool = True,
        states: Copying = "host",
        verbose: int = 1,
    ) -> None:
        super().__init__()
        self.options = Options(search, exploit, initial, start)
        self.monitor = self.usual_monitor if monitor is None else monitor
        self.direction = direction
        self.seed, self.average, self.states, self.verbose = seed, average, states, verbose
        self.directory, self.predict = directory, predict
        self.in_hand = False
        self._generators: Arrays = ()
        """As an epoch left them: what the framework draws until the next is no part of it."""

    def start(
        self,
        model: nn.Module,
        optimizers: Sequence[Optimizer],
        epochs: int,
        *,
        scaler: Any = None,
        live: bool = True,
        about: Mapping[str, Any] | None = None,
    ) -> Explorer:
        """Begin to explore in a training of so many epochs.

        Raises
        ------
        RuntimeError
            If the callback has had its training.
        """
        if self.explorer is not None:
            raise RuntimeError(
                f"this {self.entrance.name} has had its training: make a new one, with a new "
                "search, for another"
            )
        options = self.options
        self.explorer = Explorer(
            model,
            optimizers,
            epochs,
            options.search,
            options.exploit,
            scaler=scaler,
            direction=self._direction(),
            initial=options.initial,
            start=options.start,
            seed=self.seed,
            directory=self.directory,
            predict=self.predict,
            average=self.average,
            states=self.states,
            name=self.monitor,
            verbose=self.verbose,
            live=live,
            about=about,
            entrance=self.entrance,
        )
        return self.explorer

    def begin_epoch(self) -> bool:
        """Begin the next epoch where none is in hand; whether there is one in hand then."""
        explorer = self.explorer
        if explorer is not None and not self.in_hand:
            explorer.own.put(State((), (), self._generators))
            self.in_hand = explorer.begin() is not None
        return self.in_hand

    def show_average(self) -> None:
        """Put the average of the weights into the model, to be validated."""
        if self.explorer is not None and self.in_hand:
            self.explorer.show_average()

    def end_epoch(self, results: Mapping[str, Any]) -> bool:
        """Report the score of the epoch in hand; whether it was the last.

        Raises
        ------
        ValueError
            If the results do not have it.
        """
        explorer = self.explorer
        if explorer is None or not self.in_hand:
            return False
        with explorer.restoring():
            if self.monitor not in results:
                names = ", ".join(sorted(results)) or "nothing"
                raise ValueError(
                    f"the validation has no {self.monitor!r}, it has {names}: pass one of these as "
                    f"monitor to {self.entrance.name}"
                )
        self.in_hand = False
        explorer.report(results[self.monitor])
        self._generators = explorer.own.generators()
        return explorer.done

    def restore(self) -> None:
        self.in_hand = False
        super().restore()

    def _direction(self) -> Direction | None:
        if self.direction is not None or self.options.search is not None:
            return self.direction
        told = direction_of_name(self.monitor)
        if told is None:
            raise ValueError(
                f"whether a smaller or a larger {self.monitor!r} is better cannot be told from its "
                f'name: pass direction="minimize" or "maximize" to {self.entrance.name}'
            )
        return told

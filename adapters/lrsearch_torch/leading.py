"""Rank 0 of a distributed training: it decides, and says what all others do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lrsearch import Epoch, State, Trainee
from lrsearch_torch.explorer import Explorer
from lrsearch_torch.ranks import Ranks, fields_of
from lrsearch_torch.scores import score_of
from lrsearch_torch.trainee import TorchTrainee

__all__ = ["Leader", "LeadingTrainee"]


class LeadingTrainee(Trainee):
    """The trainee of rank 0: what is done to it is done to that of every other rank.

    A state has the weights and the optimizers of rank 0, and the generators of all ranks.
    """

    def __init__(self, own: TorchTrainee, ranks: Ranks) -> None:
        self.own = own
        self.ranks = ranks
        self.weights_file = own.weights_file
        self._alone = False

    @contextmanager
    def alone(self) -> Iterator[None]:
        """The others are not told: they may be anywhere."""
        before, self._alone = self._alone, True
        try:
            yield
        finally:
            self._alone = before

    @property
    def rate(self) -> float:  # type: ignore[override]
        return self.own.rate

    @rate.setter
    def rate(self, rate: float) -> None:
        self.own.rate = rate
        self._say("rate", rate)

    def take(self) -> State:
        state = self.own.take()
        if self._alone:
            return state
        self._say("generators")
        return state._replace(generators=self.ranks.gather(state.generators))

    def put(self, state: State) -> None:
        self._say("put")
        if not self._alone:
            for part in state:
                self.ranks.send(part)
        if state.generators:
            state = state._replace(generators=self.ranks.own(state.generators))
        self.own.put(state)

    def initial(self, init: int, first: State) -> State:
        state = self.own.initial(init, first)
        if state is first:
            return first
        self._say("seeded", init)
        return state._replace(generators=self.ranks.gather(state.generators))

    def keep_average(self) -> bool:
        self._say("keep_average")
        return self.own.keep_average()

    def swap_average(self) -> None:
        self._say("swap_average")
        self.own.swap_average()

    def drop_average(self) -> None:
        self._say("drop_average")
        self.own.drop_average()

    def begin_epoch(self) -> None:
        self._say("begin_epoch")
        self.own.begin_epoch()

    def new_optimizer(self) -> list[Any]:
        return self.own.new_optimizer()

    def weights(self) -> list[Any]:
        return self.own.weights()

    def identity(self) -> dict[str, Any]:
        return {**self.own.identity(), "ranks": self.ranks.size}

    def write_weights(self, path: Path) -> None:
        self.own.write_weights(path)

    def read_weights(self, path: Path) -> None:
        self.own.read_weights(path)

    def _say(self, *message: Any) -> None:
        if not self._alone:
            self.ranks.say(*message)


class Leader(Explorer):
    """The explorer of rank 0."""

    trainee: LeadingTrainee  # type: ignore[assignment]

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self._ranks = Ranks()
        self._ranks.agree(directory=_text(options.get("directory")))
        with self._leading():
            super().__init__(*arguments, **options)
        best = None if self.best is None else self.history.index(self.best)
        self._ranks.say("made", [fields_of(epoch) for epoch in self.history], best)

    def begin(self) -> Epoch | None:
        first = not self.begun
        with self._leading():
            epoch = super().begin()
        if first and self._best_weights is not None:
            self._ranks.say("best")
            self._ranks.send(self._best_weights)
        self._ranks.say("epoch", fields_of(epoch), self._rates(epoch))
        return epoch

    def show_average(self) -> None:
        super().show_average()
        self._ranks.say("shown")

    def report(self, score: Any) -> None:
        def validate() -> Any:
            self._ranks.say("validate")
            return score_of(score())

        best = self.best
        with self._leading():
            super().report(validate if callable(score) else score)
        rates = [None if rate is None else str(rate) for rate in (self.rate, self.peak)]
        better, done = self.best is not best, self.done
        self._ranks.say("reported", fields_of(self.history[-1]), better, done, rates)

    def end(self) -> None:
        with self._leading():
            super().end()
        self._ranks.say("ended")

    def restore(self) -> None:
        with self.trainee.alone():
            super().restore()

    def _entrust(self, own: TorchTrainee) -> LeadingTrainee:
        return LeadingTrainee(own, self._ranks)

    def _before_step(self, *_: Any) -> None:
        with self.trainee.alone():
            super()._before_step()

    def _rates(self, epoch: Epoch | None) -> list[float] | None:
        """The rate of each step of an epoch, where they differ."""
        steps = self.batches
        if epoch is None or epoch.phase != "exploit" or self.exploit is None or not steps:
            return None
        return [self.exploit.rate_within(step / steps, 1 / steps) for step in range(steps)]

    @contextmanager
    def _leading(self) -> Iterator[None]:
        """Whatever raises in here, the others are told."""
        try:
            yield
        except BaseException as error:
            self._ranks.say("failed", f"{type(error).__name__}: {error}")
            raise


def _text(path: Any) -> str | None:
    return None if path is None else str(path)

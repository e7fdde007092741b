"""The other ranks of a distributed training: they do what rank 0 says."""

from __future__ import annotations

from typing import Any

import numpy as np

from lrsearch import Epoch, Evidence, Rate, State
from lrsearch_torch.checks import check_rate
from lrsearch_torch.explorer import Explorer
from lrsearch_torch.ranks import Ranks, epoch_of
from lrsearch_torch.trainee import TorchTrainee

__all__ = ["Follower"]


class Follower(Explorer):
    """The explorer of a rank above 0: its search and its evidence are rank 0's alone."""

    def __init__(self, model: Any, optimizer: Any, epochs: int, *_: Any, **options: Any) -> None:
        self._ranks = Ranks()
        directory = options.get("directory")
        self._ranks.agree(directory=None if directory is None else str(directory))
        known = ("scaler", "initial", "seed", "states", "generators")
        self.own = TorchTrainee(
            model, optimizer, **{name: options[name] for name in known if name in options}
        )
        self.trainee = self.own
        self.epochs = epochs
        self.search = self.exploit = self._hook = None
        self._epoch = self._validate = self._rates = self._found = self._peak = None
        self._first = self._batches = None
        self._finished = False
        self._rate, self._steps = self.own.rate, 0
        history, best = self._follow("made")
        self.history = [epoch_of(fields) for fields in history]
        self.best = None if best is None else self.history[best]
        self._best_weights: Any = self.own.weights()

    @property
    def rate(self) -> Rate | None:
        """The rate that the search recommends, as it was after the last epoch."""
        return self._found

    @property
    def peak(self) -> Rate | None:
        """The highest rate of the second phase, once it has begun."""
        return self._peak

    @property
    def evidence(self) -> Evidence | None:
        """None: it is rank 0's."""
        return None

    @property
    def needs_score(self) -> bool:
        """Whether rank 0 needs a score; it knows."""
        return False

    def plot(self) -> Any:
        """No axes: the pictures are rank 0's."""
        return np.array([])

    def begin(self) -> Epoch | None:
        """Wait for the state and the rate of the next epoch."""
        if self._finished:
            return None
        fields, self._rates = self._follow("epoch")
        self._epoch = epoch_of(fields)
        if self._epoch is not None:
            self._count_steps()
        return self._epoch

    def show_average(self) -> None:
        self._follow("shown")

    def report(self, score: Any) -> None:
        """Call a function that validates where rank 0 calls its own; the score is rank 0's."""
        check_rate(self.own.rate, self._rate)
        self._validate = score if callable(score) else None
        fields, better, self._finished, rates = self._follow("reported")
        epoch = epoch_of(fields)
        self.history.append(epoch)
        self._epoch = None
        self._found, self._peak = (None if rate is None else Rate(rate) for rate in rates)
        if better:
            self.best, self._best_weights = epoch, self.own.weights()

    def end(self) -> None:
        self._follow("ended")
        self._let_go()

    def restore(self) -> None:
        """Put the best weights back; rank 0 may be anywhere."""
        self._epoch = None
        self.own.put(State(self._best_weights, self.own.new_optimizer()))
        self.own.drop_average()
        self._let_go()

    def _before_step(self, *_: Any) -> None:
        if self._rates:
            self.own.rate = self._rate = self._rates[min(self._steps, len(self._rates) - 1)]
        self._steps += 1

    def _follow(self, until: str) -> Any:
        """Do what rank 0 says, until it says this."""
        while True:
            kind, *rest = self._ranks.hear()
            if kind == until:
                return rest[0] if len(rest) == 1 else rest
            if kind == "failed":
                raise RuntimeError(f"rank 0 has left the loop: {rest[0]}")
            if not self._do(kind, *rest):
                raise RuntimeError(
                    f"the ranks are out of step, this one waits for {until!r} and rank 0 says "
                    f"{kind!r}: call begin, report and end on every rank"
                )

    def _do(self, kind: str, *rest: Any) -> bool:
        own = self.own
        if kind == "put":
            model, optimizer, states = (self._ranks.receive() for _ in State._fields)
            own.put(State(model, optimizer, self._ranks.own(states) if states else ()))
        elif kind == "rate":
            own.rate = rest[0]
        elif kind == "generators":
            self._ranks.gather(own.generators())
        elif kind == "seeded":
            self._ranks.gather(own.generators_of(rest[0], self._ranks.rank))
        elif kind == "best":
            self._best_weights = self._ranks.receive()
        elif kind == "validate":
            if self._validate is None:
                raise RuntimeError("rank 0 reported a function that validates: so must all others")
            self._validate()
        elif kind in ("keep_average", "swap_average", "drop_average", "begin_epoch"):
            getattr(own, kind)()
        else:
            return kind == "shown"
        return True

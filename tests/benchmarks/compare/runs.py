"""How the rows are trained: compiled, from the same initialisations, on the same split."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

__all__ = ["Outcome", "Runs"]

RANGE_STEPS = 300


class Outcome(NamedTuple):
    """One training of a row.

    Attributes
    ----------
    scores : list of float
        The validation score after every epoch spent, those of the search included.
    test : float
        The test score at the weights that validation chose.
    rate : str
        The rate it came to.
    before : float
        Epochs spent beside those that have a score.
    """

    scores: list[float]
    test: float
    rate: str
    before: float = 0.0


class Runs:
    """The compiled trainer of one task, and the ways to use it.

    Parameters
    ----------
    task : Task
        What to train.
    inits : int
        How many initialisations each row is trained from.
    """

    def __init__(self, task: Any, inits: int) -> None:
        from lrsearch_keras.population import CompiledTrainer
        from lrsearch_keras.state.inits import Inits

        self.task = task
        self.count = inits
        self.model = task.build(0)
        x, y = task.train if len(task.train) == 2 else (*task.train, None)
        self.trainer = CompiledTrainer(
            self.model, x, y, validation_data=task.validation, training_metrics=False,
            size=_side_by_side(inits),
        )  # fmt: skip
        self.inits = Inits(self.model, task.build, 0)

    def schedule(
        self, schedule: Callable[[int], float], epochs: int, forget: bool = False
    ) -> list[Outcome]:
        """Every init by one schedule, as one population."""
        from tests.benchmarks.compare.together import train_together

        new = self.inits.new_optimizer if forget else None
        trained = train_together(
            self.trainer, [schedule] * self.count, epochs, self._starts(), range(self.count),
            monitor=self.task.monitor, new_optimizer=new,
        )  # fmt: skip
        peak = str(getattr(schedule, "peak", schedule(0)))
        return [
            Outcome(scores.tolist(), self._test(state), peak)
            for scores, state in zip(trained.scores, trained.best, strict=True)
        ]

    def plateau(self, rate: str, epochs: int, patience: int) -> list[Outcome]:
        """Keras's ReduceLROnPlateau at its defaults: a tenth, after so many epochs."""
        from tests.benchmarks.compare.together import train_together

        rates = [float(rate)] * self.count
        best, since = [math.inf] * self.count, [0] * self.count

        def after(epoch: int, scores: Sequence[float]) -> None:
            for index, score in enumerate(scores):
                if score < best[index] - 1e-4:
                    best[index], since[index] = score, 0
                    continue
                since[index] += 1
                if since[index] >= patience:
                    rates[index], since[index] = rates[index] / 10, 0

        trained = train_together(
            self.trainer, [lambda e, i=i: rates[i] for i in range(self.count)], epochs,
            self._starts(), range(self.count), monitor=self.task.monitor, after=after,
        )  # fmt: skip
        return [
            Outcome(scores.tolist(), self._test(state), rate)
            for scores, state in zip(trained.scores, trained.best, strict=True)
        ]

    def range_test(self, epochs: int, warmup: int) -> list[Outcome]:
        """Rates rising from 1e-7 to 10, a step each; a tenth of the best one is the peak."""
        from lrsearch import CosineAnnealing

        found = []
        for init in range(self.count):
            rate = self._rising(init)
            run = self._alone(CosineAnnealing(rate, epochs, warmup), epochs, init)
            found.append(run._replace(rate=rate, before=RANGE_STEPS * 32 / self.trainer.examples))
        return found

    def grid(self, rates: Sequence[str], epochs: int) -> Callable[[int], Any]:
        """A grid search for each init."""
        from lrsearch import GridSearch

        return lambda init: GridSearch(rates, epochs)

    def random(self, trials: int, epochs: int) -> Callable[[int], Any]:
        """A random search for each init."""
        from lrsearch import RandomSearch

        return lambda init: RandomSearch(trials, epochs=epochs, seed=init)

    def optuna(self, sampler: str, budget: int, epochs: int) -> Callable[[int], Any]:
        """A sampler of Optuna for each init; its model takes over after three random trials."""
        from lrsearch_optuna import OptunaSearch

        options = {"n_startup_trials": 3}
        return lambda init: OptunaSearch(
            sampler, budget=budget, epochs=epochs, seed=init, sampler_options=options
        )

    def search(self, make: Callable[[int], Any], budget: int) -> list[Outcome]:
        """A search for each init, of so many epochs at the most; its best weights are used."""
        found = []
        for init in range(self.count):
            search = make(init)
            scores, state = self._drive(search, lambda trial, i=init: i, budget)
            found.append(Outcome(scores, self._test(state), str(search.rate)))
        return found

    def paper(self, epochs: int, exploit_epochs: int) -> list[Outcome]:
        """The paper's two phases, every trial from new weights."""
        from lrsearch import DigitSearch, Exploit

        found = []
        for init in range(self.count):
            search = DigitSearch.paper(epochs=epochs)
            scores, state = self._drive(search, lambda trial, i=init: 1000 * (i + 1) + trial.number)
            phase = Exploit.paper(search.kept, exploit_epochs) if search.kept else None
            if phase is not None:
                more, second = self._exploit(phase, 1000 * (init + 1) + 999)
                state = second if _least(more) < _least(scores) else state
                scores = scores + more
            found.append(Outcome(scores, self._test(state), str(search.rate)))
        return found

    def default(self, epochs: int) -> list[Outcome]:
        """What LRExplorerCallback() does with so many epochs in all, averages included."""
        from tests.benchmarks.compare.ours import explored

        found = explored(self._loop, epochs)
        return [Outcome(run.averages, run.test_average, run.rate) for run in found]

    # Inside -----------------------------------------------------------------------------------

    @cached_property
    def _loop(self) -> Any:
        from tests.benchmarks.compare.loop import Loop

        return Loop(self.task)

    def _starts(self) -> list[Any]:
        return [self.inits.state(init) for init in range(self.count)]

    def _alone(self, schedule: Callable[[int], float], epochs: int, init: int) -> Outcome:
        from tests.benchmarks.compare.together import train_together

        trained = train_together(
            self.trainer, [schedule], epochs, [self.inits.state(init)], [init],
            monitor=self.task.monitor,
        )  # fmt: skip
        return Outcome(trained.scores[0].tolist(), self._test(trained.best[0]), str(schedule(0)))

    def _drive(
        self, search: Any, init_of: Callable[[Any], int], most: float = math.inf
    ) -> tuple[list[float], Any]:
        """All scores in the order of training, and the state with the best one."""
        members: dict[int, Any] = {}
        scores: list[float] = []
        state, best = None, math.inf
        while (trial := search.ask()) is not None and len(scores) < most:
            init, number = init_of(trial), trial.number
            if trial.start_epoch == 0:
                members[number] = self.trainer.member(self.inits.state(init))
            goes_on, epoch = True, trial.start_epoch
            while goes_on:
                epoch += 1
                score, members[number] = self._epoch(members[number], trial.rate, init, epoch)
                scores.append(score)
                if score < best:
                    best, state = score, self.trainer.state(members[number])
                goes_on = search.report(trial, score, epoch)
            if search.trials[number].state != "paused":
                del members[number]
        return scores, state

    def _exploit(self, phase: Any, init: int) -> tuple[list[float], Any]:
        """All scores of a second phase from a fresh start, and the state with the best one."""
        new = self.inits.new_optimizer
        start = self.inits.state(init)
        member = self.trainer.member(start)
        scores: list[float] = []
        kept = None
        while (step := phase.ask()) is not None:
            if step.restore:
                member = self.trainer.member(start if kept is None else kept)
            if step.new_optimizer:
                member = self.trainer.with_optimizer(member, new)
            score, member = self._epoch(member, step.rate, init, step.number + 1)
            scores.append(score)
            phase.tell(step, score)
            if phase.best_step == step.number:
                kept = self.trainer.state(member)
        return scores, kept

    def _epoch(self, member: Any, rate: Any, init: int, epoch: int) -> tuple[float, Any]:
        (member,), (logs,) = self.trainer.epoch([member], [float(rate)], [(init, epoch)])
        return float(logs[self.task.monitor]), member

    def _test(self, state: Any) -> float:
        if state is None:
            return math.nan
        results = self.trainer.validate(self.trainer.member(state), self.task.test)
        return float(results[self.task.monitor.removeprefix("val_")])

    def _rising(self, init: int) -> str:
        from lrsearch_keras.state.snapshot import put_state

        put_state(self.model, self.inits.state(init))
        order = np.random.default_rng(init).integers(self.trainer.examples, size=(RANGE_STEPS, 32))
        rates = np.geomspace(1e-7, 10, RANGE_STEPS)
        smooth, least, chosen = 0.0, math.inf, rates[0]
        for step, (rows, rate) in enumerate(zip(order, rates, strict=True), 1):
            self.model.optimizer.learning_rate = float(rate)
            self.model.reset_metrics()
            batch = [part[rows] for part in self.task.train]
            loss = self.model.train_on_batch(*batch, return_dict=True)["loss"]
            smooth = 0.95 * smooth + 0.05 * loss
            shown = smooth / (1 - 0.95**step)
            if not math.isfinite(loss) or shown > 4 * least:
                break
            if shown < least and step > 10:
                least, chosen = shown, rate
        return f"{chosen / 10:.2g}"


def _side_by_side(inits: int) -> int:
    """How many members one program trains: on a CPU, one after the other is the fastest way."""
    import jax

    return 1 if jax.default_backend() == "cpu" else inits


def _least(scores: Sequence[float]) -> float:
    return min((score for score in scores if math.isfinite(score)), default=math.inf)

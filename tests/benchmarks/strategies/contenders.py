"""The strategies that play, each as a function of a table, a budget and a seed."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

import numpy as np

import lrsearch

from .tables import Table

Contender = Callable[[Table, int, int], "float | None"]
"""(table, budget in epochs, seed) to the rate recommended."""

LOW, HIGH = 1e-6, 10.0


class Trainer:
    """Trains by looking up a table, within a budget of epochs."""

    def __init__(self, table: Table, budget: int) -> None:
        self.table = table
        self.left = budget

    def train(self, rate: float, start: int, stop: int) -> list[float]:
        """The scores of the epochs after `start` up to `stop`, the budget or a divergence."""
        scores = self.table.curve(rate)[start : min(stop, start + self.left)].tolist()
        for index, score in enumerate(scores):
            if not math.isfinite(score):
                scores = scores[: index + 1]
                break
        self.left -= len(scores)
        return scores


def searched(make: Callable[[Table, int], lrsearch.Search]) -> Contender:
    """A search of lrsearch, asked and told leg by leg until the budget is spent."""

    def play(table: Table, budget: int, seed: int) -> float | None:
        search, trainer = make(table, budget), Trainer(table, budget)
        while trainer.left and (trial := search.ask()) is not None:
            scores = trainer.train(trial.rate, trial.start_epoch, trial.stop_epoch)
            search.tell(trial, scores)
        return None if search.rate is None else float(search.rate)

    return play


def halving(count: int) -> Contender:
    """Successive halving with continuation over a log-spaced grid, a third kept at each rung."""

    def play(table: Table, budget: int, seed: int) -> float | None:
        trainer = Trainer(table, budget)
        best: dict[float, float] = {}
        reached = dict.fromkeys(np.geomspace(LOW, HIGH, count).tolist(), 0)
        kept = list(reached)
        for part in (27, 9, 3, 1):
            rung = max(1, round(table.epochs / part))
            for rate in kept:
                if trainer.left and best.get(rate, 0.0) < math.inf:
                    scores = trainer.train(rate, reached[rate], rung)
                    reached[rate] += len(scores)
                    diverged = not all(map(math.isfinite, scores))
                    best[rate] = math.inf if diverged else min([best.get(rate, math.inf), *scores])
            kept = sorted(kept, key=lambda rate: best.get(rate, math.inf))[: max(1, len(kept) // 3)]
        return min(best, key=lambda rate: best[rate])

    return play


def optuna_study(sampler: str, pruner: str | None = None) -> Contender:
    """One of Optuna's samplers, with a pruner or full trainings only."""

    def play(table: Table, budget: int, seed: int) -> float | None:
        import optuna

        optuna.logging.set_verbosity(optuna.logging.ERROR)
        samplers = {
            "random": optuna.samplers.RandomSampler,
            "tpe": optuna.samplers.TPESampler,
            "gp": optuna.samplers.GPSampler,
        }
        pruners = {
            None: lambda: optuna.pruners.NopPruner(),
            "hyperband": lambda: optuna.pruners.HyperbandPruner(1, table.epochs, 3),
            "halving": lambda: optuna.pruners.SuccessiveHalvingPruner(
                max(1, round(table.epochs / 27)), 3
            ),
        }
        study = optuna.create_study(sampler=samplers[sampler](seed=seed), pruner=pruners[pruner]())
        trainer = Trainer(table, budget)
        best: dict[float, float] = {}
        while trainer.left:
            trial = study.ask()
            rate = trial.suggest_float("rate", LOW, HIGH, log=True)
            least, state = math.inf, optuna.trial.TrialState.COMPLETE
            for epoch in range(table.epochs):
                scores = trainer.train(rate, epoch, epoch + 1)
                if not scores:
                    break
                if not math.isfinite(scores[0]):
                    least = math.inf
                    break
                least = min(least, scores[0])
                if pruner is not None:
                    trial.report(least, epoch + 1)
                    if epoch + 1 < table.epochs and trial.should_prune():
                        state = optuna.trial.TrialState.PRUNED
                        break
            best[rate] = least
            study.tell(trial, None if state is optuna.trial.TrialState.PRUNED else least, state)
        return min(best, key=lambda rate: best[rate])

    return play


CONTENDERS: dict[str, Contender] = {
    "Optuna random": optuna_study("random"),
    "Optuna TPE": optuna_study("tpe"),
    "Optuna TPE + Hyperband": optuna_study("tpe", "hyperband"),
    "Optuna TPE + halving": optuna_study("tpe", "halving"),
    "Optuna GP": optuna_study("gp"),
    **{f"halving grid of {count}": halving(count) for count in (8, 15, 22, 29, 43)},
    "the paper, decades first": searched(
        lambda table, budget: lrsearch.DigitSearch.paper(lrsearch.DECADES, epochs=table.epochs)
    ),
    "DigitSearch": searched(lambda table, budget: lrsearch.DigitSearch(epochs=table.epochs)),
    "DigitRace": searched(lambda table, budget: lrsearch.DigitRace(max(10, budget), table.epochs)),
}


def seeded(name: str) -> bool:
    """Whether a contender draws at random."""
    return name.startswith("Optuna")


def named(names: Iterable[str] | None) -> dict[str, Contender]:
    """The contenders whose names contain one of those given; all without any."""
    if not names:
        return CONTENDERS
    chosen = {
        name: play
        for name, play in CONTENDERS.items()
        if any(part.lower() in name.lower() for part in names)
    }
    if not chosen:
        raise ValueError(f"no contender has {' or '.join(names)} in its name: {list(CONTENDERS)}")
    return chosen

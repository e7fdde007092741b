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


def searched(make: Callable[[Table, int, int], lrsearch.Search]) -> Contender:
    """A search of lrsearch, asked and told leg by leg until the budget is spent."""

    def play(table: Table, budget: int, seed: int) -> float | None:
        search, trainer = make(table, budget, seed), Trainer(table, budget)
        while trainer.left and (trial := search.ask()) is not None:
            scores = trainer.train(trial.rate, trial.start_epoch, trial.stop_epoch)
            search.tell(trial, scores)
        return None if search.rate is None else float(search.rate)

    return play


def race(table: Table, budget: int, offset: float | None = None) -> lrsearch.DigitRace:
    """A race; its prior is so many decades off the best rate, in one digit."""
    if offset is None:
        return lrsearch.DigitRace(budget, table.epochs)
    prior = min(HIGH, max(LOW, table.optimum * 10**offset))
    return lrsearch.DigitRace(budget, table.epochs, prior=f"{prior:.0e}")


def halving(count: int, parts: int = 27, kept_part: int = 3) -> Contender:
    """Successive halving with continuation over a log-spaced grid, from its middle outwards.

    The first rung is one epoch in `parts` of a training, at each rung one rate in `kept_part` is
    kept for a rung that is as many times longer.
    """

    def play(table: Table, budget: int, seed: int) -> float | None:
        trainer = Trainer(table, budget)
        best: dict[float, float] = {}
        grid = np.geomspace(LOW, HIGH, count).tolist()
        kept = sorted(grid, key=lambda rate: abs(math.log10(rate / math.sqrt(LOW * HIGH))))
        reached = dict.fromkeys(kept, 0)
        rung = max(1, round(table.epochs / parts))
        while trainer.left and reached[kept[0]] < table.epochs:
            for rate in kept:
                if trainer.left and best.get(rate, 0.0) < math.inf:
                    scores = trainer.train(rate, reached[rate], min(rung, table.epochs))
                    reached[rate] += len(scores)
                    diverged = not all(map(math.isfinite, scores))
                    best[rate] = math.inf if diverged else min([best.get(rate, math.inf), *scores])
            kept = sorted(kept, key=lambda rate: best.get(rate, math.inf))
            kept = kept[: max(1, len(kept) // kept_part)]
            if not math.isfinite(best.get(kept[0], math.inf)):
                break
            rung *= kept_part
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


GRIDS: dict[str, Contender] = {
    f"halving grid of {count}, 1/{kept} kept, from {words}": halving(count, parts, kept)
    for count in (8, 15, 22, 29, 43)
    for kept in (2, 3)
    for parts, words in ((27, "a 27th"), (10**9, "one epoch"))
}
"""The best of these counts, chosen in hindsight at each budget."""

OFFSETS = {"right": (-1, -0.5, 0, 0.5, 1), "wrong": (-3, 3)}
"""Decades that a prior is off, one a seed."""

CONTENDERS: dict[str, Contender] = {
    "Optuna random": optuna_study("random"),
    "Optuna TPE": optuna_study("tpe"),
    "Optuna TPE + Hyperband": optuna_study("tpe", "hyperband"),
    "Optuna TPE + halving": optuna_study("tpe", "halving"),
    "Optuna GP": optuna_study("gp"),
    **GRIDS,
    "the paper, decades first": searched(
        lambda table, budget, seed: lrsearch.DigitSearch.paper(
            lrsearch.DECADES, epochs=table.epochs
        )
    ),
    "DigitSearch": searched(lambda table, budget, seed: lrsearch.DigitSearch(epochs=table.epochs)),
    "DigitRace": searched(lambda table, budget, seed: race(table, budget)),
    **{
        f"DigitRace, {kind} prior": searched(
            lambda table, budget, seed, offsets=offsets: race(
                table, budget, offsets[seed % len(offsets)]
            )
        )
        for kind, offsets in OFFSETS.items()
    },
}


def seeds(name: str, drawn: int) -> int:
    """How often a contender plays: a random one with so many seeds, one with priors with each."""
    kind = name.rpartition(", ")[2].removesuffix(" prior")
    return drawn if name.startswith("Optuna") else len(OFFSETS.get(kind, (0,)))


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

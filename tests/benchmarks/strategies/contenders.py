"""The strategies that play, each as a function of a table, a budget and a seed."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

import lrsearch

from .tables import Table, coarse

Contender = Callable[[Table, Sequence[int], int], "list[float | None]"]
"""(table, budgets in epochs, seed) to the rates recommended, one a budget."""

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


class Ledger:
    """What has been trained of each rate, which of them led after each epoch; trains on from there.

    For strategies that do not know their budget: one run to the largest tells what they would have
    recommended at any. They recommend the rate of the best score so far.
    """

    def __init__(self, table: Table, budget: int) -> None:
        self._trainer = Trainer(table, budget)
        self._reached: dict[float, int] = {}
        self._best: dict[float, float] = {}
        self._leaders: list[float | None] = []

    @property
    def left(self) -> int:
        return self._trainer.left

    def train(self, rate: float, stop: int) -> float:
        """The best score of the rate up to an epoch, or to the budget; inf if it has diverged."""
        start = self._reached.get(rate, 0)
        best = self._best.get(rate, math.inf)
        if start and best == math.inf:
            return best
        for score in self._trainer.train(rate, start, stop):
            best = min(best, score) if math.isfinite(score) else math.inf
            self._reached[rate] = self._reached.get(rate, 0) + 1
            self._best[rate] = best
            leader = min(self._best, key=self._best.__getitem__)
            self._leaders.append(leader if math.isfinite(self._best[leader]) else None)
        return best

    def rates(self, budgets: Sequence[int]) -> list[float | None]:
        """The rate that led when so many epochs were spent; the last one where fewer were."""
        return [self._leaders[min(budget, len(self._leaders)) - 1] for budget in budgets]


def searched(make: Callable[[Table, int, int], lrsearch.Search]) -> Contender:
    """A search of lrsearch, asked and told leg by leg until each budget is spent."""

    def play(table: Table, budget: int, seed: int) -> float | None:
        search, trainer = make(table, budget, seed), Trainer(table, budget)
        while trainer.left and (trial := search.ask()) is not None:
            scores = trainer.train(trial.rate, trial.start_epoch, trial.stop_epoch)
            search.tell(trial, scores)
        return None if search.rate is None else float(search.rate)

    return lambda table, budgets, seed: [play(table, budget, seed) for budget in budgets]


def raced(shown: Callable[[Table, int], Table], every: int = 1) -> Contender:
    """A race that sees a table as `shown` makes it look, validated every so many epochs."""

    def play(table: Table, budget: int, seed: int) -> float | None:
        search, trainer = race(table, budget), Trainer(shown(table, seed), budget)
        for trial in search.iterate(resume=True):
            for epoch in range(trial.start_epoch + 1, trial.stop_epoch + 1):
                (score,) = trainer.train(trial.rate, epoch - 1, epoch)
                seen = epoch % every == 0 or not math.isfinite(score)
                if not search.report(trial, score if seen else None):
                    break
        return None if search.rate is None else float(search.rate)

    return lambda table, budgets, seed: [play(table, budget, seed) for budget in budgets]


def race(table: Table, budget: int, offset: float | None = None) -> lrsearch.DigitRace:
    """A race; with an offset it has a prior."""
    prior = None if offset is None else believed(table, offset)
    return lrsearch.DigitRace(budget, table.epochs, prior=prior)


def believed(table: Table, offset: float) -> str:
    """A prior so many decades off the best rate, within the rates searched, in one digit."""
    return f"{min(HIGH, max(LOW, table.optimum * 10**offset)):.0e}"


def halving(count: int, parts: int = 27, kept_part: int = 3) -> Contender:
    """Successive halving with continuation over a log-spaced grid, from its middle outwards.

    The first rung is one epoch in `parts` of a training, at each rung one rate in `kept_part` is
    kept for a rung that is as many times longer.
    """

    def play(table: Table, budgets: Sequence[int], seed: int) -> list[float | None]:
        ledger = Ledger(table, max(budgets))
        grid = np.geomspace(LOW, HIGH, count).tolist()
        kept = sorted(grid, key=lambda rate: abs(math.log10(rate / math.sqrt(LOW * HIGH))))
        rung = max(1, round(table.epochs / parts))
        while True:
            losses = {rate: ledger.train(rate, min(rung, table.epochs)) for rate in kept}
            if not ledger.left or rung >= table.epochs or not math.isfinite(min(losses.values())):
                return ledger.rates(budgets)
            kept = sorted(kept, key=losses.__getitem__)[: max(1, len(kept) // kept_part)]
            rung *= kept_part

    return play


def optuna_study(sampler: str, pruner: str | None = None) -> Contender:
    """One of Optuna's samplers, with a pruner or full trainings only."""

    def play(table: Table, budgets: Sequence[int], seed: int) -> list[float | None]:
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
        study = optuna.create_study(  # Hyperband deals its brackets by the name
            study_name=str(seed), sampler=samplers[sampler](seed=seed), pruner=pruners[pruner]()
        )
        ledger = Ledger(table, max(budgets))
        while ledger.left:
            trial = study.ask()
            rate = trial.suggest_float("rate", LOW, HIGH, log=True)
            least, state = math.inf, optuna.trial.TrialState.COMPLETE
            for epoch in range(1, table.epochs + 1):
                least = ledger.train(rate, epoch)
                if not ledger.left or not math.isfinite(least):
                    break
                if pruner is not None:
                    trial.report(least, epoch)
                    if epoch < table.epochs and trial.should_prune():
                        state = optuna.trial.TrialState.PRUNED
                        break
            study.tell(trial, None if state is optuna.trial.TrialState.PRUNED else least, state)
        return ledger.rates(budgets)

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
    "DigitRace, 100 rows": raced(coarse),
    "DigitRace, every second epoch": raced(lambda table, seed: table, every=2),
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
    """How often a contender plays: one with priors with each, another that draws so many times."""
    kind = name.rpartition(", ")[2].removesuffix(" prior")
    if kind in OFFSETS:
        return len(OFFSETS[kind])
    drawing = not name.startswith(("Digit", "the paper", "halving")) or name.endswith("100 rows")
    return drawn if drawing else 1

"""A small population, and a search that hands out what a check wants."""

from __future__ import annotations

from typing import Any

import keras

from lrsearch_keras import explore_population
from lrsearch_keras.population import CompiledTrainer
from tests.keras.tasks import data, network
from tests.script import Script

RATES = ["0.3", "0.03", "0.003"]


class Listed(Script):
    """A script that hands out nothing more when its legs are out."""

    def _propose(self, resume: bool) -> Any:
        return super()._propose(resume) if self.legs else None


def small(optimizer: Any = "adam") -> keras.Model:
    """Weights, batch statistics, a seed generator and moments."""
    return network(optimizer)


def trainer(model: keras.Model, size: int = 1, **settings: Any) -> CompiledTrainer:
    """On 60 examples, in batches of 16: the last one is smaller."""
    x, y = data(80)
    settings = {"batch_size": 16, "shuffle": False, **settings}
    return CompiledTrainer(
        model, x[:60], y[:60], validation_data=(x[60:], y[60:]), size=size, **settings
    )


def script() -> Script:
    """Three trials of four epochs, two of them paused after two."""
    legs = [(0, 2), (1, 4), (2, 2), (0, 4), (2, 4)]
    return Listed([(rate, 0) for rate in RATES], legs)


def explore(search: Any, model: Any = None, size: int = 1, **settings: Any) -> Any:
    x, y = data(80)
    given = {
        "x": x[:60], "y": y[:60], "validation_data": (x[60:], y[60:]), "search": search,
        "population": size, "batch_size": 16, "shuffle": False, "verbose": 0, **settings,
    }  # fmt: skip
    return explore_population(small() if model is None else model, **given)


def scores(explored: Any, trial: int) -> list[float]:
    return [epoch.score for epoch in explored.history if epoch.trial == trial]

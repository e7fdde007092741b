"""Peers that know pausing, each of an environment of its own, through what they offer to callers.

A trial that is promoted is continued. Scores are the best so far; a rate that diverged is reported
as failed. The rate recommended is that of the best score seen.
"""

from __future__ import annotations

import contextlib
import logging
import math
import random
import tempfile
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from .contenders import CONTENDERS, HIGH, LOW, OFFSETS, Contender, Ledger, believed
from .tables import Table


def _sow(seed: int) -> None:
    """The generators that all share, from which NePS and Syne Tune draw besides their own."""
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002


def neps(algorithm: str, offset: Callable[[int], float] | None = None, **options: Any) -> Contender:
    """One of NePS's bracket optimizers; with `offset`, a prior so many decades off the best."""

    def play(table: Table, budgets: Sequence[int], seed: int) -> list[float | None]:
        import neps
        import torch

        _sow(seed)
        torch.manual_seed(seed)
        prior = {}
        if offset is not None:
            centre = float(believed(table, offset(seed)))
            prior = {"prior": centre, "prior_confidence": "high"}

        class Space(neps.PipelineSpace):
            rate = neps.Float(LOW, HIGH, log=True, **prior)
            epoch = neps.IntegerFidelity(1, table.epochs)

        asked = neps.AskAndTell(getattr(neps.algorithms, algorithm)(Space(), **options))
        ledger = Ledger(table, max(budgets))
        while ledger.left:
            trial = asked.ask()
            loss = ledger.train(trial.config["rate"], round(trial.config["epoch"]))
            asked.tell(trial, loss if math.isfinite(loss) else ValueError("diverged"))
        return ledger.rates(budgets)

    return play


def syne_tune(name: str) -> Contender:
    """One of Syne Tune's schedulers, which say after each epoch whether a trial goes on."""

    def play(table: Table, budgets: Sequence[int], seed: int) -> list[float | None]:
        from syne_tune.backend.trial_status import Trial
        from syne_tune.config_space import loguniform
        from syne_tune.optimizer import baselines
        from syne_tune.optimizer.scheduler import SchedulerDecision

        logging.getLogger("syne_tune").setLevel(logging.CRITICAL)  # of trials that diverge
        _sow(seed)
        scheduler = getattr(baselines, name)(
            {"rate": loguniform(LOW, HIGH)}, metric="loss", time_attr="epoch",
            max_t=table.epochs, random_seed=seed,
        )  # fmt: skip
        ledger, count = Ledger(table, max(budgets)), 0
        while ledger.left:
            trial = Trial(count, scheduler.suggest().config, None)
            scheduler.on_trial_add(trial)
            count += 1
            for epoch in range(1, table.epochs + 1):
                loss = ledger.train(trial.config["rate"], epoch)
                if not math.isfinite(loss):
                    scheduler.on_trial_error(trial)
                    break
                told = scheduler.on_trial_result(trial, {"loss": loss, "epoch": epoch})
                if told != SchedulerDecision.CONTINUE or not ledger.left:
                    break
        return ledger.rates(budgets)

    return play


def keras_tuner(table: Table, budgets: Sequence[int], seed: int) -> list[float | None]:
    """KerasTuner's Hyperband, round after round; its checkpoints are continued from."""
    import keras_tuner

    ledger = Ledger(table, max(budgets))

    class Tuner(keras_tuner.Hyperband):
        def run_trial(self, trial: Any, **options: Any) -> float:
            if not ledger.left:
                raise keras_tuner.errors.FatalTypeError("the budget is spent")
            values = trial.hyperparameters
            loss = ledger.train(values.get("rate"), values.get("tuner/epochs"))
            return loss if math.isfinite(loss) else math.nan

    space = keras_tuner.HyperParameters()
    space.Float("rate", LOW, HIGH, sampling="log")
    with tempfile.TemporaryDirectory() as folder:
        tuner = Tuner(
            lambda _: None, objective=keras_tuner.Objective("default_objective", "min"),
            max_epochs=table.epochs, hyperband_iterations=10**6, seed=seed + 1,  # 0 is none
            hyperparameters=space,
            max_consecutive_failed_trials=10**6, directory=folder,
        )  # fmt: skip
        with contextlib.suppress(keras_tuner.errors.FatalTypeError):
            tuner.search(verbose=0)
    return ledger.rates(budgets)


PEERS: dict[str, Contender] = {
    "NePS successive halving": neps("successive_halving"),
    "NePS ASHA": neps("asha"),
    **{
        f"NePS priorband, {kind} prior": neps(
            "priorband", lambda seed, offsets=offsets: offsets[seed % len(offsets)]
        )
        for kind, offsets in OFFSETS.items()
    },
    "Syne Tune ASHA": syne_tune("ASHA"),
    "Syne Tune BOHB": syne_tune("BOHB"),
    "Syne Tune CQR": syne_tune("ASHACQR"),
    "KerasTuner Hyperband": keras_tuner,
}
"""By name; each begins with the package that it needs."""


def named(names: Iterable[str] | None) -> dict[str, Contender]:
    """The contenders and peers whose names contain one of those given; without any, no peers."""
    if not names:
        return CONTENDERS
    known = {**CONTENDERS, **PEERS}
    chosen = {
        name: play
        for name, play in known.items()
        if any(part.lower() in name.lower() for part in names)
    }
    if not chosen:
        raise ValueError(f"no contender has {' or '.join(names)} in its name: {list(known)}")
    return chosen

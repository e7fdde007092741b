"""Optuna's pruners and DigitRacePruner on real trainings: the tables of docs/optuna.md.

``nox -s bench-pruners``. A study has 30 trials of 16 epochs each, ``partial_fit`` by
``partial_fit``, on three tasks; ten studies a cell, each with its own seed for sampler and
initialisation. The scores are log losses (mean squared errors) on a third held out. *Epochs* are
what the study's trials trained of 480; *regret* is the full score of the rate that is recommended,
over the best full score of that study's trials without a pruner.
"""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import numpy as np
import optuna
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits
from sklearn.linear_model import SGDClassifier
from sklearn.metrics import log_loss, mean_squared_error
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.preprocessing import StandardScaler

from lrsearch_optuna import DigitRacePruner, DigitSampler

EPOCHS, TRIALS, STUDIES = 16, 30, 10


def network(seed: int) -> Any:
    """A classifier of images."""
    return MLPClassifier(hidden_layer_sizes=(32,), solver="sgd", random_state=seed)


def linear(seed: int) -> Any:
    """A linear classifier of a table."""
    return SGDClassifier(loss="log_loss", learning_rate="constant", random_state=seed)


def regression(seed: int) -> Any:
    """A network for a number."""
    return MLPRegressor(hidden_layer_sizes=(16,), solver="adam", random_state=seed)


TASKS: dict[str, tuple[Callable[[int], Any], Any, str]] = {
    "digits, MLP with momentum": (network, load_digits, "learning_rate_init"),
    "breast cancer, linear SGD": (linear, load_breast_cancer, "eta0"),
    "diabetes, MLP with Adam": (regression, load_diabetes, "learning_rate_init"),
}
PRUNERS: dict[str, Callable[[], Any]] = {
    "none": optuna.pruners.NopPruner,
    "`MedianPruner`": optuna.pruners.MedianPruner,
    "`SuccessiveHalvingPruner`": optuna.pruners.SuccessiveHalvingPruner,
    "`HyperbandPruner`": lambda: optuna.pruners.HyperbandPruner(1, EPOCHS),
    "`DigitRacePruner`": lambda: DigitRacePruner(EPOCHS),
}
SAMPLERS: dict[str, Callable[[int], Any]] = {
    "`RandomSampler`": lambda seed: optuna.samplers.RandomSampler(seed=seed),
    "`DigitSampler`": lambda seed: DigitSampler("lr"),
}


@cache
def data(task: str) -> list[np.ndarray]:
    """Columns and targets, for training and held out."""
    _, load, _ = TASKS[task]
    X, y = load(return_X_y=True)
    if task.startswith("diabetes"):
        y = (y - y.mean()) / y.std()
    X, held_out, y, targets = train_test_split(X, y, test_size=1 / 3, random_state=0)
    scaler = StandardScaler().fit(X)
    return [scaler.transform(X), scaler.transform(held_out), y, targets]


@cache
def curve(task: str, rate: float, seed: int) -> list[float]:
    """The scores after each epoch of a training; one that diverged goes on with nan."""
    X, held_out, y, targets = data(task)
    make, _, name = TASKS[task]
    estimator = make(seed).set_params(**{name: rate})
    classes = {} if task.startswith("diabetes") else {"classes": np.unique(y)}
    order, scores = np.random.default_rng(seed), []
    for _ in range(EPOCHS):
        chosen = order.permutation(len(X))
        try:
            for part in np.array_split(chosen, max(1, len(X) // 64)):
                estimator.partial_fit(X[part], y[part], **classes)
            if classes:
                shown = estimator.predict_proba(held_out)
                scores.append(float(log_loss(targets, shown, labels=classes["classes"])))
            else:
                scores.append(float(mean_squared_error(targets, estimator.predict(held_out))))
        except ValueError as error:
            if "non-finite" not in str(error) and "NaN" not in str(error):
                raise
            scores += [float("nan")] * (EPOCHS - len(scores))
            break
    return scores


def studied(task: str, sampler: str, pruner: str, seed: int) -> tuple[float, int]:
    """The full score of the rate that a study recommends, and the epochs it took."""

    def objective(trial: optuna.Trial) -> float:
        scores = curve(task, trial.suggest_float("lr", 1e-6, 10, log=True), seed)
        for epoch, score in enumerate(scores, 1):
            trial.report(score, epoch)
            if trial.should_prune():
                raise optuna.TrialPruned
        return scores[-1]

    study = optuna.create_study(sampler=SAMPLERS[sampler](seed), pruner=PRUNERS[pruner]())
    study.optimize(objective, n_trials=TRIALS)
    if sampler == "`DigitSampler`":
        rate = float(study.sampler.searched(study).rate)
    else:
        rate = recommended(study)
    epochs = sum(len(trial.intermediate_values) for trial in study.trials)
    return curve(task, rate, seed)[-1], epochs


def recommended(study: optuna.Study) -> float:
    """The best rate of those trials that were trained furthest; a pruner may have ended all."""
    furthest = max(len(trial.intermediate_values) for trial in study.trials)
    ended = [t for t in study.trials if len(t.intermediate_values) == furthest]
    return min(
        ended, key=lambda t: np.nan_to_num(t.intermediate_values[furthest], nan=np.inf)
    ).params["lr"]


def regrets(task: str, sampler: str, pruner: str) -> tuple[float, float]:
    """Mean regret and mean epochs of a cell."""
    found = []
    for seed in range(STUDIES):
        score, epochs = studied(task, sampler, pruner, seed)
        found.append((score - best(task, sampler, seed), epochs))
    regret, epochs = np.mean(found, axis=0)
    return float(regret), float(epochs)


@cache
def best(task: str, sampler: str, seed: int) -> float:
    """The best full score among a study's trials without a pruner."""
    study = optuna.create_study(sampler=SAMPLERS[sampler](seed))
    rates = []
    for _ in range(TRIALS):
        trial = study.ask()
        rates.append(trial.suggest_float("lr", 1e-6, 10, log=True))
        score = curve(task, rates[-1], seed)[-1]
        study.tell(trial, score, skip_if_finished=True) if np.isfinite(score) else study.tell(
            trial, state=optuna.trial.TrialState.FAIL
        )
    return float(np.nanmin([curve(task, rate, seed)[-1] for rate in rates]))


def table(sampler: str) -> Iterator[str]:
    """A line a pruner: epochs and regret on each task, and their means."""
    yield f"| {sampler} | {' | '.join(TASKS)} | mean |"
    yield "| --- " * (len(TASKS) + 2) + "|"
    for pruner in PRUNERS:
        cells = [regrets(task, sampler, pruner) for task in TASKS]
        cells.append(tuple(np.mean(cells, axis=0)))
        yield f"| {pruner} | {' | '.join(f'{e:.0f}, {r:+.4f}' for r, e in cells)} |"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, prog="python -m tests.benchmarks.pruners")
    parser.parse_args()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    warnings.simplefilter("ignore")
    for sampler in SAMPLERS:
        for line in table(sampler):
            print(line, flush=True)
        print()

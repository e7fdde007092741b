"""What one suggestion costs with 1,000 trials behind it, beside Optuna's TPE with the same ones.

Run with ``nox -s bench``. Both sides are measured in turns in one process, so that a machine that
slows down slows both.
"""

import gc
import math
import statistics
import time

import optuna
import pytest
from optuna.distributions import FloatDistribution

from lrsearch import DigitSearch
from lrsearch_optuna import DigitSampler

TRIALS = 1000
SAMPLE = 150
SPACE = {"lr": FloatDistribution(1e-6, 10, log=True)}
SEARCHES = {
    "in the middle of a round": lambda: DigitSearch(
        [f"{n}e-7" for n in range(11, 11 + TRIALS + 3 * SAMPLE)], digits=0, epochs=1
    ),
    "past the last digit": lambda: DigitSearch(epochs=1),
}
STORAGES = {
    "memory": lambda folder: None,
    "sqlite": lambda folder: f"sqlite:///{folder / 'study.db'}",
}


@pytest.fixture(scope="module", autouse=True)
def quiet():
    optuna.logging.set_verbosity(optuna.logging.ERROR)


def bowl(rate):
    return abs(math.log10(rate / 0.0023))


def step(study):
    """One suggestion, timed, and its trial told."""
    begun = time.perf_counter()
    trial = study.ask(SPACE)
    spent = time.perf_counter() - begun
    study.tell(trial, bowl(trial.params["lr"]))
    return spent


def studies(search, storages):
    """A study of DigitSampler's, and one of TPE's with the same trials."""
    memory = optuna.create_study(sampler=DigitSampler("lr", search))
    for _ in range(TRIALS):
        step(memory)
    ours, theirs = (
        optuna.create_study(storage=storage, sampler=sampler)
        for storage, sampler in zip(
            storages,
            (DigitSampler("lr", search), optuna.samplers.TPESampler(seed=0)),
            strict=True,
        )
    )
    for study in (ours, theirs):
        study.add_trials(memory.trials)
    return ours, theirs


def medians(*calls):
    """The median seconds that each call returns, called in turns."""
    spent = [[] for _ in calls]
    gc.disable()
    try:
        for _ in range(SAMPLE):
            for call, seconds in zip(calls, spent, strict=True):
                seconds.append(call())
    finally:
        gc.enable()
    return [statistics.median(seconds) for seconds in spent]


@pytest.mark.parametrize("storage", STORAGES)
@pytest.mark.parametrize("where", SEARCHES)
def test_a_suggestion_costs_no_more_than_tpe_s(benchmark, tmp_path, where, storage):
    folders = [tmp_path / "ours", tmp_path / "theirs"]
    for folder in folders:
        folder.mkdir()
    ours, theirs = studies(SEARCHES[where](), [STORAGES[storage](folder) for folder in folders])
    step(ours), step(theirs)
    mine, tpe = medians(lambda: step(ours), lambda: step(theirs))
    report(benchmark, f"{where}, {storage}", mine, tpe)
    benchmark.pedantic(step, (ours,), rounds=20)
    assert mine <= tpe


def test_the_first_suggestion_of_a_process_costs_no_more_than_twenty_of_tpe_s(benchmark):
    """It reads all trials once."""
    search = SEARCHES["in the middle of a round"]()
    ours, theirs = studies(search, [None, None])

    def first():
        ours.sampler = DigitSampler("lr", search)
        return step(ours)

    mine, tpe = medians(first, lambda: step(theirs))
    report(benchmark, "first of a process, memory", mine, tpe)
    benchmark.pedantic(first, rounds=5)
    assert mine <= 20 * tpe


def report(benchmark, name, mine, tpe):
    benchmark.extra_info |= {"ours_us": mine * 1e6, "tpe_us": tpe * 1e6}
    print(f"\n{name}: {mine * 1e6:.0f} µs, TPE {tpe * 1e6:.0f} µs, {mine / tpe:.3f} of it")

"""What one ask plus one tell costs, beside Optuna's, and with many trials behind it.

Run with ``nox -s bench``. Both sides are measured in turns in one process, so that a machine that
slows down slows both.
"""

import gc
import statistics
import time

import optuna
import pytest

from lrsearch import DigitSearch, GridSearch, RandomSearch

MANY = 100_000
FEW = 1_000
SAMPLE = 2_000

SEARCHES = {
    "DigitSearch": lambda count: DigitSearch([f"{n}e-7" for n in range(11, 11 + count)], epochs=1),
    "GridSearch": lambda count: GridSearch([f"{n}e-7" for n in range(11, 11 + count)], epochs=1),
    "RandomSearch": lambda count: RandomSearch(count, digits=7, epochs=1, seed=0),
}


def ask_tell(search, score=0.5):
    search.tell(search.ask(), score)


def after(make, trials):
    """A search with so many trials behind it, and enough ahead of it."""
    search = make(trials + 3 * SAMPLE)
    for number in range(trials):
        ask_tell(search, 1.0 + number % 97)
    return search


def medians(*calls):
    """The median seconds of each call, measured in turns."""
    times = [[] for _ in calls]
    gc.disable()
    try:
        for _ in range(SAMPLE):
            for call, spent in zip(calls, times, strict=True):
                begun = time.perf_counter()
                call()
                spent.append(time.perf_counter() - begun)
    finally:
        gc.enable()
    return [statistics.median(spent) for spent in times]


@pytest.mark.parametrize("name", SEARCHES)
def test_ask_and_tell(benchmark, name):
    search = after(SEARCHES[name], FEW)
    benchmark.pedantic(ask_tell, (search,), rounds=SAMPLE, warmup_rounds=100)


@pytest.mark.parametrize("name", SEARCHES)
def test_it_costs_at_most_a_tenth_of_optunas(benchmark, name):
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))

    def optuna_ask_tell():
        trial = study.ask()
        study.tell(trial, trial.suggest_float("rate", 1e-6, 10, log=True))

    search = after(SEARCHES[name], FEW)
    ours, theirs = medians(lambda: ask_tell(search), optuna_ask_tell)
    benchmark.extra_info |= {"ours_us": ours * 1e6, "optuna_us": theirs * 1e6}
    benchmark.pedantic(ask_tell, (search,), rounds=100)
    print(f"\n{name}: {ours * 1e6:.2f} µs, Optuna {theirs * 1e6:.1f} µs, {ours / theirs:.3f} of it")
    assert ours <= theirs / 10


@pytest.mark.parametrize("name", SEARCHES)
def test_it_costs_no_more_with_100_000_trials_behind_it(benchmark, name):
    few, many = after(SEARCHES[name], FEW), after(SEARCHES[name], MANY)
    early, late = medians(lambda: ask_tell(few), lambda: ask_tell(many))
    benchmark.extra_info |= {"early_us": early * 1e6, "late_us": late * 1e6}
    benchmark.pedantic(ask_tell, (many,), rounds=100)
    print(f"\n{name}: {late / early:.2f} times what it costs with {FEW} trials")
    assert late <= 1.5 * early

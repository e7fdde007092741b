"""Nothing is quadratic in trials: ten times as many take about ten times as long."""

import json
import math
import subprocess
import sys
import time

import pytest

import lrsearch
from lrsearch.study import Study

OPENED = """
import resource, sys, time
from lrsearch.study import Study
begun = time.process_time()
with Study.open(sys.argv[1], readonly=True) as study:
    trials = len(study.trials)
unit = 1024 if sys.platform == "linux" else 1
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
print(trials, time.process_time() - begun, peak)
"""


def seconds(act):
    begun = time.process_time()
    act()
    return time.process_time() - begun


def swept(count):
    """A search of trials of two lengths, all told."""
    search = lrsearch.RandomSearch(count, epochs=4, digits=6, seed=1)
    for trial in search:
        loss = math.log10(trial.rate / 0.002) ** 2 + 0.1 * math.sin(1e7 * trial.rate)
        search.tell(trial, [loss + 1 / epoch for epoch in range(1, 5 - trial.number % 3 // 2)])
    return search


def test_evidence_of_100_000_trials_takes_less_than_a_second(benchmark):
    costs = {count: min(seconds(swept(count).evidence) for _ in range(2)) for count in (10**4,)}
    search = swept(10**5)
    costs[10**5] = min(seconds(search.evidence) for _ in range(3))
    benchmark.pedantic(search.evidence, rounds=1)
    print(json.dumps({"seconds of evidence, by trials": costs}))
    assert costs[10**5] < 1


def test_asks_that_are_not_told_cost_the_same_however_many_there_are(benchmark, tmp_path):
    def ask(count):
        rates = [str(n) for n in range(1, count + 1)]
        with Study(tmp_path / f"{count}.db", lrsearch.GridSearch(rates)) as study:
            return seconds(lambda: [study.ask() for _ in range(count)]) / count

    costs = {count: ask(count) for count in (400, 4000)}
    benchmark.pedantic(ask, (100,), rounds=1)
    print(json.dumps({"seconds of an ask, by asks before it": costs}))
    assert costs[4000] < 3 * costs[400]


@pytest.mark.parametrize("count", [300_000])
def test_a_study_of_300_000_trials_opens_in_200_megabytes(benchmark, tmp_path, count):
    found = {}
    for size in (count // 10, count):
        path = tmp_path / f"{size}.db"
        search = lrsearch.GridSearch(lrsearch.grid()[:20], epochs=1, repeats=size // 20)
        with Study(path, search) as study, study._transaction() as inside:
            for trial in iter(inside.ask, None):
                inside.tell(trial, abs(math.log10(trial.rate / 0.002)))
        result = subprocess.run(
            [sys.executable, "-c", OPENED, path], capture_output=True, text=True, check=True
        )
        trials, took, peak = map(float, result.stdout.split())
        assert trials == size
        found[size] = (took, peak / 2**20)
    benchmark.pedantic(lambda: None, rounds=1)
    print(json.dumps({"seconds and megabytes of opening, by trials": found}))
    assert found[count][0] < 20 * found[count // 10][0]
    assert found[count][1] < 200

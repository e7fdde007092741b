"""What a study costs: calls a second by eight processes, and opening a long one."""

import json
import subprocess
import sys
import time

import pytest

import lrsearch
from lrsearch.study import read_status
from lrsearch.study.study import Study

PROCESSES, EACH = 8, 250
WORKER = """
import sys, time
from lrsearch.study.study import Study
with Study.open(sys.argv[1]) as study:
    print("ready", flush=True)
    sys.stdin.readline()
    for _ in range(int(sys.argv[2])):
        trial = study.ask()
        study.tell(trial, abs(trial.rate - 0.003))
    print(time.time())
"""


def many_trials(repeats):
    return lrsearch.GridSearch(lrsearch.grid()[:20], epochs=1, repeats=repeats)


def test_eight_processes_ask_and_tell_at_least_300_times_a_second(benchmark, tmp_path):
    def run():
        path = tmp_path / f"{time.monotonic_ns()}.db"
        Study(path, many_trials(1000)).close()
        workers = [
            subprocess.Popen(
                [sys.executable, "-c", WORKER, path, str(EACH)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            for _ in range(PROCESSES)
        ]
        for worker in workers:
            assert worker.stdout.readline() == "ready\n"
        begun = time.time()
        for worker in workers:
            worker.stdin.write("\n")
            worker.stdin.flush()
        ended = max(float(worker.communicate()[0]) for worker in workers)
        with Study.open(path) as study:
            assert len(study.trials) == PROCESSES * EACH
            assert all(record.score is not None for record in study.trials)
        rates.append(PROCESSES * EACH / (ended - begun))

    rates = []
    benchmark.pedantic(run, rounds=3)
    benchmark.extra_info["ask_and_tell_per_second"] = rates
    print(json.dumps({"ask and tell a second, 8 processes": [round(rate) for rate in rates]}))
    assert max(rates) >= 300


def test_one_ask_and_tell(benchmark, tmp_path):
    with Study(tmp_path / "s.db", many_trials(100_000)) as study:
        benchmark(lambda: study.tell(study.ask(), 0.5))


@pytest.fixture(scope="module")
def long_study(tmp_path_factory):
    """A study of 100,000 trials with one score each, stored in one transaction."""
    path = tmp_path_factory.mktemp("long") / "s.db"
    with Study(path, many_trials(5000)) as study, study._transaction() as search:
        while (trial := search.ask()) is not None:
            search.tell(trial, abs(trial.rate - 0.003) + trial.number * 1e-9)
    return path


def test_a_study_of_100_000_trials_opens_in_3_seconds(benchmark, long_study):
    def opened():
        with Study.open(long_study) as study:
            assert len(study.trials) == 100_000
            assert study.done

    benchmark.pedantic(opened, rounds=3)
    assert benchmark.stats.stats.min < 3


def test_its_status_is_read_in_1_second(benchmark, long_study):
    found = benchmark.pedantic(read_status, args=(long_study,), rounds=3)
    assert len(found.rows) == 100_000
    assert benchmark.stats.stats.min < 1


def test_the_command_shows_its_status_in_1_second(benchmark, long_study):
    command = [sys.executable, "-m", "lrsearch.cli", "status", str(long_study)]
    benchmark.pedantic(subprocess.run, args=(command,), kwargs={"check": True}, rounds=3)
    assert benchmark.stats.stats.min < 1


def test_a_tell_costs_no_more_in_a_long_study(benchmark, tmp_path):
    def seconds(study, count=200):
        begun = time.perf_counter()
        for _ in range(count):
            study.tell(study.ask(), 0.5)
        return (time.perf_counter() - begun) / count

    path = tmp_path / "s.db"
    with Study(path, many_trials(10_000)) as study:
        seconds(study)
        early = min(seconds(study) for _ in range(3))
        with study._transaction() as search:
            for _ in range(50_000):
                search.tell(search.ask(), 0.5)
        late = benchmark.pedantic(lambda: min(seconds(study) for _ in range(3)), rounds=1)
    print(json.dumps({"ask and tell, us": [round(1e6 * early), round(1e6 * late)]}))
    assert late < 3 * early

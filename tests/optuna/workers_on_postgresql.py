"""Four worker processes share a study on a real PostgreSQL, and one is killed.

    pytest tests/optuna/workers_on_postgresql.py

Not named as a test module, so that pytest only runs it where it is named: it needs PostgreSQL's
server programs and psycopg2. ``nox -s optuna`` has both.
"""

import math
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import optuna
import pytest
from optuna.trial import TrialState

from lrsearch import DigitSearch
from lrsearch.testing import run
from lrsearch_optuna import DigitSampler

WORKERS = 4
HEARTBEAT = 1
GRACE = 3
RANGE = (1e-6, 10)


def bowl(rate):
    return abs(math.log10(rate / 0.00234))


def new_search(digits):
    return DigitSearch(digits=digits, epochs=1)


def storage_at(url):
    return optuna.storages.RDBStorage(url, heartbeat_interval=HEARTBEAT, grace_period=GRACE)


def work(url, name, digits, seconds, hangs_at):
    """What one worker process does; after so many trials it hangs in one that is no repeat."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    sampler = DigitSampler("lr", new_search(digits), stop=True)
    study = optuna.load_study(study_name=name, storage=storage_at(url), sampler=sampler)
    mine = 0

    def objective(trial):
        nonlocal mine
        rate = trial.suggest_float("lr", *RANGE, log=True)
        if 0 <= hangs_at <= mine and not trial.user_attrs["lrsearch"]["repeat"]:
            print("hanging", flush=True)
            time.sleep(600)
        mine += 1
        time.sleep(seconds)
        return bowl(rate)

    study.optimize(objective, n_trials=2000)


# The server


def programs():
    """The folder of PostgreSQL's server programs."""
    found = shutil.which("initdb")
    folders = [Path(found).parent] if found else sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not folders:
        raise FileNotFoundError("PostgreSQL's initdb is not here: apt-get install postgresql")
    return folders[-1]


def as_server(*command):
    """Run a server program: PostgreSQL does not run as root."""
    user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    subprocess.run(
        [*user, *map(str, command)], check=True, cwd="/", stdout=subprocess.DEVNULL, timeout=120
    )


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="module")
def url():
    """A server of its own: a temporary folder, a loopback port, stopped afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="lrsearch-postgresql-"))
    data, port = folder / "data", free_port()
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres")
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder}"
    control = programs() / "pg_ctl"
    try:
        as_server(programs() / "initdb", "-D", data, "-U", "lrsearch", "-A", "trust")
        log = folder / "log"
        as_server(control, "-D", data, "-l", log, "-o", options, "-w", "start")
        try:
            yield f"postgresql+psycopg2://lrsearch@127.0.0.1:{port}/postgres"
        finally:
            as_server(control, "-D", data, "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def start(url, name, digits, seconds=0.0, hangs_at=-1):
    command = [sys.executable, __file__, url, name, digits, seconds, hangs_at]
    return subprocess.Popen(
        [*map(str, command)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def wait_for(workers):
    for worker in workers:
        _, errors = worker.communicate(timeout=240)
        assert worker.returncode == 0, errors


def deals(study):
    """The number of the search's trial that each trial of the study was dealt, repeats aside."""
    return {
        trial.number: trial.user_attrs["lrsearch"]["number"]
        for trial in study.trials
        if not trial.user_attrs["lrsearch"]["repeat"]
    }


def evaluated(study):
    """How often each trial of the search was evaluated to the end."""
    dealt = deals(study)
    return Counter(
        dealt[trial.number]
        for trial in study.trials
        if trial.number in dealt and trial.state == TrialState.COMPLETE
    )


def test_four_workers_of_which_one_is_killed(url):
    sampler = DigitSampler("lr", new_search(2))
    study = optuna.create_study(study_name="killed", storage=storage_at(url), sampler=sampler)
    victim = start(url, "killed", 2, 0.05, hangs_at=3)
    others = [start(url, "killed", 2, 0.05) for _ in range(WORKERS - 1)]
    assert victim.stdout.readline() == "hanging\n"
    victim.send_signal(signal.SIGKILL)
    victim.communicate()
    wait_for(others)

    expected = run(new_search(2), lambda trial, epoch: bowl(trial.rate))
    searched = sampler.searched(study)
    assert searched.done
    assert (searched.rate, searched.kept) == (expected.rate, expected.kept)
    assert [r.rates for r in searched.rounds] == [r.rates for r in expected.rounds]
    # Every rate of every round is evaluated, and once.
    assert evaluated(study) == Counter(record.number for record in expected.trials)
    # A second deal only where the worker died.
    lost = [trial for trial in study.trials if trial.state == TrialState.FAIL]
    assert len(lost) == 1
    dealt = Counter(deals(study).values())
    assert [n for n, count in dealt.items() if count > 1] == [deals(study)[lost[0].number]]
    # The repeats that came meanwhile serve the evidence.
    repeats = len(study.trials) - sum(dealt.values())
    assert repeats > 0
    assert "repeated from different inits" in sampler.evidence(study).sentence


def test_workers_that_come_at_the_same_time_are_never_dealt_the_same(url):
    sampler = DigitSampler("lr", new_search(3))
    study = optuna.create_study(study_name="rushed", storage=storage_at(url), sampler=sampler)
    wait_for([start(url, "rushed", 3) for _ in range(WORKERS)])

    expected = run(new_search(3), lambda trial, epoch: bowl(trial.rate))
    assert sampler.searched(study).rate == expected.rate
    assert evaluated(study) == Counter(record.number for record in expected.trials)
    assert Counter(deals(study).values()) == evaluated(study)


if __name__ == "__main__":
    work(sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4]), int(sys.argv[5]))

"""Three workers with threads and forks, killed and stopped, their clocks jumping, files touched.

No tell that returned is lost, none is told twice, none hangs. LRSEARCH_TORTURE=1 runs 1,000 rounds.
"""

import collections
import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import lrsearch
from lrsearch.study import Study, StudyError
from lrsearch.testing import bowl

ROUNDS = 1000 if os.environ.get("LRSEARCH_TORTURE") else 20
WORKER = Path(__file__).with_name("chaos.py")

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")


def search():
    return lrsearch.GridSearch([str(rate) for rate in lrsearch.grid()], epochs=2, repeats=4)


def started(path, acknowledged, generator):
    program = [sys.executable, WORKER, path, acknowledged, str(generator.random())]
    return subprocess.Popen(program, start_new_session=True)


def touched(path, generator):
    """Do something to the study's files that loses nothing of them."""
    for name in generator.sample(["", "-wal", "-shm"], 2):
        file = path.with_name(path.name + name)
        if file.exists():
            how = generator.choice([Path.touch, lambda f: f.chmod(0o600), lambda f: f.read_bytes()])
            how(file)


def robbed(path):
    """Remove the log and its index under the workers."""
    for log in ("-wal", "-shm"):
        path.with_name(path.name + log).unlink(missing_ok=True)


def ended(process):
    """End a worker and its children for good."""
    for act in (lambda: os.killpg(process.pid, signal.SIGKILL), process.kill):
        try:
            act()
        except ProcessLookupError:
            continue
    process.wait(30)


def saved(path):
    """The copies that robbed workers saved."""
    return path.parent.glob(f"{path.name}.saved-*")


def scored(copy, number):
    """The score of a trial in a copy; None where it has none."""
    with Study.open(copy, readonly=True) as study:
        return study.trials[number].score if number < len(study.trials) else None


def check(study, acknowledged):
    """No score that a call had returned from is missing, and no leg was told twice."""
    trials = study.trials
    for line in acknowledged.read_text().splitlines():
        if line != "ready":
            number, _, score = line.split()
            if trials[int(number)].score != float(score):
                copies = {copy.name: scored(copy, int(number)) for copy in saved(study.path)}
                pytest.fail(f"trial {number} was told {score}; the copies of the robbed: {copies}")
    told = collections.Counter(tuple(event[1:3]) for event in study.events if event[0] == "tell")
    assert set(told.values()) <= {1}
    assert len({number for number, _ in told}) == len(told)


def test_no_tell_is_lost_in_chaos(tmp_path):
    generator = random.Random(20)
    acts = collections.Counter()
    path, acknowledged = tmp_path / "s.db", tmp_path / "told.txt"
    for _ in range(ROUNDS):
        if not path.exists():
            acknowledged.write_text("")
            Study(path, search(), lease=2).close()
        ready = acknowledged.read_text().count("ready")
        workers = [started(path, acknowledged, generator) for _ in range(3)]
        deadline = time.monotonic() + 60
        while acknowledged.read_text().count("ready") < ready + 3 and time.monotonic() < deadline:
            if all(worker.poll() is not None for worker in workers):
                break  # the study is done
            time.sleep(0.005)
        stopped = []
        for _ in range(4):
            time.sleep(generator.uniform(0, 0.05))
            victim = generator.choice(workers)
            act = generator.choice(["kill", "stop", "touch", "nothing"])
            acts[act] += 1
            if act == "kill":
                ended(victim)
            elif act == "stop" and victim.poll() is None:
                os.kill(victim.pid, signal.SIGSTOP)
                stopped.append(victim)
            elif act == "touch":
                touched(path, generator)
        for worker in stopped:
            if worker.poll() is None:
                os.kill(worker.pid, signal.SIGCONT)
        if generator.random() < 0.1:
            acts["rob"] += 1
            with contextlib.suppress(StudyError), Study.open(path):
                robbed(path)
                for worker in workers:  # each finds it out and saves what it knows, or is done
                    worker.wait(120)
        for worker in workers:
            ended(worker)
        with Study.open(path) as study:
            check(study, acknowledged)
            if len(study.trials) > 40 or study.done:
                for trial in study:
                    study.tell(trial, [bowl(trial, epoch) for epoch in (1, 2)])
                assert study.done
                check(study, acknowledged)
                done = True
            else:
                done = False
        acts["saved"] += len(list(saved(path)))
        if done:
            acts["finished"] += 1
            shutil.rmtree(tmp_path)
            tmp_path.mkdir()
    print(acts)
    assert acts["finished"]

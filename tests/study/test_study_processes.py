"""Processes that share a study, and die. LRSEARCH_TORTURE=1 runs the full number of cases."""

import collections
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import lrsearch
from lrsearch.study import read_status
from lrsearch.study.study import Study, StudyError
from lrsearch.testing import bowl, run, state

TORTURE = bool(os.environ.get("LRSEARCH_TORTURE"))
WORKER = Path(__file__).with_name("worker.py")


def digits():
    return lrsearch.DigitSearch(epochs=3)


def race():
    return lrsearch.DigitRace(budget=600, max_epochs=27)


SEARCHES = {"digits": digits, "race": race}


def start(path, acknowledged, *options):
    return subprocess.Popen(
        [sys.executable, WORKER, path, acknowledged, *options],
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_until_ready(acknowledged, process, count=1):
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if acknowledged.exists() and acknowledged.read_text().count("ready") >= count:
            return
        assert process.poll() is None, process.stderr.read()
        time.sleep(0.001)
    raise TimeoutError


def check(study, acknowledged):
    """No score that a call had returned from is missing, and no leg was told twice."""
    trials = study.trials
    for line in acknowledged.read_text().splitlines():
        if line != "ready":
            number, _, epoch, score = line.split()
            assert trials[int(number)].scores[int(epoch)] == float(score)
    told = collections.Counter(tuple(event[1:3]) for event in study.events if event[0] == "tell")
    assert all(count == 1 for count in told.values())
    return told


def killed(folder, make, how, generator, kills, workers=1):
    """Kill workers at random instants until so many are dead; how many searches were finished."""
    finished = 0
    path, acknowledged = folder / "0.db", folder / "0.txt"
    Study(path, make()).close()
    for kill in range(kills):
        ready = acknowledged.read_text().count("ready") if acknowledged.exists() else 0
        processes = [start(path, acknowledged, how) for _ in range(workers)]
        for process in processes:
            wait_until_ready(acknowledged, process, ready + 1)
        time.sleep(generator.uniform(0, 0.03))
        victim = generator.choice(processes)
        victim.send_signal(signal.SIGKILL)
        for process in processes:
            process.communicate()
            assert process is victim or process.returncode == 0
        with Study.open(path) as study:
            check(study, acknowledged)
            if not study.done and kill < kills - 1:
                continue
            for trial in study.iterate(resume=True):
                study.tell(trial, [bowl(trial, e) for e in epochs(trial)])
            finish(study, make, how)
        finished += 1
        path, acknowledged = folder / f"{finished}.db", folder / f"{finished}.txt"
        Study(path, make()).close()
    return finished


def epochs(trial):
    return range(trial.start_epoch + 1, trial.stop_epoch + 1)


def finish(study, make, how):
    """The finished search equals one that was never interrupted, or keeps its budget."""
    assert study.done
    if study.config()["search"] == "DigitRace":
        assert study.spent <= study.config()["budget"]
        return
    whole = run(make())
    assert study.rate == whole.rate
    assert study.kept == whole.kept
    assert [r.rates for r in study.rounds] == [r.rates for r in whole.rounds]
    assert {(r.number, r.rate): r.scores for r in study.trials} == {
        (r.number, r.rate): r.scores for r in whole.trials
    }
    if how == "tell":
        assert study.spent == whole.spent


@pytest.mark.parametrize("how", ["tell", "report"])
@pytest.mark.parametrize("kind", SEARCHES)
def test_a_worker_killed_at_any_instant_loses_no_score(tmp_path, kind, how):
    kills = 200 if TORTURE else 5
    finished = killed(tmp_path, SEARCHES[kind], how, random.Random(f"{kind} {how}"), kills)
    assert finished >= 1


@pytest.mark.parametrize("kind", SEARCHES)
def test_a_worker_killed_among_others_loses_no_score(tmp_path, kind):
    kills = 60 if TORTURE else 2
    killed(tmp_path, SEARCHES[kind], "tell", random.Random(kind), kills, workers=3)


def test_a_dead_workers_trial_goes_back_at_once(tmp_path):
    path, acknowledged = tmp_path / "s.db", tmp_path / "s.txt"
    Study(path, lrsearch.GridSearch(["0.1", "0.01"], epochs=1)).close()
    process = start(path, acknowledged, "tell", "600")
    with Study.open(path) as study:
        wait_until_ready(acknowledged, process)
        while not study.out:
            time.sleep(0.01)
        assert study.ask().number == 1
        process.kill()
        process.wait()
        assert study.ask().number == 0


def test_a_worker_that_was_killed_but_not_waited_for_is_dead(tmp_path):
    path, acknowledged = tmp_path / "s.db", tmp_path / "s.txt"
    Study(path, lrsearch.GridSearch(["0.1", "0.01"], epochs=1)).close()
    process = start(path, acknowledged, "tell", "600")
    with Study.open(path) as study:
        while not study.out:
            time.sleep(0.01)
        process.kill()
        if sys.platform == "linux":
            while (
                Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
            ):
                time.sleep(0.01)
        else:
            process.wait()
        assert study.ask().number == 0
    process.communicate()


@pytest.mark.parametrize("kind", SEARCHES)
def test_eight_processes_evaluate_every_rate_once(tmp_path, kind):
    path, acknowledged = tmp_path / "s.db", tmp_path / "s.txt"
    Study(path, SEARCHES[kind]()).close()
    processes = [start(path, acknowledged, "tell", "0.005") for _ in range(8)]
    for process in processes:
        _, errors = process.communicate(timeout=120)
        assert process.returncode == 0, errors
        assert errors == ""
    with Study.open(path) as study:
        told = check(study, acknowledged)
        assert study.done
        assert study.out == ()
        if kind == "digits":
            assert sorted(told) == [(number, 0) for number in range(len(study.trials))]
            assert study.rate == run(digits()).rate


def test_many_processes_make_one_study(tmp_path):
    path = tmp_path / "s.db"
    program = (
        "import sys, lrsearch\n"
        "from lrsearch.study import Study\n"
        "with Study(sys.argv[1], lrsearch.GridSearch(['0.1', '0.01'], epochs=1)) as study:\n"
        "    print(study._store.origin['id'])\n"
    )
    processes = [
        subprocess.Popen([sys.executable, "-c", program, path], stdout=subprocess.PIPE, text=True)
        for _ in range(6)
    ]
    names = {process.communicate()[0] for process in processes}
    assert len(names) == 1
    # Of those that close at one moment none may be the last, which removes the log: one more is.
    Study.open(path).close()
    assert [entry.name for entry in tmp_path.iterdir()] == ["s.db"]


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    """A study with its log folded in, and what it holds."""
    path = tmp_path_factory.mktemp("sound") / "s.db"
    with Study(path, lrsearch.DigitSearch(epochs=20, digits=2)) as study:
        run(study)
        return path, state(study)


def damage(content, generator):
    content = bytearray(content)
    if generator.random() < 0.3:
        return content[: generator.randrange(len(content))]
    for _ in range(generator.choice([1, 1, 2, 8, 64])):
        content[generator.randrange(len(content))] ^= generator.randrange(1, 256)
    return content


def seen(path, how):
    """What a study's file shows, or the error that it gives."""
    try:
        if how == "status":
            return read_status(path).rows
        with Study.open(path, readonly=how == "reading") as study:
            return state(study)
    except StudyError as error:
        return error


def test_a_damaged_copy_opens_with_every_score_or_names_the_file(tmp_path, sound):
    source, whole = sound
    content = source.read_bytes()
    shown = {"status": seen(source, "status"), "reading": whole, "writing": whole}
    assert len(shown["status"]) == len(whole["trials"])
    outcomes = collections.Counter()
    for seed in range(200 if TORTURE else 30):
        path = tmp_path / f"{seed}.db"
        path.write_bytes(damage(content, random.Random(seed)))
        for how, expected in shown.items():
            found = seen(path, how)
            if isinstance(found, StudyError):
                assert str(path) in str(found)
                outcomes["refused", how] += 1
            else:
                assert found == expected
                outcomes["whole", how] += 1
    assert all(outcomes[outcome, how] for outcome in ("refused", "whole") for how in shown)
    print(outcomes)

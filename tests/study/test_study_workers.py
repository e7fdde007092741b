"""Several workers share a study: processes, threads and forks."""

import math
import os
import random
import sqlite3
import subprocess
import threading
import time

import pytest

import lrsearch
from lrsearch.study.study import Study
from lrsearch.testing import bowl, run, state
from tests.study.searches import small


def test_two_studies_share_the_trials(path):
    with Study(path, small()) as first, Study.open(path) as second:
        mine, yours = first.ask(), second.ask()
        assert (mine.number, yours.number) == (0, 1)
        second.tell(mine, 0.5)
        assert first.trials[0].score == 0.5
        with pytest.raises(ValueError, match="ended"):
            first.tell(mine, 0.5)


def race():
    return lrsearch.DigitRace(budget=400, max_epochs=27)


@pytest.mark.parametrize("make", [lambda: lrsearch.DigitSearch(digits=2, epochs=3), race])
@pytest.mark.parametrize("seed", range(3))
def test_studies_that_take_turns_show_the_same(path, make, seed):
    generator = random.Random(seed)
    Study(path, make()).close()
    studies, held = [Study.open(path) for _ in range(3)], []
    while not studies[0].done:
        study = generator.choice(studies)
        trial = study.ask() if len(held) < 5 else None
        if trial is not None:
            held.append(trial)
            continue
        trial = held.pop(generator.randrange(len(held)))
        scores = [bowl(trial, e) for e in range(trial.start_epoch + 1, trial.stop_epoch + 1)]
        fate = generator.random()
        if fate < 0.1:
            study.release(trial)
        elif fate < 0.2 and trial.rate > 0.1:
            study.tell(trial, math.nan)
        elif fate < 0.5:
            for score in scores:
                if not generator.choice(studies).report(trial, score):
                    break
        else:
            study.tell(trial, scores, generator.choice([None, 0.5]))
    shown = [state(study) for study in studies]
    with Study.open(path) as study:
        assert shown == [state(study)] * 3
    for study in studies:
        study.close()


def test_closing_gives_the_trials_in_hand_back(path):
    with Study(path, small()) as study:
        trial = study.ask()
    assert study.out == ()
    with Study.open(path) as study:
        assert study.ask() == trial._replace(leg=1)
        with pytest.raises(lrsearch.StaleTrial):
            study.tell(trial, 0.5)


def test_a_study_that_was_dropped_without_closing_gives_its_trials_back(path):
    study = Study(path, small())
    study.ask()
    del study
    with Study.open(path) as study:
        assert study.ask().number == 0


def test_a_claim_older_than_the_lease_goes_back_to_the_pool(path):
    with Study(path, small()) as study, Study(path, lease=30) as other:
        trial = study.ask()
        with sqlite3.connect(path) as connection:
            connection.execute("UPDATE claims SET host = 'elsewhere', worker = 'w'")
        connection.close()
        assert other.ask().number == 1
        with sqlite3.connect(path) as connection:
            connection.execute("UPDATE claims SET heartbeat = heartbeat - 31 WHERE trial = 0")
        connection.close()
        assert other.ask() == trial._replace(leg=1)
        with pytest.raises(lrsearch.StaleTrial):
            study.report(trial, 0.5)


def test_a_claim_is_not_taken_for_old_when_the_clock_was_set(path, monkeypatch):
    with Study(path, small()) as study, Study(path, lease=30) as other:
        study.ask()
        with sqlite3.connect(path) as connection:
            connection.execute("UPDATE claims SET host = 'elsewhere', worker = 'w'")
        connection.close()
        now = time.time
        monkeypatch.setattr(time, "time", lambda: now() + 3600)
        assert other.ask().number == 1


def test_a_process_number_that_was_given_again_is_another_worker(path):
    with Study(path, small()) as study:
        study.ask()
        with sqlite3.connect(path) as connection:
            connection.execute("UPDATE claims SET started = '1', worker = 'w', pid = 1")
        connection.close()
        with Study.open(path) as other:
            assert other.ask().number == 0


def test_the_heartbeat_keeps_a_long_trial(path):
    with Study(path, small(), lease=2) as study, Study(path, lease=2) as other:
        study.ask()
        with sqlite3.connect(path) as connection:
            before = connection.execute("SELECT heartbeat FROM claims").fetchone()
            time.sleep(1.2)
            after = connection.execute("SELECT heartbeat FROM claims").fetchone()
        connection.close()
        assert after > before
        assert other.ask().number == 1


@pytest.mark.parametrize("lease", [1e12, math.inf])
def test_a_lease_may_be_longer_than_any_wait(path, lease):
    with Study(path, small(), lease=lease) as study:
        study.ask()
        time.sleep(0.05)
        assert study._claims._heartbeat._thread.is_alive()


def test_a_loop_waits_for_other_workers(path):
    with Study(path, small()) as study, Study.open(path) as other:
        held = other.ask()
        threading.Timer(0.3, other.tell, (held, 0.25)).start()
        numbers = []
        for trial in study:
            numbers.append(trial.number)
            study.tell(trial, 0.5)
        assert numbers == [1, 2]
        assert study.rate == 0.1


def test_threads_share_one_study(path):
    with Study(path, lrsearch.DigitSearch(epochs=1)) as study:
        told = []

        def work():
            for trial in study:
                told.append(trial.number)
                study.tell(trial, bowl(trial, 1))

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(told) == list(range(len(study.trials)))
        assert study.rate == run(lrsearch.DigitSearch(epochs=1)).rate


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")
def test_after_a_fork_both_processes_go_on(path):
    with Study(path, small(epochs=1)) as study:
        mine = study.ask()
        child = os.fork()
        if child == 0:
            code = 1
            try:
                study.tell(study.ask(), 0.25)
                study.close()
                code = 0
            finally:
                os._exit(code)
        assert os.waitpid(child, 0)[1] == 0
        study.tell(mine, 0.5)
        assert [record.score for record in study.trials] == [0.5, 0.25]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")
def test_a_child_that_leaves_the_loop_does_not_give_its_parents_trial_back(path):
    with Study(path, small(epochs=1)) as study:
        loop = iter(study)
        mine = next(loop)
        child = os.fork()
        if child == 0:
            loop.close()
            study.close()
            os._exit(0)
        os.waitpid(child, 0)
        study.tell(mine, 0.5)
        assert study.trials[0].score == 0.5


def test_a_fork_of_the_shell_does_not_harm(path):
    with Study(path, small()) as study:
        trial = study.ask()
        subprocess.run(["true"], check=True, preexec_fn=os.getpid)
        study.tell(trial, 0.5)
        assert study.trials[0].score == 0.5

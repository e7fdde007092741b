"""Several workers share a study: processes, threads and forks."""

import concurrent.futures
import contextlib
import math
import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time

import pytest

import lrsearch
from lrsearch.study.store import Store
from lrsearch.study.study import Study, StudyError
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


def change_claims(path, change):
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(f"UPDATE claims SET {change}")


ELSEWHERE = "host = 'elsewhere', worker = 'w'"


def test_a_silent_worker_elsewhere_loses_its_trial_after_the_lease(path):
    with Study(path, small(), lease=0.6) as study, Study.open(path) as other:
        trial = study.ask()
        change_claims(path, ELSEWHERE)
        assert other.ask().number == 1
        time.sleep(0.7)
        change_claims(path, "heartbeat = heartbeat + 1 WHERE trial = 0")
        time.sleep(1.1)
        assert other.ask().number == 2
        time.sleep(1.1)
        assert other.ask() == trial._replace(leg=1)
        with pytest.raises(lrsearch.StaleTrial):
            study.report(trial, 0.5)


@pytest.mark.parametrize("where", [ELSEWHERE, "trial = trial"])
@pytest.mark.parametrize("jump", [3600, -3600, 1e9])
def test_no_clock_takes_a_trial_from_a_worker(path, monkeypatch, where, jump):
    with Study(path, small()) as study:
        study.ask()
        change_claims(path, where)
        now = time.time
        monkeypatch.setattr(time, "time", lambda: now() + jump)
        with Study.open(path) as other:
            assert other.ask().number == 1


WORKER = """
import sys
from lrsearch.study import Study
study = Study.open(sys.argv[1])
print(study.ask().number, flush=True)
sys.stdin.readline()
"""


@pytest.fixture
def living(path):
    """Another process, which has the first trial of a study with a lease of some tenths."""
    Study(path, small(), lease=0.4).close()
    process = subprocess.Popen(
        [sys.executable, "-c", WORKER, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdout.readline() == b"0\n"
    yield process
    process.kill()
    process.communicate()


def test_a_living_process_of_this_machine_keeps_its_trial_whatever_its_heartbeat(path, living):
    change_claims(path, "heartbeat = 0, worker = 'one that gives no more signs'")
    with Study.open(path) as study:
        assert study.ask().number == 1
        time.sleep(1.5)
        assert study.ask().number == 2
        assert study.ask() is None


@pytest.mark.skipif(sys.platform != "linux", reason="only /proc tells that a process is stopped")
def test_a_stopped_process_loses_its_trial_after_the_lease(path, living):
    living.send_signal(signal.SIGSTOP)
    with Study.open(path) as study:
        assert study.ask().number == 1
        time.sleep(1.5)
        assert study.ask().number == 0
    living.send_signal(signal.SIGCONT)


def asked_in_a_thread(study):
    """A trial whose thread is gone."""
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        return pool.submit(study.ask).result()


def test_a_thread_that_is_gone_leaves_its_trial(path):
    with Study(path, small()) as study:
        trial = asked_in_a_thread(study)
        assert study.ask() == trial._replace(leg=1)
        with pytest.raises(lrsearch.StaleTrial):
            study.tell(trial, 0.5)


def test_a_thread_that_is_gone_leaves_its_trial_to_others_too(path):
    with Study(path, small(), lease=0.4) as study, Study.open(path) as other:
        trial = asked_in_a_thread(study)
        time.sleep(1.5)
        assert other.ask() == trial._replace(leg=1)


def test_a_training_that_hangs_leaves_its_trial_after_the_patience(path):
    with Study(path, small(), patience=0.8) as study, Study.open(path) as other:
        trial = study.ask()
        assert other.ask().number == 1
        time.sleep(1.6)
        assert other.ask() == trial._replace(leg=1)
        with pytest.raises(lrsearch.StaleTrial):
            study.tell(trial, 0.5)


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="nothing stops a process here")
def test_a_process_that_hangs_whole_leaves_its_trial_after_the_patience(path):
    Study(path, small(), lease=1e6, patience=1.5).close()
    process = subprocess.Popen(
        [sys.executable, "-c", WORKER, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdout.readline() == b"0\n"
    process.send_signal(signal.SIGSTOP)
    with Study.open(path) as study:
        study.tell(study.ask(), 0.5)
        time.sleep(2.6)
        assert study.ask().number == 0
    process.kill()
    process.communicate()


def test_the_lease_and_the_patience_are_the_studys(path):
    Study(path, small(), lease=30, patience=60).close()
    with Study.open(path) as first, Study(path, lease=30.0) as second:
        assert (first.lease, first.patience) == (second.lease, second.patience) == (30, 60)
        trial = first.ask()
        with pytest.raises(StudyError, match=r"trials in hand.*\n +lease +stored 30.0, given 5.0"):
            Study.open(path, lease=5)
        first.tell(trial, 0.5)
    with Study.open(path, lease=5, patience=7) as study:
        assert (study.lease, study.patience) == (5, 7)
    with Study.open(path, readonly=True) as study:
        assert (study.lease, study.patience) == (5, 7)


def test_programs_that_were_named_before_the_first_score_do_not_mix(path):
    with Study(path, small(), program="a") as first, Study(path, small(), program="b") as second:
        with pytest.raises(
            StudyError, match=r'of another program:\n +program +stored "b", given "a"'
        ):
            first.ask()
        assert first.trials == ()
        second.tell(second.ask(), 0.5)
        with pytest.raises(StudyError, match="of another program"):
            first.ask()
        with Study.open(path) as third:
            third.tell(third.ask(), 0.25)
        with Study.open(path, program="b") as fourth:
            assert [record.score for record in fourth.trials] == [0.5, 0.25]


def test_a_score_that_comes_while_a_study_is_opened_is_its_programs(path, monkeypatch):
    with Study(path, small(), program="a") as first:
        begin = Store.transaction

        def begin_after_a_score(store, durable=True):
            if store is not first._store and not first.trials:
                first.tell(first.ask(), 0.5)
            return begin(store, durable)

        monkeypatch.setattr(Store, "transaction", begin_after_a_score)
        with pytest.raises(StudyError, match="of another program"):
            Study.open(path, program="b")


def test_a_dead_workers_trial_is_handed_out_again_once(path, living):
    living.kill()
    living.wait()
    with Study.open(path) as study:
        trials = iter(study.ask, None)
        assert [(trial.number, trial.leg) for trial in trials] == [(0, 1), (1, 0), (2, 0)]


def test_a_worker_that_is_gone_keeps_no_setting(path, living):
    living.kill()
    living.wait()
    with Study.open(path, lease=3) as study:
        assert study.lease == 3


def test_times_have_to_be_above_zero(path):
    for name in ("lease", "patience"):
        for value in (0, -1, math.nan):
            with pytest.raises(ValueError, match=name):
                Study(path, small(), **{name: value})
    assert not path.exists()


def test_a_process_number_that_was_given_again_is_another_worker(path):
    with Study(path, small()) as study:
        study.ask()
        with sqlite3.connect(path) as connection:
            connection.execute("UPDATE claims SET started = '1', worker = 'w', pid = 1")
        connection.close()
        with Study.open(path) as other:
            assert other.ask().number == 0


def test_the_heartbeat_keeps_a_long_trial(path):
    with Study(path, small(), lease=2) as study, Study.open(path) as other:
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


def forked_teller(study):
    """A child process that tells one score, and ends with 0 if it could."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            study.tell(study.ask(), 0.25)
            study.close()
            code = 0
        finally:
            os._exit(code)
    return child


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")
def test_after_a_fork_both_processes_go_on(path):
    with Study(path, small(epochs=1)) as study:
        mine = study.ask()
        child = forked_teller(study)
        assert os.waitpid(child, 0)[1] == 0
        study.tell(mine, 0.5)
        assert [record.score for record in study.trials] == [0.5, 0.25]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")
def test_a_fork_waits_for_no_lock_of_a_thread_that_is_gone(path):
    with Study(path, small(epochs=1)) as study:
        mine = study.ask()
        with held_elsewhere(study._claims._heartbeat._stopped._cond):
            child = forked_teller(study)
        deadline = time.monotonic() + 60
        while (ended := os.waitpid(child, os.WNOHANG))[0] == 0:
            if time.monotonic() > deadline:
                os.kill(child, signal.SIGKILL)
            time.sleep(0.01)
        assert ended[1] == 0
        study.tell(mine, 0.5)


@contextlib.contextmanager
def held_elsewhere(lock):
    """A block in which another thread has a lock."""
    held, over = threading.Event(), threading.Event()

    def hold():
        with lock:
            held.set()
            over.wait()

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait()
    try:
        yield
    finally:
        over.set()
        thread.join()


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

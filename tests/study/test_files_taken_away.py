"""Files that are removed, moved or replaced under living workers: no tell that returned is lost."""

import contextlib
import os
import shutil
import sqlite3
import subprocess
import sys
import threading

import pytest

import lrsearch
from lrsearch.study import Study, StudyError, locks
from tests.study.searches import small


def many():
    return lrsearch.GridSearch([str(n) for n in range(1, 30)], epochs=1)


def remove_logs(path):
    for log in ("-wal", "-shm"):
        path.with_name(path.name + log).unlink()


def tell(study, times=1):
    told = set()
    for _ in range(times):
        trial = study.ask()
        study.tell(trial, 0.5)
        told.add(trial.number)
    return told


def scored(path):
    with Study.open(path, readonly=True) as study:
        return {record.number for record in study.trials if record.score is not None}


def test_a_log_that_was_removed_under_workers_is_noticed_and_loses_nothing(path):
    first, second = Study(path, many()), Study.open(path)
    told = tell(first, 3) | tell(second, 2)
    trial = second.ask()
    remove_logs(path)
    with pytest.raises(StudyError, match=r"vae\.db-wal.*removed.*are in the file: open it again"):
        second.tell(trial, 0.5)
    with pytest.raises(StudyError, match="removed"):
        first.ask()
    with Study.open(path) as study:
        assert {r.number for r in study.trials if r.score is not None} == told
        told |= tell(study, 3)
    for worker in (first, second):
        with pytest.raises(StudyError, match="removed"):
            worker.close()
    assert scored(path) == told


def test_a_study_opened_by_a_link_is_watched_where_its_files_are(path, tmp_path):
    Study(path, many()).close()
    link = tmp_path / "by" / "link.db"
    link.parent.mkdir()
    link.symlink_to(path)
    first, second = Study.open(link), Study.open(path)
    told = tell(first, 2) | tell(second, 1)
    trial = first.ask()
    remove_logs(path)
    with pytest.raises(StudyError, match=r"vae\.db-wal.*removed"):
        first.tell(trial, 0.5)
    assert scored(link) == told


OTHER = """
import sys
from lrsearch.study import Study
with Study.open(sys.argv[1]) as study:
    for word in ("begun", "goes on"):
        study.tell(study.ask(), 0.5)
        print(word, flush=True)
        sys.stdin.readline()
"""


def test_a_log_that_others_began_anew_is_not_written_over(path, tmp_path, monkeypatch):
    monkeypatch.setattr(locks, "_locks", lambda path: [])
    first = Study(path, many())
    told = tell(first, 4)
    remove_logs(path)
    alone = "from lrsearch.study import locks\nlocks._locks = lambda path: []\n"
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    other = subprocess.Popen([sys.executable, "-c", alone + OTHER, path], text=True, **pipes)
    assert other.stdout.readline() == "begun\n"
    with pytest.raises(StudyError, match=r"told until then are in .*vae\.db\.saved-"):
        first.ask()
    other.communicate("\n\n")
    assert other.returncode == 0
    assert scored(path) == {0, 1}
    (copy,) = tmp_path.glob("vae.db.saved-*")
    assert scored(copy) == told
    shutil.copyfile(copy, path)
    with Study.open(path) as study:
        assert tell(study) == {4}


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells who has a lock")
def test_nobody_begins_a_new_log_while_others_have_the_old_one(path):
    first = Study(path, many())
    told = tell(first, 4)
    remove_logs(path)
    program = [sys.executable, "-c", OTHER, path]
    other = subprocess.run(program, capture_output=True, text=True, input="\n\n")
    assert f"removed, and the study is still open (process {os.getpid()})" in other.stderr
    with pytest.raises(StudyError, match="are in the file: open it again"):
        first.ask()
    assert scored(path) == told


OPENS_SLOWLY = """
import sys
from lrsearch.study.sqlite import Database
opened = Database._open

def opened_slowly(database, uri):
    if {before}:
        print("stands", flush=True)
        sys.stdin.readline()
    connection = opened(database, uri)
    if not {before}:
        print("stands", flush=True)
        sys.stdin.readline()
    Database._open = opened
    return connection

Database._open = opened_slowly
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells who has a lock")
@pytest.mark.parametrize("before", [True, False])
def test_a_log_that_is_removed_while_another_process_opens_it_loses_nothing(path, before):
    first = Study(path, many())
    told = tell(first, 3)
    program = [sys.executable, "-c", OPENS_SLOWLY.format(before=before) + OTHER, path]
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    other = subprocess.Popen(program, text=True, **pipes)
    assert other.stdout.readline() == "stands\n"
    remove_logs(path)
    out, error = other.communicate("\n\n\n")
    assert out == ""
    assert "removed, and the study is still open" in error
    with pytest.raises(StudyError, match="are in the file: open it again"):
        first.close()
    assert scored(path) == told
    with Study.open(path) as study:
        assert tell(study) == {3}


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells who has a lock")
def test_nobody_begins_a_new_log_while_the_same_process_has_the_old_one(path):
    first = Study(path, many())
    told = tell(first, 3)
    remove_logs(path)
    with pytest.raises(StudyError, match="removed, and the study is still open: close it"):
        Study.open(path)
    with pytest.raises(StudyError, match="are in the file: open it again"):
        first.close()
    assert scored(path) == told


def test_what_is_saved_goes_into_the_file_also_while_another_writes(path, tmp_path):
    study = Study(path, many())
    told = tell(study, 3)
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    with contextlib.closing(other):
        other.execute("BEGIN IMMEDIATE")
        remove_logs(path)
        ending = threading.Timer(0.3, other.execute, ["ROLLBACK"])
        ending.start()
        with pytest.raises(StudyError, match="are in the file: open it again"):
            study.ask()
        ending.join()
        shutil.copyfile(path, tmp_path / "alone.db")
    assert scored(tmp_path / "alone.db") == told


def test_a_study_that_was_replaced_by_another_is_left_alone(path, tmp_path):
    first = Study(path, many())
    told = tell(first, 4)
    Study(tmp_path / "other.db", small()).close()
    os.replace(tmp_path / "other.db", path)
    with pytest.raises(StudyError, match=r"replaced.*vae\.db\.saved-"):
        tell(first)
    (copy,) = tmp_path.glob("vae.db.saved-*")
    assert scored(copy) == told


def test_a_study_that_was_moved_is_named(path, tmp_path):
    first = Study(path, many())
    told = tell(first, 4)
    for entry in list(tmp_path.iterdir()):
        entry.rename(tmp_path / f"moved-{entry.name}")
    with pytest.raises(StudyError, match="moved or replaced while it was open"):
        tell(first)
    assert scored(tmp_path / "moved-vae.db") == told


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")
def test_a_log_that_was_removed_before_a_fork_is_noticed_in_both_processes(path):
    study = Study(path, many())
    told = tell(study, 3)
    remove_logs(path)
    child = os.fork()
    if child == 0:
        code = 1
        try:
            study.ask()
        except StudyError:
            code = 0
        finally:
            os._exit(code)
    assert os.waitpid(child, 0)[1] == 0
    with pytest.raises(StudyError, match="removed"):
        study.ask()
    assert scored(path) == told


def test_a_log_that_is_removed_in_the_middle_of_a_tell_lets_it_not_return(path, monkeypatch):
    study = Study(path, many())
    told = tell(study, 3)
    trial, append = study.ask(), study._store.append

    def removing(*arguments):
        remove_logs(path)
        return append(*arguments)

    monkeypatch.setattr(study._store, "append", removing)
    with pytest.raises(StudyError, match=r"removed.*This call's may be missing"):
        study.tell(trial, 0.5)
    assert scored(path) >= told

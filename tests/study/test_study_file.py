"""Files that are no study, damaged, read-only, or on a full disk."""

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import zlib

import pytest

from lrsearch.study import read_status, sqlite
from lrsearch.study.study import Study, StudyError
from tests.study.searches import small, write_second_phase


def test_where_there_is_no_study_it_says_so(path, tmp_path):
    with pytest.raises(StudyError, match=r"vae\.db: there is no study"):
        Study.open(path)
    assert not path.exists()
    with pytest.raises(StudyError, match="folder"):
        Study(tmp_path, small())
    with pytest.raises(StudyError, match=r"none/vae\.db"):
        Study(tmp_path / "none" / "vae.db", small())


@pytest.mark.parametrize("content", [b"", b"epoch,score\n" * 100, b"SQLite format 3\0" + b"x" * 90])
def test_a_file_that_is_no_study_is_refused_and_left_alone(path, content):
    path.write_bytes(content)
    with pytest.raises(StudyError, match=r"vae\.db"):
        Study(path, small())
    assert path.read_bytes() == content


def test_another_programs_database_is_refused(path):
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE trials (number INTEGER)")
    connection.close()
    with pytest.raises(StudyError, match="another program"):
        Study(path, small())


def test_a_newer_schema_is_refused_with_a_sentence(path):
    Study(path, small()).close()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 7")
    connection.close()
    with pytest.raises(StudyError, match=r"newer lrsearch \(schema 7.*upgrade"):
        Study.open(path)


def test_a_second_phase_is_refused_with_a_sentence_that_says_what_to_do(path):
    write_second_phase(path)
    before = path.read_bytes()
    for use in (Study.open, lambda path: Study(path, small()), read_status):
        with pytest.raises(StudyError, match=r"vae\.db holds a second phase.*0\.1\.0.*To go on"):
            use(path)
    assert path.read_bytes() == before


def test_the_log_of_a_study_that_is_gone_is_not_taken_for_a_new_ones(path):
    path.with_name("vae.db-wal").write_bytes(b"precious")
    with pytest.raises(StudyError, match=r"vae\.db-wal and vae\.db-shm"):
        Study(path, small())
    assert not path.exists()


def test_an_empty_log_that_a_reader_left_is_no_study(path):
    with Study(path, small()) as study:
        study.tell(study.ask(), 0.5)
    Study.open(path, readonly=True).close()
    path.unlink()
    assert path.with_name("vae.db-wal").exists()
    with Study(path, small()) as study:
        assert study.trials == ()


def test_a_search_that_is_not_installed_is_named(path):
    with Study(path, small()) as study:
        config = {**study.config(), "search": "Oracle"}
    text = json.dumps(config)
    connection = sqlite3.connect(path)
    with connection:
        connection.execute(
            "UPDATE study SET text = ?, checksum = ? WHERE key = 'config'",
            (text, zlib.crc32(("config" + text).encode())),
        )
    connection.close()
    with pytest.raises(StudyError, match="Oracle"):
        Study.open(path)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE events SET event = '[\"tell\",0,0,0.4,null]' WHERE number = 2",
        "DELETE FROM events WHERE number = 2",
        "DELETE FROM events WHERE number = 4",
        "DELETE FROM events",
        "UPDATE trials SET score = 0.1 WHERE number = 0",
        "DELETE FROM trials WHERE number = 1",
        "UPDATE study SET text = replace(text, '\"epochs\":2', '\"epochs\":3')",
        "DELETE FROM study WHERE key = 'state'",
        "DROP TABLE claims",
    ],
)
def test_what_was_altered_is_noticed(path, change):
    with Study(path, small()) as study:
        study.tell(study.ask(), 0.5)
        study.tell(study.ask(), 0.25)
    with sqlite3.connect(path) as connection:
        connection.execute(change)
    connection.close()
    with pytest.raises(StudyError, match=r"vae\.db: the study is damaged"):
        Study.open(path)


def test_a_full_disk_loses_no_score_that_was_told_and_the_tell_can_be_repeated(path):
    with Study(path, small(epochs=500)) as study:
        first, second = study.ask(), study.ask()
        study.tell(first, 0.5)
        pages = study._store._pragma("page_count")
        study._store._pragma(f"max_page_count = {pages}")
        with pytest.raises(StudyError, match=r"vae\.db: the disk is full"):
            study.tell(second, [1 / 3] * 500)
        assert [record.score for record in study.trials] == [0.5, None]
        study._store._pragma("max_page_count = 1000000")
        study.tell(second, [1 / 3] * 500)
    with Study.open(path) as study:
        assert [record.score for record in study.trials] == [0.5, 1 / 3]


@pytest.mark.skipif(os.name != "posix" or os.getuid() != 0, reason="needs root to become another")
def test_a_read_only_study_can_be_looked_at_but_not_changed(path, tmp_path):
    with Study(path, small()) as study:
        study.tell(study.ask(), 0.5)
    for parent in (tmp_path, *tmp_path.parents):
        if parent.owner() == "root" and parent.name.startswith(("pytest-", "popen-", "test_")):
            parent.chmod(0o755)
    path.chmod(0o444)
    program = f"""
import os
import lrsearch
from lrsearch.study.study import Study, StudyError
os.setgid(65534)
os.setuid(65534)
print(Study.open({str(path)!r}, readonly=True).best.score)
try:
    Study.open({str(path)!r}).ask()
except StudyError as error:
    print(error)
"""
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert result.stdout.splitlines()[0] == "0.5", result.stderr
    assert "read-only" in result.stdout.splitlines()[1]


KILLED = """
import os, signal, sys
import lrsearch
from lrsearch.study import Study
study = Study(sys.argv[1], lrsearch.GridSearch(["0.1", "0.01"], epochs=1))
study.tell(study.ask(), 0.5)
os.kill(os.getpid(), signal.SIGKILL)
"""
LOOKED_AT = """
import os, sys
from lrsearch.study import Study
os.setgid(65534)
os.setuid(65534)
print(len(Study.open(sys.argv[1], readonly=True).trials))
"""


@pytest.mark.skipif(os.name != "posix" or os.getuid() != 0, reason="needs root to become another")
@pytest.mark.parametrize(
    ("missing", "message"),
    [
        ([], "1"),
        (["-wal"], r"0\n.*vae\.db-wal is missing: the study is shown as it is without"),
        (["-shm"], r"Copy vae\.db and vae\.db-wal to another disk, and open that"),
    ],
)
def test_a_killed_workers_study_on_a_read_only_disk(path, tmp_path, missing, message):
    subprocess.run([sys.executable, "-c", KILLED, path], check=False)
    for log in missing:
        path.with_name(path.name + log).unlink()
    for parent in (tmp_path, *tmp_path.parents):
        if parent.owner() == "root" and parent.name.startswith(("pytest-", "popen-", "test_")):
            parent.chmod(0o755)
    for entry in tmp_path.iterdir():
        entry.chmod(0o444)
    result = subprocess.run(
        [sys.executable, "-c", LOOKED_AT, path], capture_output=True, text=True, check=False
    )
    assert re.search(message, result.stdout + result.stderr)


STOPPED = """
import sys, time
from lrsearch.study import Study
study = Study.open(sys.argv[1])
with study._store.transaction():
    print("inside", flush=True)
    time.sleep(600)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells who has a lock")
def test_who_keeps_the_study_to_itself_is_named(path, monkeypatch):
    monkeypatch.setattr(sqlite, "PATIENCE", 0.5)
    with Study(path, small()) as study:
        process = subprocess.Popen([sys.executable, "-c", STOPPED, path], stdout=subprocess.PIPE)
        assert process.stdout.readline() == b"inside\n"
        with pytest.raises(StudyError, match=rf"to itself.*\(process {process.pid}\)"):
            study.ask()
        process.send_signal(signal.SIGSTOP)
        named = rf"\(process {process.pid}, which is stopped\)"
        with pytest.raises(StudyError, match=named):
            study.ask()
        process.kill()
        process.communicate()
        assert study.ask().number == 0


def test_an_interrupt_in_the_middle_of_a_call_leaves_no_half_of_it(path, monkeypatch):
    with Study(path, small()) as study:
        trial = study.ask()
        append = study._store.append

        def interrupted(*arguments):
            append(*arguments)
            raise KeyboardInterrupt

        monkeypatch.setattr(study._store, "append", interrupted)
        with pytest.raises(KeyboardInterrupt):
            study.tell(trial, 0.5)
        monkeypatch.undo()
        assert study.trials[0].scores == {}
        study.tell(trial, 0.25)
        assert study.trials[0].score == 0.25

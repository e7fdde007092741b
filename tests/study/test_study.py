"""A study keeps a search in a file, whatever happens to the process, the disk or the file."""

import csv
import io
import json
import math
import os
import random
import sqlite3
import subprocess
import sys
import threading
import time
import zlib

import numpy as np
import pytest

import lrsearch
from lrsearch.study.study import Study, StudyError
from lrsearch.testing import SearchContract, bowl, run, state


class StudyContract(SearchContract):
    """The contract of every search, kept by a study of one."""

    @pytest.fixture(autouse=True)
    def _in_a_folder(self, tmp_path):
        self.folder, self.made = tmp_path, []
        yield
        for study in self.made:
            study.close()

    def make(self, direction):
        path = self.folder / f"{len(self.made)}.db"
        self.made.append(Study(path, self.plain(direction)))
        return self.made[-1]

    def test_the_file_opened_again_gives_the_same_state(self):
        study = self.search()
        run(study)
        with Study.open(study.path) as again:
            assert state(again) == state(study)


class TestStudyOfDigitSearch(StudyContract):
    def plain(self, direction):
        return lrsearch.DigitSearch(digits=2, epochs=2, direction=direction)


class TestStudyOfGridSearch(StudyContract):
    def plain(self, direction):
        return lrsearch.GridSearch(epochs=3, direction=direction)


class TestStudyOfRandomSearch(StudyContract):
    def plain(self, direction):
        return lrsearch.RandomSearch(30, epochs=3, direction=direction, seed=5)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "vae.db"


def small(**changes):
    return lrsearch.GridSearch(["0.1", "0.01", "0.001"], **{"epochs": 2, **changes})


# Going on


def test_a_study_goes_on_where_it_was_left(path):
    whole = run(lrsearch.DigitSearch(epochs=2))
    for _ in range(200):
        with Study(path, lrsearch.DigitSearch(epochs=2)) as study:
            trial = study.ask()
            if trial is None:
                break
            study.tell(trial, [bowl(trial, e) for e in (1, 2)])
    with Study.open(path) as study:
        assert state(study) == state(whole)
        assert study.done


def test_a_study_can_be_opened_without_the_search(path):
    with Study(path, small()) as study:
        study.tell(study.ask(), 0.5)
    with Study(path) as study:
        assert study.config() == small().config()
        assert study.rate == 0.1


def test_scores_come_back_exactly(path):
    scores = [0.1 + 0.2, 1e-323, 1.7976931348623157e308, -0.0, 5e-324]
    with Study(path, small(epochs=5)) as study:
        study.tell(study.ask(), scores)
    with Study.open(path) as study:
        assert [value.hex() for value in study.trials[0].scores.values()] == [
            value.hex() for value in scores
        ]


@pytest.mark.parametrize("score", [math.nan, math.inf, -math.inf])
def test_scores_that_are_not_finite_come_back(path, score):
    with Study(path, small()) as study:
        study.tell(study.ask(), [1.0, score])
        trial = study.ask()
        study.report(trial, score)
    with Study.open(path) as study:
        assert [str(value) for value in study.trials[0].scores.values()] == ["1.0", str(score)]
        assert [record.state for record in study.trials] == ["diverged", "diverged"]
    events = sqlite3.connect(path).execute("SELECT event FROM events").fetchall()

    def refuse(name):
        raise ValueError(name)

    for (event,) in events:
        json.loads(event, parse_constant=refuse)


def test_standard_errors_and_reports_come_back(path):
    with Study(path, small()) as study:
        study.tell(study.ask(), 0.5, standard_error=0.25)
        trial = study.ask()
        assert study.report(trial, None)
        assert not study.report(trial, 0.25)
    with Study.open(path) as study:
        assert study.trials[0].standard_error == 0.25
        assert study.trials[1].scores == {2: 0.25}


def test_a_search_that_was_asked_is_refused(path):
    search = small()
    search.ask()
    with pytest.raises(ValueError, match="asked"):
        Study(path, search)
    assert not path.exists()
    Study(path, small()).close()
    with pytest.raises(ValueError, match="asked"):
        Study(path, search)


def test_another_configuration_is_an_error_that_shows_both(path):
    Study(path, small(epochs=50)).close()
    with pytest.raises(StudyError) as caught:
        Study(path, small(epochs=30, direction="maximize"))
    message = str(caught.value)
    assert str(path) in message
    assert "epochs     stored 50, given 30" in message
    assert 'direction  stored "minimize", given "maximize"' in message
    assert "rates" not in message


def test_a_drawn_seed_is_no_other_configuration(path):
    search = lrsearch.RandomSearch(3, seed=1)
    Study(path, search).close()
    again = lrsearch.RandomSearch(3, seed=2)
    again.drawn = ("seed",)
    with Study(path, again) as study:
        assert study.config()["seed"] == 1


def test_what_is_no_search_is_a_type_error(path):
    with pytest.raises(TypeError, match=r"DigitSearch.*'digits'"):
        Study(path, "digits")
    assert not path.exists()


def test_numbers_of_numpys_are_stored(path):
    class Numbered(lrsearch.GridSearch):
        def config(self):
            return {**super().config(), "epochs": np.int64(self.epochs)}

    with Study(path, Numbered(["0.1", "0.01"], epochs=3)) as study:
        trial = study.ask(resume=np.True_)
        trial = trial._replace(number=np.int64(trial.number), leg=np.int64(trial.leg))
        assert study.report(trial, np.float32(0.5), np.int64(2))
        study.release(trial)
        trial = study.ask()
        assert not study.report(trial, np.float64("nan"), np.int32(1))
        before = study.to_csv(), study.to_csv(scores=True)
    with Study.open(path) as study:
        assert (study.to_csv(), study.to_csv(scores=True)) == before
        assert study.config()["epochs"] == 3


# Workers


def test_two_studies_share_the_trials(path):
    with Study(path, small()) as first, Study.open(path) as second:
        mine, yours = first.ask(), second.ask()
        assert (mine.number, yours.number) == (0, 1)
        second.tell(mine, 0.5)
        assert first.trials[0].score == 0.5
        with pytest.raises(ValueError, match="ended"):
            first.tell(mine, 0.5)


def race():
    return pytest.importorskip("lrsearch.race").DigitRace(budget=400, max_epochs=27)


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


# The second phase


def phase(**changes):
    return lrsearch.Exploit(["0.0004", "0.0003"], **{"budget": 8, "patience": 1, **changes})


def scores(number):
    return [9.0, 8.0, 8.5, 7.0, 6.0, 6.5, 5.0, 4.0][number]


def test_a_second_phase_goes_on_where_it_was_left(path):
    whole = phase()
    while (step := whole.ask()) is not None:
        whole.tell(step, scores(step.number))
    for _ in range(8):
        with Study(path, phase()) as study:
            step = study.ask()
            assert study.ask() == step
            study.tell(step, scores(step.number))
    with Study.open(path) as study:
        assert study.history == whole.history
        assert (study.done, study.best_score, study.best_step) == (True, 4.0, 7)
        assert study.ask() is None


def test_a_second_phase_is_rewound_to_the_step_of_its_checkpoint(path):
    with Study(path, phase()) as study:
        for _ in range(5):
            step = study.ask()
            study.tell(step, scores(step.number))
        told = list(study.history)
    with Study.open(path) as study:
        study.rewind(2)
        assert study.history == told[:2]
        assert study.ask() == told[2][0]
        assert study.spent == 2
        study.tell(study.ask(), math.nan)
    with Study.open(path) as study:
        assert [step.number for step, _ in study.history] == [0, 1, 2]
        assert study.ask().restore
        with pytest.raises(ValueError, match="0 to 3, got 4"):
            study.rewind(4)


def test_a_second_phase_has_one_worker(path):
    with Study(path, phase()) as study, Study.open(path) as other:
        step = study.ask()
        with pytest.raises(StudyError, match="one worker"):
            other.ask()
        study.tell(step, 1.0)
        study.close()
        assert other.ask().number == 1


def test_a_search_is_not_rewound_and_a_second_phase_has_no_reports(tmp_path):
    with Study(tmp_path / "1.db", small()) as study, pytest.raises(TypeError, match="Exploit"):
        study.rewind(0)
    with Study(tmp_path / "2.db", phase()) as study, pytest.raises(TypeError, match="Exploit"):
        study.report(study.ask(), 1.0)


@pytest.mark.parametrize("number", [True, 0.0, "0"])
def test_a_step_to_rewind_to_is_a_whole_number(path, number):
    with Study(path, phase()) as study:
        study.tell(study.ask(), 1.0)
        with pytest.raises(TypeError, match="whole number"):
            study.rewind(number)
        with pytest.raises(ValueError, match="at least 0"):
            study.rewind(-1)
        study.rewind(np.int64(0))
        assert study.ask().number == 0
    with Study.open(path) as study:
        assert study.spent == 0


@pytest.mark.filterwarnings("error::pytest.PytestUnraisableExceptionWarning")
def test_a_loop_over_a_second_phase_may_be_left(path):
    with Study(path, phase()) as study:
        for step in study:
            study.tell(step, 1.0)
            break
        loop = iter(study)
        next(loop)
        loop.close()
        assert study.ask().number == 1


def test_what_only_a_search_has_is_a_type_error_of_a_second_phase(path, tmp_path):
    with Study(path, phase()) as study:
        for name in ("trials", "rounds", "out", "best", "kept", "rate", "most_epochs"):
            with pytest.raises(TypeError, match=rf"second phase.*no {name}"):
                getattr(study, name)
        with pytest.raises(TypeError, match=r"second phase.*no evidence"):
            study.evidence()
    with Study(tmp_path / "search.db", small()) as study:
        for name in ("best_score", "best_step", "history"):
            with pytest.raises(TypeError, match=rf"search.*no {name}"):
                getattr(study, name)


# The mirror


def test_the_mirror_is_a_whole_study_after_each_tell(path, tmp_path):
    mirror = tmp_path / "drive" / "vae.db"
    mirror.parent.mkdir()
    with Study(path, small(), mirror=mirror) as study:
        for count in (1, 2):
            study.tell(study.ask(), 0.5)
            with Study.open(mirror, readonly=True) as copy:
                assert state(copy) == state(study)
                assert len(copy.trials) == count
    assert [entry.name for entry in mirror.parent.iterdir()] == ["vae.db"]


def test_a_study_that_is_gone_opens_from_its_mirror(path, tmp_path):
    mirror = tmp_path / "mirror.db"
    with Study(path, small(), mirror=mirror) as study:
        study.tell(study.ask(), 0.5)
        before = state(study)
    path.unlink()
    with Study(path, small(), mirror=mirror) as study:
        assert state(study) == before
        study.tell(study.ask(), 0.25)
    path.unlink()
    with Study.open(path, mirror=mirror) as study:
        assert study.best.score == 0.25


def test_a_mirror_is_never_overwritten_by_another_study_or_an_older_state(path, tmp_path):
    mirror, other = tmp_path / "mirror.db", tmp_path / "other.db"
    with Study(path, small(), mirror=mirror) as study:
        study.tell(study.ask(), 0.5)
        older = path.read_bytes()
        study.tell(study.ask(), 0.25)
    Study(other, small()).close()
    with pytest.raises(StudyError, match="another study"):
        Study(other, small(), mirror=mirror)
    path.write_bytes(older)
    with pytest.raises(StudyError, match="ahead"):
        Study(path, small(), mirror=mirror)
    mirror.write_text("my diary")
    with pytest.raises(StudyError, match=r"mirror\.db"):
        Study(other, small(), mirror=mirror)
    assert mirror.read_text() == "my diary"
    with pytest.raises(StudyError, match="folder"):
        Study(other, small(), mirror=tmp_path / "none" / "mirror.db")


def test_a_mirror_is_another_file_than_the_study(path, tmp_path):
    with pytest.raises(ValueError, match="another file"):
        Study(path, small(), mirror=tmp_path / "." / "vae.db")
    assert not path.exists()
    Study(path, small()).close()
    link = tmp_path / "link.db"
    link.symlink_to(path)
    with pytest.raises(ValueError, match="another file"):
        Study.open(path, mirror=link)


def test_a_mirror_that_cannot_be_written_loses_no_score(path, tmp_path):
    folder = tmp_path / "drive"
    folder.mkdir()
    with Study(path, small(), mirror=folder / "vae.db") as study:
        trial = study.ask()
        folder.rmdir()
        with pytest.warns(RuntimeWarning, match="drive"):
            study.tell(trial, 0.5)
        assert study.trials[0].score == 0.5


def test_a_study_can_be_the_search_that_the_module_acts_on(path):
    with Study(path, small()) as study:
        lrsearch.use(study)
        lrsearch.tell(lrsearch.ask(), 0.5)
        assert lrsearch.best().score == study.trials[0].score == 0.5
        lrsearch.use(lrsearch.GridSearch())


def test_a_score_is_on_the_disk_when_its_call_returns(path):
    commits = []
    with Study(path, small()) as study:
        connection = study._store.connection

        def note(statement):
            if statement == "COMMIT":
                commits.append(mode[-1])
            elif "synchronous" in statement:
                mode.append(statement.rpartition(" ")[2])

        mode = ["FULL"]
        connection.set_trace_callback(note)
        trial = study.ask()
        study.report(trial, 0.5)
        study.report(trial, 0.25)
        study.tell(study.ask(), 0.5)
        connection.set_trace_callback(None)
    assert commits == ["NORMAL", "FULL", "FULL", "NORMAL", "FULL"]


# Reading


def test_the_trials_and_the_scores_come_as_csv(path, tmp_path):
    with Study(path, small()) as study:
        study.tell(study.ask(), [3.0, 2.5], 0.1)
        study.tell(study.ask(), math.nan)
        study.ask()
        rows = list(csv.DictReader(io.StringIO(study.to_csv())))
        assert [row["state"] for row in rows] == ["complete", "diverged", "asked"]
        assert [row["score"] for row in rows] == ["2.5", "", ""]
        assert rows[0]["rate"] == "0.1"
        assert rows[0]["standard_error"] == "0.1"
        assert study.to_csv(tmp_path / "scores.csv", scores=True) is None
        lines = (tmp_path / "scores.csv").read_text().splitlines()
        assert lines[1:] == ["0,1,0.1,0,1,3.0", "0,1,0.1,0,2,2.5", "1,1,0.01,0,2,nan"]


def test_a_closed_study_can_be_read_but_not_told(path):
    with Study(path, small()) as study:
        study.tell(study.ask(), 0.5)
        trial = study.ask()
    assert study.best.score == 0.5
    with pytest.raises(StudyError, match="closed"):
        study.tell(trial, 0.5)
    study.close()


def test_a_study_opened_for_reading_is_not_changed(path):
    with Study(path, small()) as study:
        trial = study.ask()
        with Study.open(path, readonly=True) as reader:
            study.tell(trial, 0.5)
            assert reader.best.score == 0.5
            with pytest.raises(StudyError, match="read-only"):
                reader.ask()
            assert reader.best.score == 0.5


# Files that are no good


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
        if parent.owner() == "root" and parent.name.startswith(("pytest-", "test_")):
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

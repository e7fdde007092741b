"""A study keeps a search in a file, and can be read while others work on it."""

import csv
import io
import json
import math
import sqlite3

import numpy as np
import pytest

import lrsearch
from lrsearch.study.study import Study, StudyError
from lrsearch.testing import bowl, run, state
from tests.study.searches import small


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
        assert study.report(trial, None) == "going on"
        assert study.report(trial, 0.25) == "complete"
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
    with pytest.raises(TypeError, match=r"DigitSearch.*<Exploit: 0 of 8 epochs"):
        Study(path, lrsearch.Exploit(["0.1"], budget=8))
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

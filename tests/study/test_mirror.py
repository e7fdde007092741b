"""A study's second copy."""

import sqlite3

import pytest

from lrsearch.study import sqlite
from lrsearch.study.study import Study, StudyError
from lrsearch.testing import state
from tests.study.searches import small


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
    with pytest.raises(ValueError, match="another name"):
        Study(path, small(), mirror=tmp_path / "." / "vae.db")
    assert not path.exists()
    Study(path, small()).close()
    link = tmp_path / "link.db"
    link.symlink_to(path)
    with pytest.raises(ValueError, match="another name"):
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


def test_a_link_to_another_disk_stays_a_link(path, tmp_path):
    drive = tmp_path / "drive"
    drive.mkdir()
    link = tmp_path / "mirror.db"
    link.symlink_to(drive / "vae.db")
    with Study(path, small(), mirror=link) as study:
        for count in (1, 2):
            study.tell(study.ask(), 0.5)
            assert link.is_symlink()
            with Study.open(drive / "vae.db", readonly=True) as copy:
                assert len(copy.trials) == count


def test_a_mirror_that_others_write_for_long_does_not_undo_a_tell(path, tmp_path, monkeypatch):
    monkeypatch.setattr(sqlite, "PATIENCE", 0.2)
    with Study(path, small(), mirror=tmp_path / "mirror.db") as study:
        others = sqlite3.connect(path, isolation_level=None)
        trial, copy = study.ask(), study._copy

        def slow_drive():
            others.execute("BEGIN IMMEDIATE")
            copy()

        monkeypatch.setattr(study, "_copy", slow_drive)
        with pytest.warns(RuntimeWarning, match=r"mirror\.db could not be written.*to itself"):
            study.tell(trial, 0.5)
        others.execute("ROLLBACK")
        others.close()
        monkeypatch.undo()
        assert study.trials[0].score == 0.5
        study.tell(study.ask(), 0.25)
        with Study.open(tmp_path / "mirror.db", readonly=True) as mirrored:
            assert mirrored.best.score == 0.25

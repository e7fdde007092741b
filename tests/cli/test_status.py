"""The command shows how a study stands."""

import os
import subprocess
import time

import pytest

import lrsearch
from lrsearch.study import Study
from tests.cli.running import lrsearch_command

pytest.importorskip("typer")


def test_status_shows_a_table(command, finished):
    result = command("status", "s.db", "--limit", "5")
    assert "recommended rate 0.002" in result.stdout
    assert f"{len(finished.trials)} trials" in result.stdout
    table = result.stdout.splitlines()[-7:]
    assert table[0].split()[:3] == ["trial", "round", "rate"]
    assert "0.002" in table[1]


def test_status_shows_who_has_which_trial(command, tmp_path):
    with Study(tmp_path / "s.db", lrsearch.DigitSearch()) as study:
        study.ask()
        result = command("status", "s.db")
        assert f"process {os.getpid()} on" in result.stdout
        assert study.out


def test_status_watches_until_the_study_is_done(tmp_path):
    with Study(tmp_path / "s.db", lrsearch.GridSearch(["0.1", "0.01"], epochs=1)) as study:
        study.tell(study.ask(), 0.5)
        process = subprocess.Popen(
            lrsearch_command("status", "s.db", "--watch", "--interval", "0.1"),
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            text=True,
        )
        time.sleep(1.5)
        assert process.poll() is None
        study.tell(study.ask(), 0.25)
        output, _ = process.communicate(timeout=30)
    assert process.returncode == 0
    assert "recommended rate 0.01" in output

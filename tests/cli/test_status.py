"""The command shows how a study stands."""

import os
import subprocess
import time

import pytest

import lrsearch
from lrsearch.study import Study
from tests.cli.running import lrsearch_command
from tests.study.crafting import crafted

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


def test_what_a_file_holds_acts_on_no_terminal(command, tmp_path):
    with Study(tmp_path / "s.db", lrsearch.GridSearch(["0.1"], epochs=1)) as study:
        study.tell(study.ask(), 0.5)
    with crafted(tmp_path / "s.db") as content:
        content["origin"]["lrsearch"] = "\x1b]52;c;cm0=\x07"
        content["events"][-1][2] = '["tell",0,0,NaN,-1]'
        content["trials"][0][1] = "\x1b[2J"
    shown = command("status", "s.db")
    assert "\x1b" not in shown.stdout
    assert r"\x1b[2J" in shown.stdout
    refused = command("best", "s.db", status=1)
    assert r"written by lrsearch \x1b]52;c;cm0=\x07" in refused.stderr
    table = "\x1b[2Jlr,score\n0.1,1\n"
    (tmp_path / "sweep.csv").write_text(table)
    sweep = command("evidence", "sweep.csv", "--rate", "lr", "--score", "score", status=2)
    assert "\x1b" not in sweep.stderr


def test_a_name_that_is_no_text_is_shown_all_the_same(command, tmp_path):
    name = os.fsdecode(b"s\xff.db")
    with Study(tmp_path / name, lrsearch.GridSearch(["0.1"], epochs=1)) as study:
        study.tell(study.ask(), 0.5)
    assert r"s\udcff.db" in command("status", name).stdout
    command("report", name)
    assert r"s\udcff.db" in (tmp_path / "report.html").read_text()
    assert command("best", name).stdout == "0.1\n"

"""The commands that look at a study, and what all commands share."""

import csv
import io
import os
import subprocess

import pytest

import lrsearch
from lrsearch.study import Study
from tests.cli.running import BEHAVE, GRID, lrsearch_command
from tests.study.searches import write_second_phase

pytest.importorskip("typer")


def test_best_prints_the_rate_alone(command, finished):
    assert command("best", "s.db").stdout == f"{finished.rate}\n"


def test_best_says_when_there_is_none(command, tmp_path):
    Study(tmp_path / "s.db", lrsearch.DigitSearch()).close()
    result = command("best", "s.db", status=3)
    assert result.stdout == ""
    assert "no rate can be recommended" in result.stderr


def test_export_prints_csv(command, finished, tmp_path):
    rows = list(csv.DictReader(io.StringIO(command("export", "s.db", "--csv").stdout)))
    assert [row["rate"] for row in rows] == [str(record.rate) for record in finished.trials]
    command("export", "s.db", "--scores", "-o", "scores.csv")
    assert len((tmp_path / "scores.csv").read_text().splitlines()) == 1 + finished.spent


def test_report_writes_a_page(command, finished, tmp_path):
    assert command("report", "s.db", "-o", "page.html").stdout == "page.html\n"
    assert "0.002" in (tmp_path / "page.html").read_text()


def test_a_second_phase_that_an_older_version_stored_is_refused(command, tmp_path):
    write_second_phase(tmp_path / "e.db")
    for name in ("status", "best", "report", "export"):
        assert "e.db holds a second phase" in command(name, "e.db", status=1).stderr


def test_after_a_look_at_a_study_that_was_removed_a_new_one_can_begin(command, finished, tmp_path):
    command("best", "s.db")
    (tmp_path / "s.db").unlink()
    command("run", "--study", "s.db", *GRID, "--", *BEHAVE, "well")


def test_the_version_is_shown(command):
    assert command("--version").stdout == f"lrsearch {lrsearch.__version__}\n"


@pytest.mark.parametrize("name", ["status", "best", "report", "export"])
@pytest.mark.parametrize("content", [None, b"", b"epoch,score\n" * 50, "damaged"])
def test_a_file_that_is_no_good_is_named_and_no_traceback_shown(
    command, tmp_path, name, content, finished
):
    path = tmp_path / "bad.db"
    if content == "damaged":
        whole = finished.path.read_bytes()
        path.write_bytes(whole[: len(whole) * 2 // 3])
    elif content is not None:
        path.write_bytes(content)
    result = command(name, "bad.db", status=1)
    assert "bad.db" in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize("name", ["", "run", "status", "best", "report", "export", "show-rates"])
def test_help_shows_an_example_and_the_exit_codes(command, name):
    text = command(*filter(None, [name]), "--help").stdout
    if name:
        assert f"lrsearch {name}" in text.replace("Usage: lrsearch", "")
    if name in ("", "run"):
        assert "130 interrupted" in " ".join(text.split())


def test_without_typer_it_says_what_to_install(tmp_path):
    (tmp_path / "typer.py").write_text("raise ModuleNotFoundError('typer', name='typer')")
    result = subprocess.run(
        lrsearch_command("--help"),
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 1
    assert 'pip install "lrsearch[cli]"' in result.stderr
    assert "Traceback" not in result.stderr

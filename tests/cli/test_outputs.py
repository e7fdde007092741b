"""No output of the command replaces what it was made from."""

import pytest

from lrsearch.results import write_html
from lrsearch.study import Study

pytest.importorskip("typer")


@pytest.fixture
def before(tmp_path, finished):
    (tmp_path / "link.db").symlink_to("s.db")
    return (tmp_path / "s.db").read_bytes()


@pytest.mark.parametrize("output", ["s.db", "./s.db", "link.db", "s.db-wal", "s.db-shm"])
@pytest.mark.parametrize("name", ["export", "report"])
def test_a_study_is_not_replaced_by_what_is_made_from_it(command, tmp_path, before, name, output):
    result = command(name, "s.db", "-o", output, status=2)
    assert "what it would be made" in result.stderr
    assert (tmp_path / "s.db").read_bytes() == before
    assert {entry.name for entry in tmp_path.iterdir()} == {"s.db", "link.db"}


def test_a_study_is_not_its_own_mirror(command, before):
    result = command("run", "--study", "s.db", "--mirror", "s.db", "--", "true", "{rate}", status=2)
    assert "what it would be made" in result.stderr


@pytest.mark.parametrize(
    ("source", "output"),
    [("sweep.csv", "sweep.csv"), ("sweep.png", "sweep.html"), ("sweep.svg", "sweep.html")],
)
def test_a_sweep_is_not_replaced_by_its_evidence(command, tmp_path, source, output):
    table = "lr,score\n0.1,0.5\n0.01,0.25\n"
    (tmp_path / source).write_text(table)
    options = ["--rate", "lr", "--score", "score", "-o", output]
    assert "what it would be made" in command("evidence", source, *options, status=2).stderr
    assert {entry.read_text() for entry in tmp_path.iterdir()} == {table}


def test_a_folder_of_results_is_not_replaced_by_its_evidence(command, tmp_path):
    (tmp_path / "trial").mkdir()
    (tmp_path / "trial" / "result.json").write_text('{"config": {"lr": 0.1}, "score": 1}')
    options = ["--rate", "lr", "--score", "score", "-o", "trial/result.json"]
    assert "what it would be made" in command("evidence", ".", *options, status=2).stderr


def test_nor_in_python(tmp_path, before):
    with Study.open(tmp_path / "s.db", readonly=True) as study:
        with pytest.raises(ValueError, match="made from"):
            study.to_csv(tmp_path / "s.db")
        with pytest.raises(ValueError, match="made from"):
            write_html(tmp_path / "link.db", study)
    assert (tmp_path / "s.db").read_bytes() == before

"""`lrsearch evidence` judges the sweeps of other tools."""

import contextlib
import json
import sqlite3
import subprocess
import sys

import numpy as np
import pytest

import lrsearch

typer = pytest.importorskip("typer")

from lrsearch.cli.sweeps import trainings_of  # noqa: E402

RATES = np.repeat(10 ** (np.arange(-12, 3) / 2), 3)
SCORES = (np.log10(RATES) + 2.3) ** 2 + np.random.default_rng(3).normal(0, 0.05, len(RATES))


def evidence(folder, *arguments, code=0):
    program = [sys.executable, "-m", "lrsearch.cli", "evidence", *map(str, arguments)]
    done = subprocess.run(program, cwd=folder, capture_output=True, text=True)
    assert done.returncode == code, done.stderr
    return done.stdout if code == 0 else " ".join(done.stderr.replace("│", " ").split())


def write_csv(path, scores=SCORES, delimiter=","):
    rows = [["seed", "lr", "note", "val_loss"]]
    rows += [
        [n % 3, rate, "x", score] for n, (rate, score) in enumerate(zip(RATES, scores, strict=True))
    ]
    path.write_text("\n".join(delimiter.join(map(str, row)) for row in rows) + "\n")


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_table_gives_a_sentence_a_page_and_a_picture(tmp_path, delimiter):
    write_csv(tmp_path / "sweep.csv", delimiter=delimiter)
    said = evidence(tmp_path, "sweep.csv", "--rate", "lr", "--score", "val_loss", "--init", "seed")
    assert "cannot be told apart at this noise" in said
    assert "Another digit would take about" in said
    page = (tmp_path / "evidence.html").read_text()
    assert said.splitlines()[0] in page
    assert "val_loss against rate" in page
    assert (tmp_path / "evidence.png").read_bytes().startswith(b"\x89PNG")
    assert "<svg" in (tmp_path / "evidence.svg").read_text()


def test_maximizing_the_negated_score_says_the_same(tmp_path):
    write_csv(tmp_path / "losses.csv")
    write_csv(tmp_path / "scores.csv", -SCORES)
    options = "--rate", "lr", "--score", "val_loss"
    losses = evidence(tmp_path, "losses.csv", *options)
    assert evidence(tmp_path, "scores.csv", *options, "--maximize", "-o", "max.html") == losses
    assert (tmp_path / "max.png").exists()


def test_empty_scores_are_left_out_and_failures_are_no_evidence(tmp_path):
    write_csv(tmp_path / "sweep.csv")
    expected = evidence(tmp_path, "sweep.csv", "--rate", "lr", "--score", "val_loss")
    with (tmp_path / "sweep.csv").open("a") as file:
        file.write("0,0.5,x,\n0,100,x,nan\n0,1000,x,inf\n")
    assert evidence(tmp_path, "sweep.csv", "--rate", "lr", "--score", "val_loss") == expected


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("none.csv", "--rate", "lr", "--score", "val_loss"), "no file or folder none.csv"),
        (("sweep.csv", "--rate", "eta", "--score", "val_loss"), "has no eta: it has seed, lr,"),
        (("sweep.csv", "--rate", "lr", "--score", "note"), "line 2: could not convert"),
        (("sweep.csv", "--rate", "lr"), "--score has to name"),
        ((".", "--rate", "lr", "--score", "val_loss"), "has no result.json"),
    ],
)
def test_what_is_missing_is_named(tmp_path, arguments, message):
    write_csv(tmp_path / "sweep.csv")
    assert message in evidence(tmp_path, *arguments, code=2)


@pytest.mark.parametrize("rate", ["lr", "eta"])
def test_a_line_longer_than_its_header_is_named(tmp_path, rate):
    (tmp_path / "sweep.csv").write_text("lr,loss\n0,01,0.25\n")
    said = evidence(tmp_path, "sweep.csv", "--rate", rate, "--score", "loss", code=2)
    assert "line 2 has more cells than the 2 of the header" in said


@pytest.mark.parametrize(
    "content",
    [
        b"\xff", b"[1]", b"7", 100_000 * b"[",
        b'{"loss": 0.5, "config": 3}', b'{"loss": 0.5, "training_iteration": "many"}',
    ],
)  # fmt: skip
def test_what_is_no_result_of_ray_is_named(tmp_path, content):
    for name, line in (("good", b'{"loss": 0.25, "config": {"lr": 0.1}}'), ("wrong", content)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "result.json").write_bytes(line)
    with pytest.raises(typer.BadParameter, match=r"wrong/result\.json is no result\.json of Ray"):
        trainings_of(str(tmp_path), "lr", "loss", None, None)


def test_a_result_that_is_half_written_is_named(tmp_path):
    (tmp_path / "result.json").write_text('{"loss": 0.5, "con')
    said = evidence(tmp_path, ".", "--rate", "lr", "--score", "loss", code=2)
    assert "result.json is no result.json of Ray: Unterminated string" in said


@pytest.mark.parametrize("output", ["o.png", "o.svg"])
def test_the_picture_does_not_replace_the_page(tmp_path, output):
    write_csv(tmp_path / "sweep.csv")
    options = "--rate", "lr", "--score", "val_loss", "-o", output
    said = evidence(tmp_path, "sweep.csv", *options, code=2)
    assert f"{output} is the name of the picture" in said
    assert not (tmp_path / output).exists()


def test_a_table_without_a_score_has_no_evidence(tmp_path):
    (tmp_path / "sweep.csv").write_text("lr,loss\n0.1,nan\n")
    assert "no rate above 0" in evidence(
        tmp_path, "sweep.csv", "--rate", "lr", "--score", "loss", code=3
    )


@pytest.mark.parametrize("kind", ["url", "sqlite", "journal"])
def test_an_optuna_study_is_read(tmp_path, kind):
    optuna = pytest.importorskip("optuna")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    path = tmp_path / "studies"
    storage = f"sqlite:///{path}"
    if kind == "journal":
        journal = optuna.storages.journal
        storage = optuna.storages.JournalStorage(journal.JournalFileBackend(str(path)))
    study = optuna.create_study(study_name="mine", storage=storage, direction="maximize")
    optuna.create_study(study_name="other", storage=storage)
    for rate, score in zip(RATES, SCORES, strict=True):
        distribution = optuna.distributions.FloatDistribution(1e-7, 100, log=True)
        study.add_trial(
            optuna.trial.create_trial(
                params={"lr": rate}, distributions={"lr": distribution}, value=-score
            )
        )
    source = f"sqlite:///{path}" if kind == "url" else "studies"
    said = evidence(tmp_path, source, "--rate", "lr", "--study", "mine")
    write_csv(tmp_path / "sweep.csv")
    assert said == evidence(tmp_path, "sweep.csv", "--rate", "lr", "--score", "val_loss")
    unnamed = evidence(tmp_path, source, "--rate", "lr", "--study", "neither", code=2)
    assert "has to name one of mine, other" in unnamed


@pytest.mark.parametrize("prefix", ["", "sqlite:///"])
def test_a_database_that_is_not_optunas_is_left_as_it_was(tmp_path, prefix):
    """Optuna puts its tables into whatever it opens, and a study that has them is damaged."""
    pytest.importorskip("optuna")
    with lrsearch.Study(tmp_path / "own.db", lrsearch.GridSearch(["0.1"], epochs=1)) as study:
        study.tell(study.ask(), 0.5)
    with contextlib.closing(sqlite3.connect(tmp_path / "other.db")) as other:
        other.execute("CREATE TABLE runs (lr REAL)")
    before = (tmp_path / "other.db").read_bytes()

    said = evidence(tmp_path, f"{prefix}own.db", "--rate", "lr", code=2)
    assert "own.db is a study of lrsearch: `lrsearch best own.db`" in said
    assert lrsearch.Study.open(tmp_path / "own.db").rate == 0.1
    said = evidence(tmp_path, f"{prefix}other.db", "--rate", "lr", code=2)
    assert "other.db is no Optuna storage" in said
    assert (tmp_path / "other.db").read_bytes() == before
    evidence(tmp_path, f"{prefix}none.db", "--rate", "lr", code=2)
    assert not (tmp_path / "none.db").exists()


def test_a_folder_of_ray_results_is_read(tmp_path):
    for number, (rate, score) in enumerate(zip(RATES, SCORES, strict=True)):
        trial = tmp_path / "results" / f"trial_{number}"
        trial.mkdir(parents=True)
        config = {"optimizer": {"lr": rate}, "seed": number % 3}
        lines = [
            json.dumps({"val_loss": loss, "training_iteration": epoch, "config": config})
            for epoch, loss in ((1, score + 1), (2, score))
        ]
        (trial / "result.json").write_text("\n".join(lines) + "\n")
    stopped = tmp_path / "results" / "stopped"
    stopped.mkdir()
    (stopped / "result.json").write_text(lines[0].replace(repr(rate), "50.0") + "\n")
    options = "--score", "val_loss"
    said = evidence(tmp_path, "results", "--rate", "optimizer/lr", *options, "--init", "seed")
    write_csv(tmp_path / "sweep.csv")
    table = evidence(tmp_path, "sweep.csv", "--rate", "lr", *options, "--init", "seed")
    assert said == table

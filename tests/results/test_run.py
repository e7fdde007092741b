"""Tables and pictures of a run."""

import csv
import io
import json
import subprocess
import sys

import pytest
from rich.console import Console

import lrsearch
from lrsearch import results
from lrsearch.results.progress import Progress
from lrsearch.testing import bowl, run
from tests.paper_log import ROUNDS


@pytest.fixture
def paper():
    search = lrsearch.DigitSearch.paper(first=["0.003", "0.002", "0.001", "0"])
    scores = iter([score for round in ROUNDS for _, score in round])
    for trial in search:
        search.tell(trial, next(scores))
    return search


def test_the_table_of_rounds_marks_what_was_kept(paper):
    text = results.rounds_text(paper)
    assert "round 3, place -5" in text
    assert [line.split() for line in text.splitlines() if "*" in line] == [
        ["*", "0.002", "238.97"], ["*", "0.001", "236"], ["*", "0.0007", "234.72"],
        ["*", "0.0004", "234.93"], ["*", "0.00041", "234.48"], ["*", "0.00038", "234.67"],
    ]  # fmt: skip


def test_each_round_of_a_search_that_measures_anew_shows_its_own_score(paper):
    shown = [dict(results.round_scores(paper, round)) for round in paper.rounds]
    assert [scores[0.0007] for scores in shown[1:]] == [234.72, 235.75]


def test_a_rate_that_was_not_measured_again_shows_its_earlier_score():
    search = run(lrsearch.DigitSearch(digits=2, epochs=2))
    for round in search.rounds:
        assert [rate for rate, _ in results.round_scores(search, round)] == round.rates


def test_diverged_rates_are_called_so():
    search = lrsearch.GridSearch(["0.1", "0.01"], epochs=1)
    search.tell(search.ask(), float("nan"))
    assert "diverged" in results.rounds_text(search)


def test_a_run_folder_holds_the_trials_a_summary_and_the_papers_pictures(paper, tmp_path):
    exploit = lrsearch.Exploit(paper.kept, 4, patience=1)
    for score in (234.0, 234.5, 233.9, 233.5):
        exploit.tell(exploit.ask(), score)
    results.write_run(tmp_path, paper, exploit, {"data": "made up"}, name="NLL")
    rows = list(csv.DictReader((tmp_path / "trials.csv").open()))
    assert len(rows) == len(paper.trials)
    assert rows[4]["rate"] == "0.0024"
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert summary["rate"] == "0.00041"
    assert summary["explore"]["epochs"] == 2852
    assert summary["exploit"]["best_score"] == 233.5
    assert summary["data"] == "made up"
    pictures = {path.stem for path in tmp_path.glob("*.png")}
    assert pictures == {"exploit", *(f"round_{n}{kind}" for n in (1, 2, 3)
                                     for kind in ("", "_inverse"))}  # fmt: skip
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in tmp_path.glob("*.png"))


def test_the_inverse_picture_is_left_out_where_it_would_mislead():
    search = lrsearch.GridSearch(["0.1", "0.01"], epochs=1)
    for trial in search:
        search.tell(trial, -1.0)
    assert set(results.figures(search)) == {"round_1"}


def test_the_score_axis_shows_what_the_scores_are(paper):
    axes = results.figures(paper, name="NLL")["round_2"].axes[0]
    assert axes.get_xscale() == "log"
    assert "NLL" in axes.get_ylabel()
    line = axes.lines[0]
    assert dict(zip(line.get_xdata(), line.get_ydata(), strict=True))[0.0007] == 234.72
    assert 0 not in line.get_xdata()


def test_one_diverging_score_does_not_flatten_the_picture():
    search = lrsearch.GridSearch([f"0.{n}" for n in range(1, 10)], epochs=1)
    for trial in search:
        search.tell(trial, 1e30 if trial.rate == 0.9 else 1 + trial.rate)
    low, high = results.figures(search)["round_1"].axes[0].get_ylim()
    assert high - low < 10


def test_learning_curves_are_drawn_where_there_are_any():
    search = run(lrsearch.GridSearch(["0.1", "0.01"], epochs=3), bowl)
    assert "learning_curves" in results.figures(search)


def test_a_search_without_a_score_has_no_pictures():
    assert results.figures(lrsearch.GridSearch()) == {}


def test_without_matplotlib_a_run_is_written_without_pictures(tmp_path):
    code = (
        "import sys; sys.modules['matplotlib'] = None\n"
        "import lrsearch; from lrsearch import results\n"
        "search = lrsearch.GridSearch(['0.1'], epochs=1)\n"
        "search.tell(search.ask(), 1.0)\n"
        "results.write_run(sys.argv[1], search)\n"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True)
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert "pip install" in summary["figures"]
    assert not list(tmp_path.glob("*.png"))


# Progress


def test_where_output_is_no_terminal_each_trial_is_a_line():
    out = io.StringIO()
    with Progress(4, Console(file=out, width=40)) as progress:
        for trial in (0, 1):
            for epoch in (1, 2):
                progress.update(trial=trial, rate="0.1", epoch=epoch, epochs=2, score=1.5)
        progress.message("over [so] far")
    lines = out.getvalue().splitlines()
    assert lines == [
        "2/4 epochs · trial 0 · rate 0.1 · epoch 2/2 · score 1.5",
        "4/4 epochs · trial 1 · rate 0.1 · epoch 2/2 · score 1.5",
        "over [so] far",
    ]


def test_on_a_terminal_the_display_is_live_and_shows_the_time_left():
    out = io.StringIO()
    console = Console(file=out, width=100, force_terminal=True, color_system=None)
    with Progress(3, console) as progress:
        progress.update(phase="explore", round=2, rate="0.004", score=9.0, best=8.0)
    text = out.getvalue()
    assert "explore · round 2 · rate 0.004 · score 9 · best 8" in text
    assert "1/3 epochs" in text
    assert "left" in text

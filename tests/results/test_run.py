"""The folder of a run."""

import csv
import json
import subprocess
import sys

import lrsearch
from lrsearch import results


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
    assert pictures == {"exploit", "rounds", *(f"round_{n}{kind}" for n in (1, 2, 3)
                                     for kind in ("", "_inverse"))}  # fmt: skip
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in tmp_path.glob("*.png"))
    assert {path.stem for path in tmp_path.glob("*.svg")} == pictures


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

"""The examples of the site's tutorials run as they stand, at their smallest size."""

import re
import subprocess
import sys
from pathlib import Path

from tests.examples.test_short_examples import ROOT, recommended, run

TUTORIALS = ROOT / "docs" / "tutorials"


def test_a_fit_of_keras():
    output = run("examples/keras_fit.py", "--epochs", "20")
    assert 1e-4 <= recommended(output) <= 1
    assert "annealed from" in output


def test_a_loop_of_pytorch(tmp_path):
    output = run("examples/torch_explorer.py", "--epochs", "20", "--directory", str(tmp_path / "r"))
    assert 1e-4 <= recommended(output) <= 1
    assert (tmp_path / "r" / "best.safetensors").exists()


def test_a_search_of_sklearn():
    output = run("examples/sklearn_search.py", "--rows", "300", "--epochs", "8")
    assert 1e-4 <= recommended(output) <= 1


def test_an_optuna_study():
    output = run("examples/optuna_study.py", "--trials", "16")
    assert 1e-3 <= recommended(output) <= 1


def test_the_line_of_the_command_lines_tutorial_finds_a_rate(tmp_path):
    (line,) = re.findall("^lrsearch run .*$", (TUTORIALS / "command-line.md").read_text(), re.M)
    command = line.replace("python examples", f"{sys.executable} {ROOT}/examples").split()[1:]
    command[1:1] = ["--grid", "0.1,0.001"]
    finished = subprocess.run(
        [sys.executable, "-m", "lrsearch.cli", *command],
        cwd=tmp_path, capture_output=True, text=True,
    )  # fmt: skip
    assert finished.returncode == 0, finished.stderr
    assert finished.stdout.strip() == "0.1"


def test_each_tutorial_shows_an_example_that_is_there():
    for page in TUTORIALS.glob("*.md"):
        shown = re.findall(r"literalinclude\} (\S+)", page.read_text())
        assert shown
        assert all((page.parent / path).is_file() for path in shown)
        assert all(Path(path).suffix == ".py" for path in shown)

"""The examples run as they stand, at their smallest size."""

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def run(*command, cwd=ROOT):
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "2", "PYTHONPATH": str(ROOT)}
    finished = subprocess.run(
        [sys.executable, *command], cwd=cwd, env=environment, capture_output=True, text=True
    )
    assert finished.returncode == 0, finished.stderr[-3000:]
    return finished.stdout


def recommended(output):
    (rate,) = re.findall(r"^(?:rate|eta0) ([0-9.e-]+)[:,]", output, re.MULTILINE)
    return float(rate)


def test_a_numpy_loop():
    rate = recommended(run("examples/numpy_loop.py", "--epochs", "3", "--digits", "1"))
    assert 0.1 <= rate <= 100


@pytest.mark.parametrize(("example", "kills"), [("numpy_explorer", (4, 15)), ("jax_loop", (15,))])
def test_an_explorer_goes_on_where_it_was_killed(example, kills, tmp_path):
    command = [f"examples/{example}.py", "--epochs", "24", "--directory"]
    whole = run(*command, str(tmp_path / "1"))
    assert 1e-3 <= recommended(whole) <= 1
    folder = tmp_path / "2"
    for epochs in kills:
        process = subprocess.Popen(
            [sys.executable, *command, str(folder)],
            cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        history = folder / "history.jsonl"
        while not (history.exists() and len(history.read_text().splitlines()) >= epochs):
            assert process.poll() is None
            time.sleep(0.002)
        process.kill()
        process.wait()
    assert run(*command, str(folder)).splitlines()[-2:] == whole.splitlines()[-2:]
    histories = [(tmp_path / name / "history.jsonl").read_text() for name in "12"]
    assert histories[0] == histories[1]


def test_a_loop_of_flax_nnx():
    rate = recommended(run("examples/flax_nnx_loop.py", "--epochs", "20"))
    assert 1e-3 <= rate <= 1


def test_sklearn_by_ask_and_tell():
    output = run("examples/sklearn_sgd.py", "--folds", "2", "--digits", "0")
    assert 1e-5 <= recommended(output) <= 1
    assert "accuracy 0.9" in output


def test_a_pytorch_loop_continues_paused_trials():
    output = run("examples/pytorch_race.py", "--budget", "24", "--max-epochs", "12")
    assert 1e-4 <= recommended(output) <= 1
    starts = [int(start) for start in re.findall(r"epochs (\d+)–", output)]
    assert max(starts) > 1


def test_any_program():
    output = run("examples/any_program.py", "--epochs", "2", "--digits", "0")
    assert 1e-3 <= recommended(output) <= 1
    assert "diverged" in output


def test_any_program_shows_what_a_failing_one_said():
    finished = subprocess.run(
        [sys.executable, "examples/any_program.py", "--", "sh", "-c", "echo no such data; exit 3"],
        cwd=ROOT, capture_output=True, text=True,
    )  # fmt: skip
    assert finished.returncode == 1
    assert "no such data" in finished.stderr
    assert "exit code 3" in finished.stderr


@pytest.fixture(scope="module")
def vae(tmp_path_factory):
    folder = tmp_path_factory.mktemp("vae") / "run"
    output = run(
        "-m", "examples.fashion_mnist_vae", "--run-dir", str(folder), "--train", "320",
        "--epochs", "1", "--digits", "1", "--keep", "1", "--exploit-epochs", "3",
    )  # fmt: skip
    return folder, output


def test_the_papers_task_leaves_everything_in_one_folder(vae):
    folder, _ = vae
    names = {path.name for path in folder.iterdir()}
    assert {
        "trials.csv", "summary.json", "best.weights.h5", "best_predictions.csv", "images.png",
        "round_1.png", "round_1_inverse.png", "round_2.png", "exploit.png",
    } <= names  # fmt: skip


def test_the_papers_task_says_where_its_images_come_from_and_what_it_found(vae):
    folder, output = vae
    assert output.startswith("Images: ")
    assert "test NLL" in output
    assert "--train 50000 --epochs 50 --digits 3" in output
    summary = json.loads((folder / "summary.json").read_text())
    assert f"rate {summary['rate']}," in output
    assert summary["exploit"]["epochs"] == 3


def test_its_last_lines_say_what_was_found_and_what_to_do_next(vae):
    folder, output = vae
    found, following = output.partition("WHAT WAS FOUND")[2].split("WHAT TO DO NEXT")
    rate = json.loads((folder / "summary.json").read_text())["rate"]
    assert f"The learning rate to train this model with is {rate};" in found
    assert "smaller is better" in found
    for path in re.findall(r"\S+\.png", found):
        assert Path(path).is_file()
    assert "LRExplorerCallback()" in following
    assert len(output.partition("WHAT WAS FOUND")[2].splitlines()) < 13


def test_its_predictions_are_a_score_and_ten_latent_means_a_test_image(vae):
    folder, output = vae
    lines = (folder / "best_predictions.csv").read_text().splitlines()
    assert lines[0].split(",") == ["index", *(f"prediction_{n}" for n in range(11))]
    tested = int(re.search(r"([\d,]+) to test with", output)[1].replace(",", ""))
    assert len(lines) == tested + 1


def test_the_papers_task_in_pytorch_leaves_the_same_folder(vae, tmp_path):
    output = run(
        "-m", "examples.fashion_mnist_vae", "--framework", "torch", "--run-dir",
        str(tmp_path / "run"), "--train", "320", "--epochs", "1", "--digits", "0", "--keep", "1",
        "--exploit-epochs", "3",
    )  # fmt: skip
    names = {path.name for path in (tmp_path / "run").iterdir()}
    assert "best.safetensors" in names
    keras = {path.name for path in vae[0].iterdir()}
    second = {f"{name}.{kind}" for name in ("rounds", "round_2", "round_2_inverse")
              for kind in ("png", "svg")}  # fmt: skip
    assert keras - names <= {"best.weights.h5", *second}
    assert "test NLL" in output
    header = (tmp_path / "run" / "best_predictions.csv").read_text().partition("\n")[0]
    assert header == (vae[0] / "best_predictions.csv").read_text().partition("\n")[0]

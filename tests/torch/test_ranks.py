"""Two processes train one model: rank 0 decides, the other one follows."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
ENVIRONMENT = {
    **os.environ,
    "PYTHONPATH": os.pathsep.join(
        [str(ROOT), str(ROOT / "adapters"), os.environ.get("PYTHONPATH", "")]
    ),
    "OMP_NUM_THREADS": "1",
}


def started(kind: str, folder: Path, name: str = "out") -> list[subprocess.Popen[str]]:
    folder.mkdir(exist_ok=True)
    (folder.parent / f"{name}.store").unlink(missing_ok=True)
    return [
        subprocess.Popen(
            [
                sys.executable, str(ROOT / "tests/torch/ranks_run.py"), kind, str(rank),
                str(folder), str(folder.parent / f"{name}{rank}.json"),
            ],
            env=ENVIRONMENT, stderr=subprocess.PIPE, text=True,
        )
        for rank in range(2)
    ]  # fmt: skip


def outcomes(folder: Path, kind: str, name: str = "out") -> list[dict[str, Any]]:
    for process in started(kind, folder, name):
        _, error = process.communicate()
        assert process.returncode == 0, error[-2000:]
    return [json.loads((folder.parent / f"{name}{rank}.json").read_text()) for rank in range(2)]


@pytest.mark.parametrize("kind", ["function", "inits"])
def test_all_ranks_train_the_epochs_of_rank_0_at_its_rates(tmp_path: Path, kind: str) -> None:
    first, other = outcomes(tmp_path / "run", kind)
    assert len(first["history"]) == 24
    assert other["history"] == first["history"], "whose scores are rank 0's"
    for name in ("rate", "rates", "best", "sums", "lr", "weights"):
        assert other[name] == first[name], name
    assert first["score"] == first["best"]
    assert len({*first["rates"][-8:]}) == 8, "the rate moves"


def test_both_killed_go_on_as_if_they_had_not_been(tmp_path: Path) -> None:
    """The generators of both ranks among what is put back."""
    whole = outcomes(tmp_path / "whole", "function", "whole")
    folder = tmp_path / "run"
    for phase in ("explore", "exploit"):
        processes = started("function", folder)
        seen = folder / "seen.txt"
        while not (seen.exists() and phase in seen.read_text()):
            assert all(process.poll() is None for process in processes)
            time.sleep(0.01)
        for process in processes:
            process.send_signal(signal.SIGKILL)
        assert [process.wait() for process in processes] == [-signal.SIGKILL] * 2
    found = outcomes(folder, "function")
    for rank in range(2):
        for name in ("history", "rate", "best", "score", "weights"):
            assert found[rank][name] == whole[rank][name]


def test_a_loop_that_both_leave_has_the_best_weights_on_both(tmp_path: Path) -> None:
    first, other = outcomes(tmp_path / "run", "broken")
    assert len(first["history"]) == len(other["history"]) == 5
    assert first["weights"] == other["weights"]
    assert first["score"] == first["best"]


def test_ranks_that_disagree_about_the_folder(tmp_path: Path) -> None:
    for process in started("apart", tmp_path / "run"):
        _, error = process.communicate()
        assert process.returncode == 1
        assert "the ranks disagree about directory: rank 0 was given" in error

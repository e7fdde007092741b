"""A loop that is killed goes on where it was, with at most the epoch in progress lost."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
KILLS, EPOCHS = (20, 120) if os.environ.get("LRSEARCH_TORTURE") == "1" else (2, 30)


def started(folder: Path, out: Path) -> subprocess.Popen[bytes]:
    folder.mkdir(exist_ok=True)
    paths = os.pathsep.join([str(ROOT), str(ROOT / "adapters"), os.environ.get("PYTHONPATH", "")])
    return subprocess.Popen(
        [
            sys.executable, str(ROOT / "tests/torch/killed_run.py"), str(folder), str(out),
            str(EPOCHS),
        ],
        env={**os.environ, "PYTHONPATH": paths, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip


def seen(folder: Path) -> list[int]:
    """The numbers of the epochs that were over, whichever process trained them."""
    path = folder / "seen.txt"
    lines = path.read_text().splitlines() if path.exists() else []
    return [int(line.split()[1]) for line in lines]


def test_killed_at_random_moments_the_history_is_that_of_a_run_which_was_not(
    tmp_path: Path,
) -> None:
    """SIGKILL, again and again; LRSEARCH_TORTURE=1 makes it twenty times."""
    draws = random.Random(time.time_ns())
    assert started(tmp_path / "whole", tmp_path / "whole.json").wait() == 0
    folder, over = tmp_path / "run", 0
    for _ in range(KILLS):
        process = started(folder, tmp_path / "run.json")
        before = len(seen(folder))
        while len(seen(folder)) == before:
            assert process.poll() is None
            time.sleep(0.005)
        time.sleep(draws.uniform(0, 0.1))
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
        numbers = seen(folder)
        assert len(set(numbers)) == len(numbers) > over
        over = len(numbers)
    assert started(folder, tmp_path / "run.json").wait() == 0
    found, expected = (
        json.loads((tmp_path / name).read_text()) for name in ("run.json", "whole.json")
    )
    assert found == expected
    assert len(found["history"]) == EPOCHS

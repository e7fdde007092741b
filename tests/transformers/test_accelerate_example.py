"""The example of accelerate, on one process and on two."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("processes", [1, 2])
def test_the_example_ends_with_the_best_weights(processes: int) -> None:
    paths = [str(ROOT), str(ROOT / "adapters"), os.environ.get("PYTHONPATH", "")]
    launcher = ["-m", "torch.distributed.run", f"--nproc_per_node={processes}"]
    command = [*(launcher if processes > 1 else []), "examples/accelerate_loop.py"]
    done = subprocess.run(
        [sys.executable, *command, "--epochs", "20"],
        cwd=ROOT, capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths), "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    ((loss, best),) = re.findall(r"loss (\S+), as after the best epoch \((\S+)\)", done.stdout)
    assert loss == best

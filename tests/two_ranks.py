"""Two processes of one training, over gloo."""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def outcomes(module, folder):
    """What the two ranks of a program wrote into a folder."""
    command = ["-m", "torch.distributed.run", "--nproc_per_node=2", "--standalone", "-m", module]
    environment = {
        **os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": f"{ROOT}:{ROOT / 'adapters'}",
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, *command, str(folder)],
        cwd=ROOT, env=environment, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return [json.loads((folder / f"{rank}.json").read_text()) for rank in (0, 1)]

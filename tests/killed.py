"""Programs that are killed while they train, again and again, and go on in their folder."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]


def kill_again_and_again(module, folder, kills):
    """Start a program so many times, and kill it within an epoch later than the time before.

    It is run as ``python -m module folder``, and its run folder is the folder's ``run``. One that
    is killed once is so after eight epochs.
    """
    history = folder / "run" / "history.jsonl"
    drawn = random.Random(15)
    for kill in range(kills):
        process = subprocess.Popen(
            [sys.executable, "-m", module, str(folder)],
            cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'adapters'}"},
        )  # fmt: skip
        lines = 8 if kills == 1 else 1 + kill
        while not (history.exists() and len(history.read_bytes().splitlines()) >= lines):
            assert process.poll() is None
            time.sleep(0.002)
        time.sleep(drawn.uniform(0, 0.1))
        process.send_signal(signal.SIGKILL)
        process.wait()

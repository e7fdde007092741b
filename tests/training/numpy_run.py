"""A small run in a folder, to be killed or damaged: ``python numpy_run.py FOLDER [PAUSE]``.

Prints a line for each epoch that is over, and at the end the outcome.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

from lrsearch import DigitRace, Exploit, Explorer
from lrsearch.testing import Quadratic

EPOCHS = 40


def made(folder, trainee=None, **options):
    """Both phases: a race, and a second phase that goes back to its best weights."""
    return Explorer(
        Quadratic(noise=4.0) if trainee is None else trainee,
        EPOCHS,
        DigitRace(24, 8),
        lambda search, left: Exploit([search.rate, "0.02"], left, patience=2, restore=True),
        directory=folder,
        verbose=0,
        **options,
    )


def trained(folder, stop=None, pause=0.0, shown=None, **options):
    """Train to the end, or to so many epochs, as abruptly as one process can; the Explorer."""
    explorer = made(folder, **options)
    while len(explorer.history) < EPOCHS and explorer.begin() is not None:
        explorer.trainee.train()
        explorer.report(explorer.trainee.loss())
        if shown is not None:
            print(len(explorer.history), explorer.history[-1].score, file=shown, flush=True)
        if len(explorer.history) == stop:
            return explorer
        time.sleep(pause)
    explorer.end()
    return explorer


def outcome(explorer):
    """What was trained and what the trainee has of it, in JSON."""
    return {
        "history": [[*epoch._replace(rate=str(epoch.rate))] for epoch in explorer.history],
        "rate": str(explorer.rate),
        "best": explorer.best_score,
        "loss": explorer.trainee.loss(),
    }


def started(folder, pause=0.0):
    """A process of its own."""
    root = Path(__file__).parents[2]
    paths = os.pathsep.join([str(root), str(root / "adapters")])
    return subprocess.Popen(
        [sys.executable, __file__, str(folder), str(pause)],
        env={**os.environ, "PYTHONPATH": paths},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


if __name__ == "__main__":
    sys.modules["matplotlib"] = None  # as where it is not installed: pictures take most of the time
    explorer = trained(sys.argv[1], pause=float([*sys.argv, 0][2]), shown=sys.stdout)
    print(json.dumps(outcome(explorer)))

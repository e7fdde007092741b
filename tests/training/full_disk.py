"""Runs on a disk that fills, and has room again: ``python full_disk.py FOLDER SEED RUNS``.

Prints what came of each run, and of its folder when the same script starts again. A limit of the
process on the size of its files stands for the end of the disk.
"""

import json
import random
import resource
import sys
import warnings
from pathlib import Path

from tests.training.numpy_run import EPOCHS, made, outcome, trained


def full(room):
    """No file may grow beyond so many bytes; None: as large as it likes."""
    _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most if room is None else room, most))


def run(folder, at, until, room):
    """Train with the disk full from one epoch until another, or to the end; the warnings."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        explorer = made(folder)
        while len(explorer.history) < EPOCHS and explorer.begin() is not None:
            if len(explorer.history) in (at, until):
                full(room if len(explorer.history) == at else None)
            explorer.trainee.train()
            explorer.report(explorer.trainee.loss())
        explorer.end()
        full(None)
    return outcome(explorer), [str(warning.message) for warning in caught]


def again(folder):
    """What comes of the same script in that folder, or what it is refused with."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            return outcome(trained(folder)), [str(warning.message) for warning in caught]
        except ValueError as error:
            return None, [str(error)]


if __name__ == "__main__":
    sys.modules["matplotlib"] = None
    draw = random.Random(sys.argv[2])
    for number in range(int(sys.argv[3])):
        at = draw.randrange(EPOCHS)
        until = draw.choice([None, at + 3, at + 10])
        room = draw.choice([0, 600, 1500, 5000, 40_000])
        folder = Path(sys.argv[1]) / str(number)
        first = run(folder, at, until, room)
        print(json.dumps([at, until, room, first, again(folder)]), flush=True)

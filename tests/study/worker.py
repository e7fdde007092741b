"""A worker process for the tests of studies: ``python worker.py study.db acknowledged.txt``.

It asks and tells until the study is done. After each call that has stored a score it appends what
was stored to its second argument: what stands there must never be missing from the study.
"""

import os
import sys
import time

from lrsearch.study.study import Study
from lrsearch.testing import bowl


def main(path, acknowledged, how="tell", pause="0"):
    log = os.open(acknowledged, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
    with Study.open(path) as study:
        os.write(log, b"ready\n")
        for trial in study.iterate(resume=True):
            time.sleep(float(pause))
            epochs = range(trial.start_epoch + 1, trial.stop_epoch + 1)
            if how == "tell":
                scores = [bowl(trial, epoch) for epoch in epochs]
                study.tell(trial, scores)
                os.write(log, b"".join(map(line, [trial] * len(scores), epochs, scores)))
                continue
            for epoch in epochs:
                goes_on = study.report(trial, bowl(trial, epoch))
                os.write(log, line(trial, epoch, bowl(trial, epoch)))
                if not goes_on:
                    break


def line(trial, epoch, score):
    return f"{trial.number} {trial.leg} {epoch} {score!r}\n".encode()


if __name__ == "__main__":
    main(*sys.argv[1:])

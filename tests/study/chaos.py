"""A worker of the chaos test: ``python chaos.py study.db acknowledged.txt seed``.

It asks and tells in two threads and a forked child, while its clock jumps, until the study is done
or somebody ends it. After each call that has stored a score it appends what was stored to its
second argument: what stands there must never be missing from the study, nor told twice.
"""

import contextlib
import os
import random
import sys
import threading
import time

from lrsearch import StaleTrial
from lrsearch.study import Study, StudyError
from lrsearch.testing import bowl


def main(path, acknowledged, seed):
    generator = random.Random(seed)
    log = os.open(acknowledged, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
    jumped(generator)
    with contextlib.suppress(StudyError), Study.open(path) as study:
        os.write(log, b"ready\n")
        threads = [threading.Thread(target=work, args=(study, log, seed + n)) for n in "ab"]
        for thread in threads:
            thread.start()
        if generator.random() < 0.5:
            time.sleep(generator.uniform(0, 0.05))
            if os.fork() == 0:
                with contextlib.suppress(StudyError):
                    work(study, log, seed + "c")
                    study.close()
                os._exit(0)
        for thread in threads:
            thread.join()


def jumped(generator):
    """Set this process's clock by up to two hours, now and then anew."""
    now, offset = time.time, [generator.uniform(-7200, 7200)]
    time.time = lambda: now() + offset[0] * (1 if generator.random() < 0.9 else -1)


def work(study, log, seed):
    generator = random.Random(seed)
    parent = os.getppid()
    with contextlib.suppress(StudyError):
        while not study.done and os.getppid() == parent:
            trial = study.ask()
            if trial is None:
                time.sleep(0.01)
                continue
            time.sleep(generator.uniform(0, 0.01))
            if generator.random() < 0.1:
                return  # a thread that dies with a trial in hand
            with contextlib.suppress(StaleTrial):
                scores = [bowl(trial, epoch) for epoch in range(1, trial.epochs + 1)]
                study.tell(trial, scores)
                os.write(log, f"{trial.number} {trial.leg} {scores[-1]!r}\n".encode())


if __name__ == "__main__":
    main(*sys.argv[1:])

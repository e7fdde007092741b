"""Search the learning rate of any program, by command line.

    python examples/any_program.py
    python examples/any_program.py -- ./train --lr {rate} --epochs {epochs}

The program is started once a trial and prints a line ``score: X`` after each epoch. Without a
command of your own, this file trains a small model of its own, as such a program would.
"""

import argparse
import math
import re
import subprocess
import sys

import lrsearch
from lrsearch.results import rounds_text

SCORE = re.compile(r"^score: (\S+)$", re.MULTILINE)


def run(command, trial):
    """Start the program for one trial; its scores."""
    filled = [part.format(rate=trial.rate, epochs=trial.epochs) for part in command]
    finished = subprocess.run(filled, capture_output=True, text=True)
    scores = [float(score) for score in SCORE.findall(finished.stdout)]
    if finished.returncode != 0 or not scores:
        sys.stderr.write(finished.stdout[-2000:] + finished.stderr[-2000:])
        raise SystemExit(f"{' '.join(filled)}: exit code {finished.returncode}, no usable score")
    return scores


def train(rate, epochs):
    """Such a program: minimise a narrow valley by gradient descent."""
    x, y = -1.0, 1.0
    for _ in range(epochs):
        for _ in range(50):
            x, y = x - rate * (x - y * y), y - rate * 2 * y * (y * y - x + 0.1)
        loss = (x - y * y) ** 2 + 0.1 * y * y
        print(f"score: {loss if math.isfinite(loss) and loss < 1e6 else math.nan}", flush=True)
        if not math.isfinite(loss) or loss >= 1e6:
            return


def main(command, epochs, digits):
    search = lrsearch.DigitSearch(digits=digits, epochs=epochs)
    for trial in search:
        search.tell(trial, run(command, trial))
    print(rounds_text(search))
    print(f"\nrate {search.rate}: {search.evidence().sentence}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=5, help="epochs a rate")
    parser.add_argument("--digits", type=int, default=1, help="digits to search")
    parser.add_argument("--train", help="train with this rate, as the program under search")
    parser.add_argument("command", nargs="*", help="the program, after --")
    arguments = parser.parse_args()
    if arguments.train is not None:
        train(float(arguments.train), arguments.epochs)
    else:
        own = [sys.executable, __file__, "--train", "{rate}", "--epochs", "{epochs}"]
        main(arguments.command or own, arguments.epochs, arguments.digits)

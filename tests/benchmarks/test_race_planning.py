"""What it costs DigitRace to plan a leg, with 200 trials behind it.

Run with ``nox -s bench``.
"""

import math

from lrsearch import DigitRace
from lrsearch.rate import Rate

TRIALS = 200
LIMIT = 0.001
RATES = [Rate(f"{10 ** (1 - 7 * step / TRIALS):.3g}") for step in range(TRIALS)]


def scores(trial):
    """A noisy bowl with its optimum at 0.002, better with the epochs."""
    x = math.log10(trial.rate / 0.002)
    epochs = range(trial.start_epoch + 1, trial.stop_epoch + 1)
    return [x * x + 1 / e + 0.05 * math.sin(1e4 * x * e) for e in epochs]


def begun():
    """A race that has to plan its next leg, with so many trials told, as by so many workers."""
    race = DigitRace(100_000, 100, first=RATES)
    for trial in [race.ask() for _ in range(TRIALS)]:
        race.tell(trial, scores(trial))
    return race


def test_planning_a_level_with_200_trials_takes_less_than_1_ms(benchmark):
    race = begun()
    benchmark(race._planned, 1)
    assert benchmark.stats.stats.median < LIMIT


def test_asking_for_a_leg_with_200_trials_takes_less_than_1_ms(benchmark):
    race = begun()
    benchmark.pedantic(lambda: race.tell(trial := race.ask(), scores(trial)), rounds=200)
    assert benchmark.stats.stats.median < LIMIT


def test_a_worker_that_gets_ahead_of_the_others_waits_for_two_plans(benchmark):
    """Of the next level, and of the one above it."""
    race = begun()
    held = [race.ask() for _ in range(32)]

    def tell():
        trial = held.pop(0)
        race.tell(trial, scores(trial))

    def ask():
        following = race.ask()
        if following is not None:
            held.append(following)

    benchmark.pedantic(ask, setup=tell, rounds=100)
    assert benchmark.stats.stats.median < 2 * LIMIT

"""The simulation of many workers: tests/benchmarks/workers.py and scaling.py."""

import pytest

from lrsearch import GridSearch
from tests.benchmarks import scaling, workers


def grid():
    return GridSearch([f"{n}e-4" for n in range(1, 33)], epochs=1)


def test_one_worker_is_never_idle_and_many_are():
    alone, many = workers.simulate(grid(), 1, seed=0), workers.simulate(grid(), 64, seed=0)
    assert alone.idle == 0
    assert many.idle > 0.5
    assert many.seconds < alone.seconds


def test_the_time_of_the_workers_is_that_of_the_epochs():
    outcome = workers.simulate(grid(), 1, seed=0)
    assert outcome.epochs == 32
    assert outcome.seconds / outcome.epochs == pytest.approx(workers.SECONDS, rel=0.7)


def test_a_simulation_repeats():
    first, again = (workers.simulate(workers.race(4), 4, seed=3) for _ in range(2))
    assert first == again


def test_the_page_and_the_picture_are_written(tmp_path):
    scaling.main(["--workers", "1", "2", "--seeds", "1", "--out", str(tmp_path)])
    assert (tmp_path / "scaling.png").stat().st_size > 10_000
    page = (tmp_path / "scaling.md").read_text(encoding="utf-8")
    assert "| workers |" in page
    assert "| 2 |" in page
    assert "The aims, as measured" in page


def test_an_aim_that_is_missed_is_said_to_be():
    slow, fast = (workers.Outcome(seconds, 0.5, 0.5, 10, 0.1) for seconds in (20.0, 10.0))
    missed = scaling.aims({("barrier", 64): [fast], ("race", 64): [slow]})
    assert [met for _, met in missed] == [False, False, False]
    met = scaling.aims({("barrier", 8): [slow], ("race", 8): [fast]})
    assert met[0][1]

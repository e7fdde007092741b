"""Schedules are pure functions of the epoch."""

import math

import pytest

from lrsearch import Constant, CosineAnnealing, CosineWarmRestarts, Rate
from lrsearch.schedules import schedule_from_config


def test_cosine_annealing_is_the_papers_formula():
    schedule = CosineAnnealing("0.001", epochs=50, warmup=5)
    for epoch in range(60):
        progress = min(1, max(0, (epoch - 5) / 45))
        expected = 0.001 * (1 + math.cos(math.pi * progress)) / 2 * min(1, (epoch + 1) / 5)
        assert schedule(epoch) == pytest.approx(expected, rel=1e-15)


def test_warm_restarts_follow_sgdr_with_growing_periods():
    schedule = CosineWarmRestarts("0.1", period=10, factor=2, low="0.001")
    starts = [0, 10, 30, 70, 150]
    for epoch in range(200):
        start = max(s for s in starts if s <= epoch)
        length = 10 * 2 ** starts.index(start)
        cosine = (1 + math.cos(math.pi * (epoch - start) / length)) / 2
        assert schedule(epoch) == pytest.approx(0.001 + 0.099 * cosine, rel=1e-12)


def test_a_constant_is_the_rate_itself():
    assert Constant("0.00041")(123) == Rate("0.00041")


@pytest.mark.parametrize(
    "schedule",
    [Constant("0.1"), CosineAnnealing("0.1", 9, 0), CosineWarmRestarts("0.1", 5, 2, "0.01")],
)
def test_schedules_survive_their_configuration(schedule):
    assert schedule_from_config(schedule.config()) == schedule
    assert isinstance(schedule(3), float)


@pytest.mark.parametrize(
    ("make", "named"),
    [
        (lambda: CosineAnnealing("0.1", 0), "epochs"),
        (lambda: CosineAnnealing("0.1", 5, 5), "warmup"),
        (lambda: CosineAnnealing("0.1", 5, -1), "warmup"),
        (lambda: CosineAnnealing("-0.1", 5), "-0.1"),
        (lambda: CosineWarmRestarts("0.1", 0), "period"),
        (lambda: CosineWarmRestarts("0.1", 5, 0), "factor"),
        (lambda: CosineWarmRestarts("0.1", 5, low="0.2"), "low"),
        (lambda: Constant("nan"), "nan"),
        (lambda: schedule_from_config({"schedule": "Linear"}), "Linear"),
    ],
)
def test_bad_settings_are_refused(make, named):
    with pytest.raises(ValueError, match=named):
        make()

"""Grid search and random search."""

import math

import pytest

from lrsearch import GridSearch, RandomSearch, Rate, grid


def test_the_default_grid_is_1_2_5_over_eight_decades():
    rates = [str(rate) for rate in GridSearch().rates]
    assert rates[:4] == ["10", "5", "2", "1"]
    assert rates[-3:] == ["5e-6", "2e-6", "1e-6"]
    assert len(rates) == 7 * 3 + 1


def test_a_grid_tries_each_rate_once_in_the_order_given():
    search = GridSearch(["0.1", "0.001", "0.01", "0.10"], epochs=1)
    for trial in search:
        search.tell(trial, float(trial.rate))
    assert [str(record.rate) for record in search.trials] == ["0.1", "0.001", "0.01"]
    assert search.rate == 0.001


def test_keeping_several_names_them_best_first():
    search = GridSearch(["0.1", "0.001", "0.01"], epochs=1, keep=2)
    for trial in search:
        search.tell(trial, abs(trial.rate - 0.02))
    assert search.kept == (Rate("0.01"), Rate("0.001"))


def test_random_rates_are_distinct_exact_and_uniform_in_their_logarithm():
    search = RandomSearch(2000, low="1e-4", high="1", digits=4, seed=3)
    assert len(set(search.rates)) == 2000
    assert all(rate.digits <= 4 and 1e-4 <= rate <= 1 for rate in search.rates)
    decades = [math.floor(math.log10(rate)) for rate in search.rates]
    for decade in (-4, -3, -2, -1):
        assert 400 < decades.count(decade) < 600


def test_equal_seeds_draw_equal_rates_and_a_seed_drawn_is_kept():
    assert RandomSearch(5, seed=1).rates == RandomSearch(5, seed=1).rates
    assert RandomSearch(5, seed=1).rates != RandomSearch(5, seed=2).rates
    search = RandomSearch(5)
    assert RandomSearch(5, seed=search.config()["seed"]).rates == search.rates


@pytest.mark.parametrize(
    ("make", "named"),
    [
        (lambda: GridSearch([]), "rates"),
        (lambda: GridSearch(keep=0), "keep"),
        (lambda: grid(-3, 1), "low"),
        (lambda: RandomSearch(0), "trials"),
        (lambda: RandomSearch(5, low="0.1", high="0.1"), "low"),
        (lambda: RandomSearch(5, low=0), "low"),
        (lambda: RandomSearch(5, digits=0), "digits"),
        (lambda: RandomSearch(5, seed=-1), "seed"),
        (lambda: RandomSearch(50, low="0.1", high="0.2", digits=1), "too few"),
    ],
)
def test_bad_settings_are_refused_by_name(make, named):
    with pytest.raises(ValueError, match=named):
        make()

"""GapSearch: few trainings, each in full."""

import math

import pytest

import lrsearch
from lrsearch import Rate


def searched(optimum, **options):
    search = lrsearch.GapSearch(epochs=1, **options)
    for trial in search:
        search.tell(trial, abs(math.log10(trial.rate / optimum)))
    return search


@pytest.mark.parametrize("optimum", [0.00047, 0.0031, 0.2, 2.6])
def test_it_ends_within_a_small_gap_of_the_best_with_17_trainings(optimum):
    search = searched(optimum)
    assert abs(math.log10(search.rate / optimum)) <= 0.12 / 2 + 0.03
    assert len(search.trials) == 17
    assert [round.number for round in search.rounds] == [1, 2, 3, 4]


@pytest.mark.parametrize(("optimum", "end"), [(800, 1000), (3e-9, 1e-9)])
def test_a_range_with_its_best_rate_at_an_end_is_extended(optimum, end):
    search = searched(optimum)
    assert Rate(end) in [record.rate for record in search.trials]
    assert abs(math.log10(search.rate / optimum)) < 0.1


def test_a_range_is_not_extended_where_the_end_may_be_best_by_chance():
    search = lrsearch.GapSearch(epochs=1)
    for trial in search:
        search.tell(trial, -1.0 if trial.rate == 10 else -0.9, standard_error=0.2)
    assert max(record.rate for record in search.trials) == 10


def test_both_sides_of_the_best_rates_are_filled_whatever_lies_far_away():
    search = searched(0.4)
    tried = sorted(record.rate for record in search.trials)
    assert sum(0.1 < rate < 1 for rate in tried) >= 4
    assert sum(rate > 10 for rate in tried) == 0


def test_rates_that_diverge_are_beside_others():
    search = lrsearch.GapSearch(epochs=1)
    for trial in search:
        score = math.nan if trial.rate >= 0.1 else abs(math.log10(trial.rate / 0.05))
        search.tell(trial, score)
    assert 0.01 < search.rate < 0.1


def test_a_search_in_which_all_diverges_ends_with_a_reason():
    search = lrsearch.GapSearch(epochs=1)
    for trial in search:
        search.tell(trial, math.nan)
    assert search.rate is None
    assert "check the data" in search.reason
    assert len(search.trials) == 8


@pytest.mark.parametrize("first", [[], ["0", "0.1"]])
def test_first_rates_have_to_be_above_0(first):
    with pytest.raises(ValueError, match="first needs rates above 0"):
        lrsearch.GapSearch(first)

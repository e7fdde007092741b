"""Evidence: the interval covers the optimum, and no digit is claimed that the noise forbids."""

import itertools
import math
import os
import random
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lrsearch
from lrsearch.evidence.evidence import Evidence, digits_supported
from lrsearch.evidence.intervals import interval, t_quantile
from lrsearch.rate import Rate
from tests.demo_log import searched_real
from tests.paper_log import replayed_paper


def searched(optimum, noise, generator, told=False, shape=lambda d: d * d, **settings):
    """A DigitSearch on a smooth optimum at 10**optimum with normal noise."""
    search = lrsearch.DigitSearch(epochs=1, **settings)
    for trial in search:
        score = shape(math.log10(trial.rate) - optimum) + generator.gauss(0, noise)
        search.tell(trial, score, noise if told else None)
    return search


RUNS = 1000 if os.environ.get("LRSEARCH_TORTURE") else 200

# The interval


@pytest.mark.parametrize("noise", [0.2, 0.05, 0.0125])
@pytest.mark.parametrize("told", [False, True])
def test_the_interval_covers_the_true_optimum_in_nine_of_ten_searches(noise, told):
    generator = random.Random(7)
    runs, covered = RUNS, 0
    for _ in range(runs):
        optimum = generator.uniform(-5, 0)
        found = searched(optimum, noise, generator, told).evidence()
        covered += found.low <= 10**optimum <= found.high
    assert covered >= 0.9 * runs


@pytest.mark.parametrize(
    "shape",
    [
        lambda d: d * d * (1 + 0.5 * math.tanh(d)),
        lambda d: 10**d + 10**-d - 2,
        lambda d: math.log(math.cosh(2 * d)),
        lambda d: (math.exp(2 * d) - 2 * d - 1) / 2,
    ],
    ids=["lopsided", "steep", "blunt", "cliff"],
)
def test_an_optimum_that_is_no_parabola_is_covered_too(shape):
    generator = random.Random(11)
    runs, covered = 150, 0
    for _ in range(runs):
        optimum = generator.uniform(-5, 0)
        found = searched(optimum, 0.05, generator, shape=shape).evidence()
        covered += found.low <= 10**optimum <= found.high
    assert covered >= 0.9 * runs


@pytest.mark.parametrize("settings", [{"remeasure": True}, {"repeats": 2, "digits": 2}, {}])
def test_half_the_noise_never_supports_fewer_digits_on_average(settings):
    averages = []
    for noise in (0.4, 0.2, 0.1, 0.05):
        generator = random.Random(3)
        digits = [
            searched(generator.uniform(-5, 0), noise, generator, **settings).evidence().digits
            for _ in range(100)
        ]
        averages.append(np.mean(digits))
    assert all(later >= earlier - 0.02 for earlier, later in itertools.pairwise(averages))


def test_more_digits_are_supported_by_repeated_inits():
    generator = random.Random(5)
    found = [searched(-2.4, 0.02, generator, repeats=3, digits=2).evidence() for _ in range(20)]
    assert np.mean([evidence.digits for evidence in found]) > 1.4


# What the noise contains


def test_one_init_claims_at_most_one_digit_and_says_so():
    evidence = searched(-2.4, 1e-4, random.Random(0)).evidence()
    assert evidence.digits == 1
    assert "for this one initialisation" in evidence.sentence


def test_repeated_inits_measure_the_noise():
    evidence = searched(-2.4, 0.1, random.Random(0), repeats=3, digits=1).evidence()
    assert evidence.noise == pytest.approx(0.1, rel=0.4)
    assert "trainings repeated from different inits" in evidence.sentence


def test_told_standard_errors_are_the_noise():
    evidence = searched(-2.4, 0.1, random.Random(0), told=True, digits=1).evidence()
    assert evidence.noise == pytest.approx(0.1, rel=0.4)
    assert "standard errors that were told" in evidence.sentence


def test_the_scatter_of_one_init_is_about_the_smooth_curve():
    evidence = searched(-2.4, 0.1, random.Random(0)).evidence()
    assert evidence.noise == pytest.approx(0.1, rel=0.4)


def test_the_paper_s_own_log_supports_at_most_one_digit():
    search = replayed_paper()
    evidence = search.evidence()
    assert search.rate == evidence.rate == Rate("0.00041")
    assert evidence.digits <= 1
    assert evidence.low <= 0.00041 <= evidence.high
    assert 0.2 < evidence.noise < 0.7
    assert "cannot be told apart at this noise" in evidence.sentence


def test_rates_past_a_cliff_are_not_taken_for_noise():
    evidence = searched_real().evidence()
    assert 0.5 < evidence.noise < 2
    assert 0.0001 <= evidence.low <= 0.001
    assert 0.002 <= evidence.high <= 0.004
    assert evidence.digits == 0


def test_a_side_that_the_slope_leaves_open_ends_where_rates_are_worse_beyond_doubt():
    search = lrsearch.GridSearch([f"0.{n:03}" for n in range(1, 40)], epochs=1)
    generator = random.Random(4)
    for trial in search:
        shelf = 0.0 if trial.rate < 0.02 else 5.0
        search.tell(trial, shelf + generator.gauss(0, 0.1))
    evidence = search.evidence()
    assert evidence.high <= 0.021
    assert evidence.low == 0.001
    assert evidence.digits == 0


@pytest.mark.parametrize(
    ("score", "low", "high"),
    [
        (lambda log: -log, 1e-2, 1),
        (lambda log: abs(log + 2.2), 1e-4, 1),
        (lambda log: (log + 2.3) ** 2, 1e-4, 0.1),
    ],
)
def test_decades_that_are_worse_beyond_doubt_lie_outside(score, low, high):
    search = lrsearch.GridSearch([f"1e{n}" for n in range(-6, 1)], epochs=1)
    generator = random.Random(6)
    for trial in search:
        search.tell(trial, score(math.log10(trial.rate)) + generator.gauss(0, 0.02))
    evidence = search.evidence()
    assert low <= evidence.low <= evidence.rate <= evidence.high <= high


def test_an_end_that_is_worse_beyond_doubt_is_not_said_to_be_as_good():
    evidence = searched_decades()
    assert "the best rate lies between" in evidence.sentence
    assert "cannot be told apart" not in evidence.sentence


def searched_decades():
    search = lrsearch.GridSearch([f"1e{n}" for n in range(-6, 1)], epochs=1)
    for trial in search:
        search.tell(trial, -math.log10(trial.rate) + 0.02 * math.sin(1e5 * trial.rate))
    return search.evidence()


def test_repeats_that_ignore_the_init_are_one_init():
    search = lrsearch.DigitSearch(epochs=1, repeats=2)
    for trial in search:
        search.tell(trial, math.log10(trial.rate / 0.0031) ** 2)
    evidence = search.evidence()
    assert evidence.digits <= 1
    assert "one initialisation" in evidence.sentence


def test_scores_that_differ_are_not_called_equal():
    search = lrsearch.GridSearch(["0.1", "0.01", "0.001"], epochs=1, repeats=2)
    for trial in search:
        search.tell(trial, float(trial.rate))
    assert "equal" not in search.evidence().sentence


def test_huge_scores_are_no_trouble(recwarn):
    search = lrsearch.GridSearch(epochs=1)
    for trial in search:
        search.tell(trial, 1.7e308 * math.sin(1e5 * trial.rate))
    search.evidence()
    assert not recwarn.list


def test_the_readme_quotes_what_the_evidence_says_of_the_papers_log_and_of_a_real_search():
    readme = " ".join((Path(__file__).parents[2] / "README.md").read_text().split())
    for search in (replayed_paper(), searched_real()):
        assert search.evidence().sentence.partition(". The noise")[0] in readme


# Nothing to tell


def test_flat_scores_support_no_digit():
    generator = random.Random(2)
    digits = [searched(0, 1, generator, shape=lambda d: 0.0).evidence().digits for _ in range(50)]
    assert np.mean([count > 0 for count in digits]) <= 0.05


def test_equal_scores_support_no_digit_and_say_so():
    evidence = searched(0, 0, random.Random(0), shape=lambda d: 1.0).evidence()
    assert (evidence.digits, evidence.noise) == (0, 0.0)
    assert "equal" in evidence.sentence


def test_without_a_finite_score_there_is_no_evidence():
    assert searched(0, 0, random.Random(0), shape=lambda d: math.nan).evidence() is None
    assert lrsearch.DigitSearch().evidence() is None


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_a_handful_of_trials_supports_no_digit(count):
    search = lrsearch.GridSearch(["0.1", "0.01", "0.001", "0.0001"][:count], epochs=1)
    for trial in search:
        search.tell(trial, abs(math.log10(trial.rate) + 2))
    evidence = search.evidence()
    assert evidence.digits == 0
    assert math.isnan(evidence.noise)
    assert "too few scores" in evidence.sentence


def test_rates_of_zero_and_diverged_trials_are_no_evidence():
    def scores(rates):
        search = lrsearch.GridSearch(rates, epochs=1)
        for trial in search:
            if trial.rate in (0, Rate("7")):
                search.tell(trial, -100 if trial.rate == 0 else math.nan)
            else:
                search.tell(trial, (math.log10(trial.rate) + 2.1) ** 2 + 0.01 * (trial.number % 3))
        return search.evidence()

    rates = [f"{digit}e{place}" for place in (-1, -2, -3) for digit in (9, 7, 5, 3, 2, 1)]
    assert scores([*rates, "0", "7"]) == scores(rates)


def test_maximizing_the_negated_score_gives_the_same_evidence():
    def found(sign, direction):
        generator = random.Random(1)
        search = lrsearch.DigitSearch(epochs=1, direction=direction)
        for trial in search:
            score = (math.log10(trial.rate) + 3) ** 2 + generator.gauss(0, 0.1)
            search.tell(trial, sign * score)
        return search.evidence()

    assert found(1, "minimize") == found(-1, "maximize")


# DigitSearch(digits="auto") and DigitRace


def test_automatic_digits_stop_where_another_would_be_noise():
    noisy = searched(-2.4, 1.0, random.Random(4), digits="auto", remeasure=True)
    clear = searched(-2.4, 0.005, random.Random(4), digits="auto", repeats=2)
    assert len(noisy.rounds) <= 3
    assert "noise" in noisy.reason
    assert len(clear.rounds) > len(noisy.rounds)


def test_a_race_recommends_a_rate_inside_its_interval():
    race = lrsearch.DigitRace(200, 50)
    for trial in race.iterate(resume=True):
        epochs = range(trial.start_epoch + 1, trial.stop_epoch + 1)
        race.tell(trial, [(math.log10(trial.rate) + 2.2) ** 2 + 1 / e for e in epochs])
    evidence = race.evidence()
    assert evidence.rate == race.rate
    assert evidence.low <= race.rate <= evidence.high
    assert evidence.digits <= 1


# The pieces


@given(
    st.integers(-8, 2),
    st.integers(1, 999),
    st.floats(0, 1),
    st.floats(0, 1),
)
def test_a_narrower_interval_never_supports_fewer_digits(place, coefficient, below, above):
    rate = Rate(f"{coefficient}e{place}")
    low, high = rate * (1 - below), rate * (1 + 9 * above)
    wide = digits_supported(rate, low, high)
    narrow = digits_supported(rate, (low + rate) / 2, (high + rate) / 2)
    assert 0 <= wide <= narrow


def test_the_digits_of_the_example():
    assert digits_supported(Rate("0.00041"), 0.0003, 0.0006) == 1
    assert digits_supported(Rate("0.00041"), 0.0003, 0.0007) == 0


def test_an_interval_wider_than_a_factor_of_two_supports_no_digit():
    assert digits_supported(Rate("0.9"), 1e-6, 0.9) == 0


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 99), st.integers(-6, 0), st.floats(-1e6, 1e6)), max_size=30),
    st.integers(1, 3),
)
def test_any_scores_give_an_interval_that_holds_the_rate(rows, inits):
    search = lrsearch.GridSearch(
        [f"{c}e{e}" for c, e, _ in rows] or ["0.1"], epochs=1, repeats=inits
    )
    scores = {Rate(f"{c}e{e}"): score for c, e, score in rows}
    for trial in search:
        search.tell(trial, scores.get(trial.rate, 1.0) + trial.init)
    evidence = search.evidence()
    assert evidence.low <= evidence.rate <= evidence.high
    assert evidence.digits >= 0
    assert str(evidence.rate) in evidence.sentence


def test_the_rate_of_the_evidence_is_that_of_the_best_mean():
    search = lrsearch.GridSearch(["0.1", "0.01"], epochs=1, repeats=2)
    for trial in search:
        search.tell(trial, {0.1: (0.0, 5.0), 0.01: (1.0, 1.0)}[float(trial.rate)][trial.init])
    assert Evidence.of(search.trials, "minimize").rate == Rate("0.01")


def test_quantiles_of_student_s_t_are_those_of_the_tables():
    for freedom, quantile in ((1, 12.706), (2, 4.303), (3, 3.182), (5, 2.571), (30, 2.042)):
        assert t_quantile(freedom) == pytest.approx(quantile, rel=0.002)


def test_a_curve_that_only_falls_has_no_lower_or_upper_end():
    x = np.linspace(-4, 0, 20)
    noise = 0.1 * np.sin(37 * x)
    found = interval(x, -x + noise, np.zeros(20), np.full(20, np.nan))
    assert not found.bounded

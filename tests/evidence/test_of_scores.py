"""Evidence.of_scores judges any sweep, and next_digit says what another digit takes."""

import math
import os

import numpy as np
import pytest

from lrsearch.evidence import Evidence
from lrsearch.rate import Rate

RUNS = 200 if os.environ.get("LRSEARCH_TORTURE") else 40
RATES = ["0.1", "0.03", "0.01", "0.003", "0.001", "0.0003", "0.0001"]


def scores(rates, optimum=-2.3, noise=0.0, seed=0):
    x = np.log10(np.array(rates, float))
    return (x - optimum) ** 2 + np.random.default_rng(seed).normal(0, noise, len(x))


def test_any_kinds_of_numbers_serve():
    told = scores(RATES, noise=0.05)
    expected = Evidence.of_scores(RATES, told)
    assert Evidence.of_scores([float(rate) for rate in RATES], list(told)) == expected
    assert Evidence.of_scores(np.array(RATES, float), told) == expected
    assert Evidence.of_scores(map(Rate, RATES), iter(told)) == expected


def test_maximizing_the_negated_scores_gives_the_same_evidence():
    told = scores(RATES * 2, noise=0.05)
    expected = Evidence.of_scores(RATES * 2, told)
    assert Evidence.of_scores(RATES * 2, -told, direction="maximize") == expected


def test_diverged_trainings_and_rates_of_zero_are_no_evidence():
    told = scores(RATES * 2, noise=0.05)
    expected = Evidence.of_scores(RATES * 2, told)
    found = Evidence.of_scores(["0", "1", "10", *RATES * 2], [-9, math.nan, math.inf, *told])
    assert found == expected


def test_nothing_gives_no_evidence():
    assert Evidence.of_scores([], []) is None
    assert Evidence.of_scores(["0", "0.1"], [1.0, math.nan]) is None


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((["0.1", "0.2"], [1.0]), ValueError, "scores has to be as long as rates, 2: 1"),
        ((["0.1"], [1.0], [0, 1]), ValueError, "inits has to be as long as rates, 1: 2"),
        ((["0.1"], [1.0], None, []), ValueError, "errors has to be as long as rates, 1: 0"),
        (([-0.1], [1.0]), ValueError, "not negative, got -0.1"),
        (([math.inf], [1.0]), ValueError, "finite"),
        ((["0.1"], ["good"]), TypeError, "a score has to be a number"),
        ((["0.1"], [1.0], None, None, "up"), ValueError, "direction has to be"),
    ],
)
def test_what_does_not_fit_is_named(arguments, error, message):
    with pytest.raises(error, match=message):
        Evidence.of_scores(*arguments)


def test_without_inits_and_repeats_at_most_one_digit_is_claimed():
    rates = 10 ** np.linspace(-4, 0, 25)
    told = scores(rates, noise=0.001)
    evidence = Evidence.of_scores(rates, told)
    assert evidence.digits == 1
    assert "which inits it contains is not known" in evidence.sentence
    assert Evidence.of_scores(rates, told, inits=range(25)).digits > 1


def test_repeats_that_differ_measure_the_noise_without_inits():
    evidence = Evidence.of_scores(RATES * 5, scores(RATES * 5, noise=0.1))
    assert "trainings repeated from different inits" in evidence.sentence
    assert evidence.noise == pytest.approx(0.1, rel=0.4)


def test_a_wide_interval_says_that_all_of_its_rates_do():
    rates = RATES * 3
    evidence = Evidence.of_scores(rates, scores(rates, noise=2.0, seed=3))
    assert evidence.digits == 0
    assert f"all do; {evidence.rate} is a good choice" in evidence.sentence


def test_errors_that_are_told_for_most_scores_are_used():
    errors = [0.1] * 13 + [None]
    evidence = Evidence.of_scores(RATES * 2, scores(RATES * 2, noise=0.1), errors=errors)
    assert "standard errors that were told" in evidence.sentence


@pytest.mark.parametrize("distinct", [20, 100_000])
def test_a_hundred_thousand_trainings_are_judged(distinct):
    rates = np.resize(10 ** np.linspace(-6, 1, distinct), 100_000)
    evidence = Evidence.of_scores(rates, scores(rates, noise=0.1))
    assert evidence.low <= 10**-2.3 <= evidence.high


# Another digit


@pytest.mark.parametrize(("noise", "repeats"), [(0.3, 5), (0.1, 5), (0.03, 5)])
def test_the_promised_trainings_reach_the_next_digit_in_four_of_five_draws(noise, repeats):
    generator = np.random.default_rng(5)
    promised = reached = 0
    rates = np.repeat(10 ** (np.arange(-12, 3) / 2), repeats)
    while promised < RUNS:
        optimum = generator.uniform(-4.5, -0.5)
        told = (np.log10(rates) - optimum) ** 2 + generator.normal(0, noise, len(rates))
        evidence = Evidence.of_scores(rates, told)
        more = evidence.next_digit() if evidence.digits < 2 else None
        if more is None:
            continue
        promised += 1
        further = np.repeat(np.array(more.rates, float), more.trainings // len(more.rates))
        assert len(further) == more.trainings
        shift = (np.log10(further) - optimum) ** 2 + generator.normal(0, noise, len(further))
        after = Evidence.of_scores([*rates, *further], [*told, *shift])
        reached += after.digits > evidence.digits
    assert reached >= 0.8 * promised


def test_a_plateau_promises_no_digit():
    generator = np.random.default_rng(6)
    rates = RATES * 3
    assert Evidence.of_scores(rates, generator.normal(0, 1, len(rates))).next_digit() is None


def test_more_noise_takes_more_trainings():
    rates = np.repeat(10 ** (np.arange(-12, 3) / 2), 5)
    wanted = []
    for noise in (0.1, 0.4):
        evidence = Evidence.of_scores(rates, scores(rates, noise=noise, seed=1))
        more = evidence.next_digit()
        assert more is not None
        assert str(more.trainings) in more.sentence
        assert all(evidence.low / 30 < rate < evidence.high * 30 for rate in more.rates)
        wanted.append((evidence.digits, -more.trainings))
    assert wanted[0] > wanted[1]


@pytest.mark.parametrize(
    ("rates", "scores"),
    [
        ([1e-4, 1e-3, 1e-2, 3e-2, 1e-1, 3e-1, 1], [2.29, 2.22, 1.16, 0.49, 0.35, 0.57, 1.59]),
        ([1e-4, 1e-3, 1e-2, 1e-1, 1], [2.3, 2.2, 0.4, 0.5, 1.9]),
        ([1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1], [2.3, 2.0, 1.2, 1.5, 0.5, 1.9]),
    ],
)
def test_rates_that_look_far_worse_are_not_said_to_do(rates, scores):
    """So few scores may rule nothing out; nor do they show that 2.3 is as good as 0.4."""
    evidence = Evidence.of_scores(rates, scores)
    inside = [s for r, s in zip(rates, scores, strict=True) if evidence.low <= r <= evidence.high]
    assert evidence.rate == rates[scores.index(min(scores))]
    assert max(inside) < 1 or "as far as so few scores can tell" in evidence.sentence
    assert max(inside) < 1 or "all do" not in evidence.sentence

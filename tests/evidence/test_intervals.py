"""The interval covers what it says, for every shape of scores, and claims no digit too many."""

import itertools
import math
import os

import numpy as np
import pytest

import lrsearch
from lrsearch.evidence import Evidence
from lrsearch.evidence.fits import f_score, t_quantile
from lrsearch.evidence.intervals import interval

RUNS = 1000 if os.environ.get("LRSEARCH_TORTURE") else 200
NOISES = (0.2, 0.1, 0.05, 0.025)
X = np.arange(-36, 7) / 6
UNKNOWN = np.full(len(X), np.nan)


def parabola(generator, noise):
    optimum = generator.uniform(-4.5, -0.5)
    return X, (X - optimum) ** 2 + generator.normal(0, noise, len(X)), UNKNOWN, optimum


def lopsided(generator, noise):
    optimum = generator.uniform(-4.5, -0.5)
    away = X - optimum
    losses = away**2 * (1 + 0.5 * np.tanh(away)) + generator.normal(0, noise, len(X))
    return X, losses, UNKNOWN, optimum


def disasters(generator, noise):
    x, losses, unknown, optimum = parabola(generator, noise)
    failed = generator.choice(len(x), 3, replace=False)
    losses[failed] += 10.0 ** generator.uniform(1, 300, 3)
    return x, losses, unknown, optimum


def unequal_errors(generator, noise):
    optimum = generator.uniform(-4.5, -0.5)
    errors = noise * 10 ** generator.uniform(-0.5, 0.5, len(X))
    return X, (X - optimum) ** 2 + errors * generator.normal(0, 1, len(X)), errors, optimum


def plateau(generator, noise):
    """Equal true losses up to 0.1, a cliff above, five trainings of each of two rates a decade."""
    x = np.repeat(np.arange(-10, 1) / 2, 5)
    losses = np.where(x > -1, 5.0, 0.0) + generator.normal(0, noise, len(x))
    return x, losses, np.full(len(x), np.nan), (-5.0, -1.0)


def judged(x, losses, errors):
    return interval(x, losses, np.arange(len(x)), errors)


@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.parametrize("sweep", [parabola, lopsided, disasters, unequal_errors])
def test_the_interval_covers_the_optimum_as_often_as_it_says(sweep, noise):
    generator = np.random.default_rng(7)
    covered = 0
    for _ in range(RUNS):
        x, losses, errors, optimum = sweep(generator, noise)
        found = judged(x, losses, errors)
        covered += found.low <= optimum <= found.high
    assert 0.9 * RUNS <= covered <= 0.99 * RUNS


@pytest.mark.parametrize("noise", NOISES)
def test_a_plateau_is_covered_whole_and_its_cliff_left_out(noise):
    """All rates of the plateau are truly as good: they lie inside, and the next one does not."""
    generator = np.random.default_rng(18)
    covered = past = claimed = 0
    for _ in range(RUNS):
        x, losses, _, (low, high) = plateau(generator, noise)
        evidence = Evidence.of_scores(10.0**x, losses)
        covered += evidence.low <= 10**low * 1.001 and evidence.high >= 10**high * 0.999
        past += bool(evidence.high > 10**high * 1.001)
        claimed += evidence.digits > 0
    assert 0.9 * RUNS <= covered <= 0.99 * RUNS
    assert past == 0
    assert claimed <= 0.02 * RUNS


def test_a_plateau_that_ends_at_a_cliff_says_so_and_recommends_a_rate_inside():
    generator = np.random.default_rng(19)
    said = 0
    for _ in range(40):
        x, losses, _, _ = plateau(generator, 0.1)
        evidence = Evidence.of_scores(10.0**x, losses)
        assert 1e-5 < evidence.rate < 0.1
        said += (
            f"{evidence.rate} is a good choice, well inside: 0.1 still does" in evidence.sentence
        )
    assert said >= 36


def test_a_search_that_chose_a_rate_beside_the_cliff_is_shown_both_rates():
    scores = {0.1: 0.9, 0.03: 0.499, 0.01: 0.5, 0.003: 0.5, 0.001: 0.501, 0.0001: 0.7, 1e-5: 0.9}
    search = lrsearch.GridSearch([str(rate) for rate in scores], epochs=1)
    for trial in search:
        search.tell(trial, scores[float(trial.rate)])
    evidence = search.evidence()
    assert search.rate == 0.03
    assert f"{evidence.rate} is a safer choice than 0.03, well inside: 0.03" in evidence.sentence


@pytest.mark.parametrize("repeats", [1, 5])
def test_flat_noise_supports_no_digit(repeats):
    generator = np.random.default_rng(20)
    x = np.repeat(np.arange(-12, 3) / 2, repeats)
    claimed = 0
    for _ in range(RUNS):
        losses = generator.normal(0, 1, len(x))
        claimed += Evidence.of_scores(10.0**x, losses, range(len(x))).digits > 0
    assert claimed <= 0.02 * RUNS


@pytest.mark.parametrize("sweep", [parabola, lopsided, disasters, unequal_errors, plateau])
def test_digits_never_fall_as_the_noise_falls(sweep):
    means = []
    for noise in (0.4, *NOISES, 0.0125):
        generator = np.random.default_rng(21)
        digits = []
        for _ in range(RUNS // 2):
            x, losses, errors, _ = sweep(generator, noise)
            inits = None if sweep is plateau else range(len(x))
            told = None if sweep is not unequal_errors else errors
            digits.append(Evidence.of_scores(10.0**x, losses, inits, told).digits)
        means.append(np.mean(digits))
    assert all(later >= earlier - 0.02 for earlier, later in itertools.pairwise(means)), means


@pytest.mark.parametrize("sweep", [parabola, lopsided, unequal_errors, plateau])
def test_no_rate_that_is_worse_beyond_doubt_lies_inside(sweep):
    """Twelve standard errors of the difference from the best are beyond doubt."""
    generator = np.random.default_rng(22)
    for _ in range(100):
        x, losses, errors, _ = sweep(generator, 0.05)
        errors = np.where(np.isnan(errors), 0.05, errors)
        best = np.argmin(losses + errors)
        worse = losses - losses[best] > 12 * np.hypot(errors, errors[best])
        told = errors if sweep is unequal_errors else None
        evidence = Evidence.of_scores(10.0**x, losses, range(len(x)), told)
        inside = (10.0**x >= evidence.low) & (10.0**x <= evidence.high)
        assert not (worse & inside).any()


def test_a_failure_among_good_trainings_of_its_rate_is_set_aside():
    x = np.repeat(np.arange(-8, 1) / 2, 3)
    generator = np.random.default_rng(23)
    losses = (x + 2.2) ** 2 + generator.normal(0, 0.05, len(x))
    good = judged(x, losses, np.full(len(x), np.nan))
    losses[13] = 1e30
    found = judged(x, losses, np.full(len(x), np.nan))
    assert found.aside == (x[13],)
    assert found.noise == pytest.approx(good.noise, rel=0.3)


def test_a_rate_that_always_fails_is_not_set_aside():
    x = np.repeat(np.arange(-8, 1) / 2, 3)
    generator = np.random.default_rng(24)
    losses = 0.1 * (x + 2.2) ** 2 + generator.normal(0, 0.3, len(x))
    losses[x == -1.0] = 50.0
    found = judged(x, losses, np.full(len(x), np.nan))
    assert found.aside == ()
    assert found.high < -1


def test_quantiles_are_those_of_the_tables():
    for freedom, quantile in ((1, 12.706), (2, 4.303), (3, 3.182), (5, 2.571), (30, 2.042)):
        assert t_quantile(freedom) == pytest.approx(quantile, rel=0.0005)
    assert t_quantile(3, 0.9995) == pytest.approx(12.924, rel=0.0005)
    assert f_score(3.33, 5, 10) == pytest.approx(1.645, abs=0.02)
    assert f_score(2.214, 5, math.inf) == pytest.approx(1.645, abs=0.02)

"""Optuna's own contract tests, over DigitSampler."""

import optuna
import pytest
from optuna.testing.pytest_samplers import (
    BasicSamplerTestCase,
    RelativeSamplerTestCase,
    SingleOnlySamplerTestCase,
)

import lrsearch
from lrsearch_optuna import DigitSampler

pytestmark = pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")


def relative_fallback():
    return optuna.samplers.TPESampler(n_startup_trials=0, multivariate=True)


class TestEveryOtherParameter(BasicSamplerTestCase, SingleOnlySamplerTestCase):
    """The parameters beside the one under search, with the default fallback."""

    @pytest.fixture
    def sampler(self):
        return lambda: DigitSampler("lr")


class TestEveryOtherParameterTogether(
    BasicSamplerTestCase, RelativeSamplerTestCase, SingleOnlySamplerTestCase
):
    """The same with a fallback that samples them together."""

    @pytest.fixture
    def sampler(self):
        return lambda: DigitSampler("lr", fallback=relative_fallback())


class TestTheParameterUnderSearch(SingleOnlySamplerTestCase):
    """The cases that are about a plain float, with that as the parameter under search.

    The suite's other cases make it an integer, a category, or change its range within a study:
    all three are errors, see test_digit_sampler.py.
    """

    @pytest.fixture
    def sampler(self):
        first = [lrsearch.Rate("0.1").step(n, -2) for n in range(91)]
        return lambda: DigitSampler("x", search=lrsearch.DigitSearch(first))

    @pytest.mark.parametrize(("high", "log"), [(1.0, False), (0.2, False), (1.0, True)])
    def test_float(self, sampler, high, log):
        distribution = optuna.distributions.FloatDistribution(0.1, high, log=log)
        BasicSamplerTestCase().test_float(sampler, distribution)

    def test_nan_objective_value(self, sampler):
        BasicSamplerTestCase().test_nan_objective_value(sampler)

    def test_partial_fixed_sampling(self, sampler):
        BasicSamplerTestCase().test_partial_fixed_sampling(sampler)

    def test_single_parameter_objective(self, sampler):
        suggest = lambda trial: trial.suggest_float("x", 0, 10)  # noqa: E731
        BasicSamplerTestCase().test_single_parameter_objective(sampler, suggest)

    @pytest.mark.parametrize("n_jobs", [1, 2])
    def test_trial_relative_params(self, sampler, n_jobs):
        RelativeSamplerTestCase().test_trial_relative_params(n_jobs, sampler)

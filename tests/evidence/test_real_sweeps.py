"""Real cross-validations: finite disasters are no noise, and what is worse lies outside."""

import numpy as np
import pytest

pytest.importorskip("sklearn")

from sklearn.datasets import load_diabetes, load_digits
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import Ridge, SGDClassifier

from lrsearch_sklearn import LRSearchCV


def scored(search):
    """Rates with their mean scores and standard errors, the best one first."""
    rows = [
        (float(t.rate), t.score, t.standard_error) for t in search.trials if t.score is not None
    ]
    return sorted(rows, key=lambda row: -row[1])


def assert_no_worse_rate_inside(search, evidence):
    (_, best, error), *others = scored(search)
    for rate, score, own in others:
        if best - score > 6 * np.hypot(error, min(own, 10 * error)):
            assert not evidence.low <= rate <= evidence.high, (rate, score)


def test_the_rate_of_boosting_is_found_past_a_disaster_of_seventy_decades():
    X, y = load_diabetes(return_X_y=True)
    estimator = HistGradientBoostingRegressor(max_iter=50, max_leaf_nodes=8)
    search = LRSearchCV(estimator, "learning_rate", cv=3).fit(X, y)
    assert min(score for _, score, _ in scored(search.search_)) < -1e70
    evidence = search.evidence_
    assert evidence.noise < 0.1
    assert evidence.digits <= 1
    assert 0.01 < evidence.low <= evidence.rate <= evidence.high < 0.2
    assert_no_worse_rate_inside(search.search_, evidence)


def test_the_alpha_of_ridge_that_ruins_it_lies_outside():
    X, y = load_diabetes(return_X_y=True)
    search = LRSearchCV(Ridge(), "alpha", cv=5).fit(X, y)
    evidence = search.evidence_
    assert evidence.high < 10
    assert evidence.low == 1e-6
    assert evidence.digits == 0
    assert "is a good choice" in evidence.sentence
    assert_no_worse_rate_inside(search.search_, evidence)


@pytest.mark.parametrize("scoring", ["accuracy", "neg_log_loss"])
def test_rates_at_which_plain_sgd_has_ten_times_the_loss_lie_outside(scoring):
    X, y = load_digits(return_X_y=True)
    estimator = SGDClassifier(loss="log_loss", learning_rate="constant", random_state=0)
    search = LRSearchCV(estimator, "eta0", cv=3, scoring=scoring).fit(X / 16, y)
    evidence = search.evidence_
    assert 0.0001 < evidence.low <= evidence.rate <= evidence.high < 1
    assert evidence.noise < 0.1
    assert_no_worse_rate_inside(search.search_, evidence)

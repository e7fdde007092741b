"""The default search: rounds that are trained fold by fold while their values are worth it."""

from collections import Counter

import numpy as np
import pytest
from sklearn.datasets import load_iris, load_wine
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.model_selection import GridSearchCV, StratifiedKFold, cross_validate
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

import lrsearch
from lrsearch_sklearn import LRSearchCV

X, Y = load_wine(return_X_y=True)
X = StandardScaler().fit_transform(X)
CV = StratifiedKFold(5, shuffle=True, random_state=0)
NOISY = load_iris(return_X_y=True)

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


class Trained:
    """The estimator's score, noting each training's parameters."""

    def __init__(self, *names):
        self.names, self.trainings = names, []

    def __repr__(self):
        return "Trained"

    def __call__(self, estimator, X, y):
        self.trainings.append(tuple(getattr(estimator, name) for name in self.names))
        return estimator.score(X, y)


def test_it_costs_less_than_half_of_a_grids_fits_and_finds_as_much():
    seen = Trained("C")
    search = LRSearchCV(SVC(), "C", cv=CV, scoring=seen).fit(X, Y)
    grid = GridSearchCV(SVC(), {"C": [float(rate) for rate in lrsearch.grid()]}, cv=CV).fit(X, Y)
    assert len(seen.trainings) < 22 * 5 / 2
    assert search.best_score_ >= grid.best_score_ - 0.006  # one of 178 wines


def test_what_it_recommends_was_trained_on_all_folds_and_scores_are_those_of_cross_validate():
    search = LRSearchCV(SVC(), "C", cv=CV).fit(X, Y)
    results = search.cv_results_
    assert results["folds"][search.best_index_] == 5
    assert 1 <= min(results["folds"]) < 5
    for index, params in enumerate(results["params"]):
        plain = cross_validate(SVC(**params), X, Y, cv=CV)["test_score"]
        folds = np.array([results[f"split{fold}_test_score"][index] for fold in range(5)])
        trained = np.isfinite(folds)
        assert trained.sum() == results["folds"][index]
        np.testing.assert_array_equal(folds[trained], plain[trained])
        mean = results["mean_test_score"][index]
        assert mean == np.mean(plain) if trained.all() else mean <= search.best_score_
    assert np.argmax(results["rank_test_score"] == 1) == np.argmax(results["mean_test_score"])


def test_no_value_is_trained_twice_on_a_fold_but_the_one_that_sklearn_sees():
    seen = Trained("C")
    LRSearchCV(SVC(), "C", cv=CV, scoring=seen, refit=False).fit(X, Y)
    again = [count for count in Counter(seen.trainings).values() if count > 5]
    assert again == [6]


def test_missing_folds_are_no_reason_to_warn(recwarn):
    LRSearchCV(SVC(), "C", cv=CV).fit(X, Y)
    assert not [str(w.message) for w in recwarn]


def test_nor_is_a_round_of_which_none_goes_on(recwarn):
    """The values of later rounds are behind on their first fold, all of them."""
    search = LRSearchCV(
        SVC(), "C", cv=CV, scoring=lambda svc, X, y: -abs(np.log10(svc.C)) - 0.01 * len(y)
    )
    search.fit(X, Y)
    assert search.best_params_["C"] == 1
    assert not [str(w.message) for w in recwarn]


@pytest.mark.parametrize("jobs", [1, 2])
def test_jobs_and_train_scores_change_nothing(jobs):
    first = LRSearchCV(SVC(), "gamma", cv=3).fit(X, Y)
    other = LRSearchCV(SVC(), "gamma", cv=3, n_jobs=jobs, return_train_score=True).fit(X, Y)
    for name, column in first.cv_results_.items():
        if "time" not in name:
            np.testing.assert_array_equal(other.cv_results_[name], column)
    trained = other.cv_results_["folds"] == 3
    assert np.isfinite(other.cv_results_["mean_train_score"][trained]).all()


def test_the_table_and_the_picture_have_every_value():
    search = LRSearchCV(SVC(), "C", cv=3).fit(X, Y)
    table = search.to_dataframe()
    assert len(table) == len(search.cv_results_["params"])
    assert table["mean_test_score"][0] == search.best_score_
    axes = search.plot()
    labels = axes.get_legend_handles_labels()[1]
    assert {f"round {round.number}" for round in search.search_.rounds} <= set(labels)
    assert "as good" in labels


def test_a_search_shows_itself_where_its_estimator_is_shown():
    search = LRSearchCV(SVC(), "C", search=lrsearch.GapSearch(epochs=1))
    assert "search=<GapSearch" in repr(search)
    assert "GapSearch" in search._repr_html_()


# A resource -----------------------------------------------------------------------------------


def boosting():
    return HistGradientBoostingClassifier(max_iter=32, max_leaf_nodes=4, random_state=0)


def test_with_a_resource_decades_get_a_look_and_what_is_ruled_out_no_more():
    seen = Trained("learning_rate", "max_iter")
    options = {"resource": "max_iter", "cv": 3, "scoring": seen, "refit": False}
    search = LRSearchCV(boosting(), "learning_rate", **options).fit(X, Y)
    looks = {rate for rate, epochs in seen.trainings if epochs == 2}
    assert looks >= {float(rate) for rate in lrsearch.DECADES}
    trained = {rate for rate, epochs in seen.trainings if epochs == 32}
    assert not {1e-6, 1e-5} & trained
    assert search.best_params_["max_iter"] == 32
    short = search.cv_results_["n_resources"] == 2
    assert set(search.cv_results_["param_learning_rate"][short]).isdisjoint(trained)


def test_a_look_costs_less_than_no_look():
    epochs = []
    for resource in (None, "max_iter"):
        seen = Trained("max_iter")
        options = {"resource": resource, "cv": 3, "scoring": seen, "refit": False}
        LRSearchCV(boosting(), "learning_rate", **options).fit(X, Y)
        epochs.append(sum(count for (count,) in seen.trainings))
    assert epochs[1] < epochs[0]


def test_a_look_that_has_stopped_by_itself_is_a_training():
    seen = Trained("eta0", "max_iter", "n_iter_")
    estimator = SGDClassifier(learning_rate="constant", random_state=0)
    options = {"resource": "max_iter", "cv": 3, "scoring": seen, "refit": False}
    LRSearchCV(estimator, "eta0", **options).fit(X, Y)
    stopped = {eta0 for eta0, most, epochs in seen.trainings if most == 63 and epochs < 63}
    again = Counter(eta0 for eta0, most, _ in seen.trainings if most == 1000)
    assert stopped
    whole = [eta0 for eta0 in stopped if again[eta0] == 3]
    assert len(whole) <= 1  # the one that scikit-learn sees


# A grid of other parameters -------------------------------------------------------------------


def test_a_point_that_is_behind_costs_little():
    seen = Trained("kernel")
    grid = {"kernel": ["rbf", "sigmoid"], "gamma": [0.05]}
    search = LRSearchCV(SVC(), "C", param_grid=grid, cv=CV, scoring=seen).fit(X, Y)
    count = Counter(kernel for (kernel,) in seen.trainings)
    assert count["sigmoid"] + count["rbf"] < 2 * 22 * 5 / 2
    assert len(search.searches_) == 2
    best = search.cv_results_["params"][search.best_index_]
    assert best["C"] == float(search.rate_)


# Bad input ------------------------------------------------------------------------------------


def fails_once(estimator, X, y):
    if estimator.C == 1.0 and y[0] == 0 and len(y) == 36 and not fails_once.failed:
        fails_once.failed = True
        raise ValueError("this fold cannot be scored")
    return estimator.score(X, y)


def test_a_scorer_that_fails_on_one_fold_makes_that_value_the_worst():
    fails_once.failed = False
    with pytest.warns(UserWarning, match="this fold cannot be scored"):
        search = LRSearchCV(SVC(), "C", cv=CV, scoring=fails_once).fit(X, Y)
    assert fails_once.failed
    assert search.best_params_["C"] != 1.0
    (record,) = [record for record in search.search_.trials if record.rate == 1]
    assert record.state == "diverged"


def test_a_constant_metric_is_told_and_costs_few_trainings():
    calls = []

    def constant(estimator, X, y):
        calls.append(estimator)
        return 0.5

    with pytest.warns(UserWarning, match="have the same score in every fold, 0.5 in the mean"):
        LRSearchCV(SVC(), "C", cv=CV, scoring=constant).fit(X, Y)
    assert len(calls) < 8 * 5


def test_a_count_for_each_class_serves_a_look():
    options = {"resource": "max_iter", "cv": 3, "refit": False}
    search = LRSearchCV(LogisticRegression(max_iter=40), "C", **options).fit(*NOISY)
    assert np.nanmax(search.cv_results_["mean_test_score"]) > 0.9

"""Rates that race for the estimator's own epochs."""

import re
from collections import Counter
from math import ceil

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_digits, load_wine
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.model_selection import StratifiedKFold, cross_validate
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import lrsearch
from lrsearch_sklearn import LRSearchCV
from lrsearch_sklearn.exploring import ask_together

X, Y = load_wine(return_X_y=True)
X = StandardScaler().fit_transform(X)
CV = StratifiedKFold(3)
MOST, BUDGET = 20, 110
LONG = 710
"""A budget for trainings of up to 200 epochs."""

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def sgd(**changes):
    """A classifier whose fit runs all its epochs."""
    return SGDClassifier(
        **{"learning_rate": "constant", "random_state": 0, "tol": None, "max_iter": MOST, **changes}
    )


def race(estimator=None, **changes):
    options = {"resource": "max_iter", "budget": BUDGET, "cv": CV, **changes}
    return LRSearchCV(estimator or sgd(), "eta0", **options)


class Counted:
    """The estimator's score, counting epochs and calls."""

    def __init__(self):
        self.epochs, self.calls = 0, 0

    def __call__(self, estimator, X, y):
        self.epochs += estimator.n_iter_
        self.calls += 1
        return estimator.score(X, y)


# Every leg from the start ---------------------------------------------------------------------


def test_the_budget_holds_every_epoch_that_is_trained():
    count = Counted()
    search = race(scoring=count).fit(X, Y)
    assert count.epochs == sum(search.cv_results_["n_resources"]) * 3
    assert 0.7 * BUDGET < sum(search.cv_results_["n_resources"]) <= BUDGET


def test_every_leg_trains_from_the_start_and_is_charged_in_full():
    search = race().fit(X, Y)
    results = search.cv_results_
    for params, mean in zip(results["params"], results["mean_test_score"], strict=True):
        plain = cross_validate(sgd(**params), X, Y, cv=CV)["test_score"]
        assert mean == np.mean(plain)
    trials = results["trial"]
    assert len(set(trials)) < len(trials)
    asked = [trial.rate for trial in search.search_.trials]
    assert [params["eta0"] for params in results["params"]] == [asked[n] for n in trials]


def test_what_the_race_recommends_is_trained_in_full():
    search = race().fit(X, Y)
    full = search.cv_results_["n_resources"] == MOST
    rates = search.cv_results_["param_eta0"][full]
    assert float(search.search_.rate) in list(rates)


@pytest.mark.parametrize("resume", [False, True])
def test_the_best_candidate_is_the_best_of_the_full_trainings(resume):
    search = race(resume=resume).fit(X, Y)
    assert search.best_params_ == {"eta0": search.rate_, "max_iter": MOST}
    full = search.cv_results_["n_resources"] == MOST
    if not resume:
        assert search.best_score_ == search.cv_results_["mean_test_score"][full].max()
    assert search.best_estimator_.max_iter == MOST


def test_a_training_of_fewer_epochs_is_recommended_where_it_is_asked_for():
    search = race(truncated=True).fit(X, Y)
    assert search.cv_results_["rank_test_score"][search.best_index_] == 1
    assert search.best_estimator_.max_iter == search.best_params_["max_iter"]


class Fleeting(SGDClassifier):
    """A classifier whose score is best at one epoch, where the rate is high."""

    def score(self, X, y):
        fleeting = self.eta0 >= 1 and self.max_iter <= 2
        return 0.9 if fleeting else min(0.8, 0.1 + self.eta0) / max(1, self.eta0)


def test_a_rate_that_is_good_for_a_moment_is_not_recommended():
    search = race(Fleeting(**sgd().get_params())).fit(X, Y)
    assert search.cv_results_["mean_test_score"].max() == 0.9
    assert search.best_params_["max_iter"] == MOST
    assert search.best_score_ >= 0.5
    assert search.search_.best.score < 0.81  # what a longer training did not keep is taken back


def test_truncated_trainings_ruin_no_model():
    """One image of digits is told apart in one iteration at any rate; in thirty, not at 30."""
    images, classes = load_digits(return_X_y=True)
    train, test = np.s_[600:800], np.s_[800:]
    estimator = HistGradientBoostingClassifier(max_iter=30, max_leaf_nodes=7, random_state=0)
    search = LRSearchCV(estimator, "learning_rate", resource="max_iter", cv=3)
    search.fit(images[train], classes[train])
    default = estimator.fit(images[train], classes[train]).score(images[test], classes[test])
    assert search.best_params_["max_iter"] == 30
    assert search.score(images[test], classes[test]) >= default - 0.05


# One candidate, one story ---------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(4))
def test_rate_parameters_and_evidence_are_of_one_candidate(seed):
    search = race(sgd(random_state=seed), cv=StratifiedKFold(3, shuffle=True, random_state=seed))
    search.fit(X, Y)
    assert search.best_params_["eta0"] == search.rate_ == search.evidence_.rate
    inside = search.evidence_.low <= search.rate_ <= search.evidence_.high
    assert inside or "was chosen" in search.evidence_.sentence


# No training twice ----------------------------------------------------------------------------


class Trainings:
    """The estimator's score, noting which trainings have stopped by themselves."""

    def __repr__(self):
        return "Trainings"

    def __init__(self):
        self.stopped, self.calls = [], 0

    def __call__(self, estimator, X, y):
        self.calls += 1
        if estimator.n_iter_ < estimator.max_iter:
            self.stopped.append((estimator.eta0, estimator.max_iter))
        return estimator.score(X, y)


def stopping(**changes):
    """A classifier that stops by itself after ten epochs or so."""
    return sgd(**{"tol": 1e-2, "n_iter_no_change": 2, "max_iter": 200, **changes})


def test_a_training_that_stopped_by_itself_is_not_done_again():
    seen = Trainings()
    search = race(stopping(), budget=LONG, scoring=seen, refit=False).fit(X, Y)
    in_every_fold = [rate for (rate, _), folds in Counter(seen.stopped).items() if folds == 3]
    assert len(in_every_fold) > 3
    assert len(set(in_every_fold)) == len(in_every_fold)
    assert seen.calls < 3 * len(search.cv_results_["params"])


def test_its_score_stands_for_the_full_training():
    search = race(stopping(), budget=LONG).fit(X, Y)
    results = search.cv_results_
    full = np.flatnonzero(results["n_resources"] == 200)
    assert len(full) > 3
    for index in full:
        plain = cross_validate(stopping(**results["params"][index]), X, Y, cv=CV)["test_score"]
        assert results["mean_test_score"][index] == np.mean(plain)
    assert search.best_score_ == results["mean_test_score"][full].max()
    assert search.best_estimator_.max_iter == 200


def test_what_stopped_is_known_when_a_fit_goes_on(tmp_path):
    options = {"budget": LONG, "directory": tmp_path}
    first = race(stopping(), scoring=Trainings(), **options).fit(X, Y)
    seen = Trainings()
    again = race(stopping(), scoring=seen, **options).fit(X, Y)
    assert seen.calls == 3  # the best candidate once more, by scikit-learn's rules
    np.testing.assert_array_equal(
        first.cv_results_["mean_test_score"], again.cv_results_["mean_test_score"]
    )


@pytest.mark.parametrize(
    "options",
    [
        {"scoring": ["accuracy", "neg_log_loss"], "refit": "neg_log_loss"},
        {"scoring": lambda estimator, X, y: {"a": estimator.score(X, y), "b": 1}, "refit": "a"},
        {"scoring": "accuracy", "n_jobs": 2},
    ],
)
def test_every_kind_of_scoring_serves_with_a_resource(options):
    search = race(stopping(loss="log_loss"), budget=None, **options)
    search.fit(X, Y, sample_weight=np.linspace(0.5, 1, len(Y)))
    plain = LRSearchCV(
        stopping(loss="log_loss"), "eta0", search=lrsearch.GridSearch(["0.1"], epochs=1), **options
    ).fit(X, Y)
    assert type(search.scorer_) is type(plain.scorer_)
    assert search.score(X, Y) <= 1


def test_a_count_for_each_class_is_as_long_as_its_longest():
    estimator = LogisticRegression(max_iter=60)
    search = LRSearchCV(estimator, "C", resource="max_iter", cv=CV).fit(X, Y)
    assert search.best_params_["max_iter"] == 60
    assert search.best_score_ > 0.95


# Progress -------------------------------------------------------------------------------------


def counts(text):
    """The counts of a progress display: epochs done, and of how many."""
    return [tuple(map(int, pair)) for pair in re.findall(r"^(\d+)/(\d+) epochs", text, re.M)]


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"resume": True},
        {"budget": None, "max_resource": 7},
        {"budget": None, "search": lrsearch.GridSearch(["0.1", "0.01"], epochs=7)},
        {"param_grid": {"alpha": [1e-4, 1e-2]}},
    ],
)
def test_progress_never_counts_beyond_its_total_and_ends_at_it(options, capsys):
    race(verbose=1, **options).fit(X, Y)
    shown = counts(capsys.readouterr().err)
    assert len(shown) > 2
    assert all(done <= total for done, total in shown)
    assert shown[-1][0] == shown[-1][1]


def test_progress_of_a_fit_that_goes_on_counts_what_was_done_before(tmp_path, capsys):
    race(verbose=1, directory=tmp_path).fit(X, Y)
    whole = counts(capsys.readouterr().err)[-1]
    race(verbose=1, directory=tmp_path).fit(X, Y)
    assert counts(capsys.readouterr().err) == [whole]


def test_a_race_costs_less_than_half_of_a_grid_and_finds_as_much():
    """On one small data set; benchmarks/compare_sklearn.py has fifteen."""
    grid = LRSearchCV(
        sgd(), "eta0", search=lrsearch.GridSearch(epochs=1), cv=CV, scoring=(whole := Counted())
    ).fit(X, Y)
    search = race(scoring=(part := Counted())).fit(X, Y)
    assert part.epochs <= whole.epochs / 2
    assert search.best_score_ >= grid.best_score_ - 0.02


def test_a_full_training_is_the_estimators_own_by_default():
    search = race().fit(X, Y)
    assert search.search_.config()["max_epochs"] == MOST
    assert search.search_.config()["budget"] == BUDGET - MOST


def test_a_resource_in_a_pipeline():
    pipeline = make_pipeline(StandardScaler(), sgd())
    search = LRSearchCV(
        pipeline, "sgdclassifier__eta0", resource="sgdclassifier__max_iter", budget=BUDGET, cv=CV
    )
    search.fit(X, Y)
    assert search.best_params_.keys() == {"sgdclassifier__eta0", "sgdclassifier__max_iter"}


def test_iterations_of_boosting_are_a_resource():
    estimator = HistGradientBoostingClassifier(max_iter=8, max_leaf_nodes=4)
    search = LRSearchCV(estimator, "learning_rate", resource="max_iter", budget=30, cv=CV)
    search.fit(X, Y)
    assert search.best_score_ > 0.8


def test_a_search_in_full_gives_its_epochs_to_the_resource():
    given = lrsearch.DigitSearch(["0.1", "0.01"], digits=0, epochs=7, extend=0)
    search = race(search=given, budget=None).fit(X, Y)
    assert list(search.cv_results_["n_resources"]) == [7, 7, MOST]
    assert search.best_params_["max_iter"] == MOST


def test_each_point_of_a_grid_has_a_budget_of_its_own():
    search = race(param_grid={"alpha": [1e-4, 1e-2]}).fit(X, Y)
    spent = sum(search.cv_results_["n_resources"])
    assert BUDGET < spent <= 2 * BUDGET
    assert len(search.searches_) == 2


@pytest.mark.parametrize("jobs", [1, 2, 7])
def test_a_race_asks_for_no_more_than_the_workers_can_do(jobs):
    search = lrsearch.DigitRace(200, 50, direction="maximize")
    assert len(ask_together(search, ceil(jobs / 3), False)) == ceil(jobs / 3)


class BelowOne(SGDClassifier):
    """A classifier that refuses high rates."""

    def fit(self, X, y):
        self.check()
        return super().fit(X, y)

    def partial_fit(self, X, y, classes=None):
        self.check()
        return super().partial_fit(X, y, classes)

    def check(self):
        if self.eta0 >= 1:
            raise ValueError(f"eta0 has to be below 1, got {self.eta0}")


def below_one():
    return BelowOne(**sgd().get_params())


@pytest.mark.parametrize("resume", [False, True])
def test_values_that_fail_are_the_worst_and_the_race_goes_on(resume):
    search = race(below_one(), resume=resume)
    with pytest.warns(UserWarning, match="non-finite"):
        search.fit(X, Y)
    assert search.best_score_ > 0.9
    assert {record.state for record in search.search_.trials if record.rate >= 1} == {"diverged"}


@pytest.mark.parametrize("resume", [False, True])
def test_values_that_fail_raise_where_the_user_wants_it(resume):
    with pytest.raises(ValueError, match="eta0 has to be below 1"):
        race(below_one(), resume=resume, error_score="raise").fit(X, Y)


@pytest.mark.filterwarnings("ignore")
def test_a_race_in_which_all_fails_gives_up():
    search = race(sgd(penalty="none"))
    with pytest.raises(ValueError, match=r"(?s)No value of 'eta0' could be fitted, .*'penalty'"):
        search.fit(X, Y)


# Legs that go on ------------------------------------------------------------------------------


def test_resume_trains_each_epoch_once_and_scores_it():
    count = Counted()
    search = race(resume=True, scoring=count).fit(X, Y)
    legs = search.search_.spent
    assert count.calls in (3 * legs + 3, 3 * legs + 6)
    assert sum(record.spent for record in search.search_.trials) == legs
    assert legs + 2 * MOST <= BUDGET


def test_scores_of_each_epoch_are_those_of_a_plain_partial_fit_loop():
    search = race(resume=True).fit(X, Y)
    record = max(search.search_.trials, key=lambda record: record.epoch)
    expected = []
    for train, test in CV.split(X, Y):
        estimator = clone(sgd(eta0=float(record.rate)))
        expected.append([])
        for _ in range(record.epoch):
            estimator.partial_fit(X[train], Y[train], classes=np.unique(Y))
            expected[-1].append(estimator.score(X[test], Y[test]))
    assert record.legs > 1
    np.testing.assert_allclose(list(record.scores.values()), np.mean(expected, axis=0))


def test_the_best_of_a_resumed_race_was_trained_by_fit():
    search = race(resume=True).fit(X, Y)
    assert search.best_params_["max_iter"] == MOST
    assert search.best_score_ == np.mean(
        cross_validate(sgd(**search.best_params_), X, Y, cv=CV)["test_score"]
    )


@pytest.mark.parametrize("estimator", [sgd(), sgd(loss="log_loss")])
def test_jobs_do_not_change_what_resume_finds(estimator):
    alone = race(estimator, resume=True).fit(X, Y)
    together = race(estimator, resume=True, n_jobs=2).fit(X, Y)
    np.testing.assert_array_equal(
        alone.cv_results_["mean_test_score"], together.cv_results_["mean_test_score"]
    )


def test_resume_with_a_neural_network():
    estimator = MLPClassifier((8,), random_state=0, max_iter=15)
    search = LRSearchCV(
        estimator, "learning_rate_init", resource="max_iter", budget=90, resume=True, cv=CV
    )
    assert search.fit(X, Y).best_score_ > 0.9


def test_resume_with_several_scores_weights_and_train_scores():
    search = race(
        sgd(loss="log_loss"),
        resume=True,
        scoring=["accuracy", "neg_log_loss"],
        refit="neg_log_loss",
        return_train_score=True,
    )
    search.fit(X, Y, sample_weight=np.linspace(0.5, 1, len(Y)))
    assert np.isfinite(search.cv_results_["mean_train_accuracy"]).all()
    assert search.search_.best.score <= 0

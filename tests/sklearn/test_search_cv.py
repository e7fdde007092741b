"""LRSearchCV: what users of GridSearchCV know, and what it adds."""

import doctest
import importlib
import pickle
import pkgutil
import subprocess
import sys
import warnings
from math import sqrt

import joblib
import numpy as np
import pytest
from joblib._parallel_backends import ThreadingBackend
from sklearn.base import clone
from sklearn.datasets import load_diabetes, load_iris
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.exceptions import FitFailedWarning, NotFittedError
from sklearn.linear_model import LogisticRegression, Ridge, SGDClassifier
from sklearn.model_selection import GridSearchCV, GroupKFold, KFold, cross_validate
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.utils.estimator_checks import check_dtype_object, check_estimators_nan_inf

import lrsearch
import lrsearch_sklearn
from lrsearch_sklearn import LRSearchCV

IRIS = load_iris(return_X_y=True)
DIABETES = load_diabetes(return_X_y=True)
X, Y = StandardScaler().fit_transform(IRIS[0]), IRIS[1]


def sgd(**changes):
    return SGDClassifier(**{"learning_rate": "constant", "random_state": 0, **changes})


def ridge(**changes):
    return LRSearchCV(Ridge(), "alpha", **changes).fit(*DIABETES)


def one_round(*rates, **changes):
    return lrsearch.GridSearch(rates, epochs=1, **changes)


# Everything that users of GridSearchCV know ---------------------------------------------------


def test_the_example_of_the_readme_runs():
    estimator = MLPClassifier((4,), max_iter=5, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        search = LRSearchCV(estimator, "learning_rate_init", cv=3, n_jobs=2)
        search.fit(X, Y)
    assert search.best_params_ == {"learning_rate_init": float(search.rate_)}
    assert search.predict(X).shape == (150,)


def test_a_grid_search_of_the_same_rates_gives_the_same_results():
    rates = [0.1, 1.0, 10.0, 100.0]
    ours = LRSearchCV(SVC(), "C", search=one_round(*rates), return_train_score=True).fit(X, Y)
    theirs = GridSearchCV(SVC(), {"C": rates}, return_train_score=True).fit(X, Y)
    for name, column in theirs.cv_results_.items():
        if "time" not in name:
            np.testing.assert_array_equal(ours.cv_results_[name], column)
    assert ours.best_index_ == theirs.best_index_
    assert ours.best_score_ == theirs.best_score_
    assert ours.best_params_ == theirs.best_params_
    np.testing.assert_array_equal(ours.predict(X), theirs.predict(X))


def test_rounds_and_digits_are_columns():
    search = ridge(search=lrsearch.DigitSearch(digits=1, epochs=1))
    rounds, digits = search.cv_results_["round"], search.cv_results_["digit"]
    assert sorted(set(rounds)) == [1, 2]
    assert list(digits) == [number - 1 for number in rounds]
    np.testing.assert_array_equal(search.cv_results_["trial"], np.arange(len(rounds)))


def test_the_default_goes_from_decades_to_the_gaps_beside_the_best():
    search = ridge()
    config = search.search_.config()
    assert config["search"] == "GapSearch"
    assert config["epochs"] == 1
    assert config["direction"] == "maximize"
    assert search.search_.rounds[0].rates[:8] == list(lrsearch.DECADES)
    assert search.evidence_ == search.search_.evidence()


def test_the_folds_spread_is_told_as_the_standard_error():
    search = ridge(search=one_round("0.1", "1"), cv=4)
    for index, record in enumerate(search.search_.trials):
        folds = [search.cv_results_[f"split{k}_test_score"][index] for k in range(4)]
        assert record.score == pytest.approx(np.mean(folds))
        assert record.standard_error == pytest.approx(np.std(folds, ddof=1) / sqrt(4))


@pytest.mark.parametrize(
    ("estimator", "param"),
    [
        (sgd(), "eta0"),
        (SGDClassifier(random_state=0), "alpha"),
        (SVC(), "C"),
        (SVC(), "gamma"),
        (GradientBoostingClassifier(n_estimators=3), "learning_rate"),
    ],
)
def test_any_positive_float_can_be_searched(estimator, param):
    search = LRSearchCV(estimator, param, search=one_round("0.1", "0.01"), cv=2).fit(X, Y)
    assert search.best_params_[param] in (0.1, 0.01)


def test_a_parameter_of_a_pipeline():
    pipeline = make_pipeline(StandardScaler(), sgd())
    search = LRSearchCV(pipeline, "sgdclassifier__eta0", search=one_round("0.1"), cv=3)
    search.fit(*IRIS)
    assert search.best_estimator_[-1].eta0 == 0.1


def test_several_scores_led_by_the_one_that_refit_names():
    scoring = ["accuracy", "neg_log_loss"]
    search = LRSearchCV(LogisticRegression(), "C", scoring=scoring, refit="neg_log_loss", cv=3)
    search.fit(X, Y)
    best = np.nanmax(search.cv_results_["mean_test_neg_log_loss"])
    assert search.best_score_ == best == search.search_.best.score
    assert "mean_test_accuracy" in search.cv_results_


def test_several_scores_without_refit():
    scoring = ["accuracy", "neg_log_loss"]
    search = LRSearchCV(LogisticRegression(), "C", scoring=scoring, refit=False, cv=3).fit(X, Y)
    assert search.search_.best.score == search.cv_results_["mean_test_accuracy"].max()
    assert not hasattr(search, "best_estimator_")


@pytest.mark.parametrize("backend", ["loky", "threading"])
def test_jobs_run_on_joblibs_backends(backend):
    alone = ridge(search=one_round("0.1", "1", "10"))
    with joblib.parallel_config(backend):
        together = ridge(search=one_round("0.1", "1", "10"), n_jobs=2)
    np.testing.assert_array_equal(
        alone.cv_results_["mean_test_score"], together.cv_results_["mean_test_score"]
    )


def test_a_backend_that_the_user_registers_gets_whole_rounds():
    """As Dask's and Ray's do: folds and candidates of one round are one call."""
    calls = []

    class Recorded(ThreadingBackend):
        def submit(self, function, callback=None):
            calls.append(function)
            return super().submit(function, callback)

    joblib.register_parallel_backend("recorded", Recorded)
    with joblib.parallel_config("recorded", n_jobs=2):
        search = ridge(cv=3, search=lrsearch.DigitSearch(digits=0, epochs=1, extend=0))
    assert len(calls) == 8 * 3
    assert search.n_splits_ == 3


def test_one_round_is_one_evaluation(capsys):
    ridge(search=lrsearch.DigitSearch(digits=0, epochs=1, extend=0), verbose=2, cv=3)
    assert "Fitting 3 folds for each of 8 candidates, totalling 24 fits" in capsys.readouterr().out


def test_clone_and_parameters():
    search = LRSearchCV(sgd(), "eta0", search=one_round("0.1"), cv=3)
    assert search.get_params()["estimator__eta0"] == sgd().eta0
    search.set_params(estimator__alpha=0.5, cv=2)
    copy = clone(search)
    assert copy.estimator.alpha == 0.5
    assert copy.search is not search.search
    assert copy.search.config() == search.search.config()


def test_a_fitted_search_pickles():
    search = ridge()
    copy = pickle.loads(pickle.dumps(search))
    np.testing.assert_array_equal(copy.predict(DIABETES[0]), search.predict(DIABETES[0]))
    assert copy.rate_ == search.rate_
    assert copy.search_.events == search.search_.events


def test_html_shows_the_best_estimator():
    search = LRSearchCV(Ridge(), "alpha", search=one_round("0.25"))
    assert "estimator: Ridge" in search._repr_html_()
    assert "best_estimator_: Ridge" in search.fit(*DIABETES)._repr_html_()


def test_groups_and_weights_are_passed_on():
    groups = np.arange(len(Y)) % 5
    search = LRSearchCV(LogisticRegression(), "C", search=one_round("1"), cv=GroupKFold(5))
    search.fit(X, Y, groups=groups, sample_weight=np.linspace(0.1, 1, len(Y)))
    assert search.n_splits_ == 5
    plain = LRSearchCV(LogisticRegression(), "C", search=one_round("1"), cv=GroupKFold(5))
    plain.fit(X, Y, groups=groups)
    assert not np.allclose(plain.best_estimator_.coef_, search.best_estimator_.coef_)


def test_callbacks_see_a_task_for_each_round_and_fit():
    theirs = pytest.importorskip(
        "sklearn.callback.tests._utils", reason="scikit-learn 1.9 has them"
    )
    callback = theirs.RecordingCallback()
    search = LRSearchCV(
        theirs.MaxIterEstimator(max_iter=1),
        "computation_intensity",
        search=one_round("0.001", "0.002"),
        cv=2,
        scoring="r2",
    )
    search.set_callbacks(callback).fit(X, Y)
    tasks = 1 + 1 + 1 + 2 * 2 + 1  # the fit, the search, its round, candidates by folds, the refit
    assert callback.count_hooks("on_fit_task_begin") == tasks
    assert callback.count_hooks("on_fit_task_end") == tasks


# What it adds ---------------------------------------------------------------------------------


def test_the_search_given_is_never_changed():
    given = lrsearch.DigitSearch(digits=1, epochs=1)
    search = ridge(search=given)
    again = clone(search).fit(*DIABETES)
    assert not given.events
    assert search.search is given
    assert given.direction == "minimize"
    assert search.search_.direction == "maximize"
    assert again.rate_ == search.rate_


def test_a_random_search_serves_as_well():
    search = ridge(search=lrsearch.RandomSearch(5, epochs=1, seed=1))
    assert len(search.cv_results_["params"]) == 5
    assert search.best_score_ == search.cv_results_["mean_test_score"].max()


def test_values_are_exact_decimals():
    search = ridge(search=lrsearch.DigitSearch(["0.3", "0.2"], digits=2, epochs=1))
    for params, record in zip(search.cv_results_["params"], search.search_.trials, strict=True):
        assert type(params["alpha"]) is float
        assert repr(params["alpha"]) == str(record.rate)


def test_fixed_other_parameters():
    search = ridge(search=one_round("1"), param_grid={"solver": "cholesky"})
    assert search.best_params_ == {"alpha": 1.0, "solver": "cholesky"}


def test_each_point_of_a_grid_gets_a_search_of_its_own():
    grid = {"fit_intercept": [True, False]}
    search = ridge(param_grid=grid, search=lrsearch.DigitSearch(digits=1, epochs=1))
    alone = [
        LRSearchCV(Ridge(fit_intercept=fit), "alpha", search=search.search).fit(*DIABETES)
        for fit in (True, False)
    ]
    assert [s.rate for s in search.searches_] == [s.rate_ for s in alone]
    assert search.best_score_ == max(s.best_score_ for s in alone)
    assert search.search_ is search.searches_[0]
    assert search.rate_ == alone[0].rate_


def test_repeats_change_the_seed():
    search = LRSearchCV(sgd(random_state=7), "eta0", search=one_round("0.1", repeats=3), cv=2)
    search.fit(X, Y)
    seeds = [params.get("random_state") for params in search.cv_results_["params"]]
    assert seeds == [None, 8, 9]


def test_plot_shows_every_round():
    pytest.importorskip("matplotlib")
    search = ridge()
    axes = search.plot()
    labels = [text.get_text() for text in axes.get_legend().get_texts()]
    assert "round 1" in labels
    assert "round 2" in labels
    assert axes.get_xlabel() == "alpha"
    with pytest.raises(NotFittedError):
        LRSearchCV(Ridge(), "alpha").plot()


def test_progress_is_shown(capsys):
    pytest.importorskip("rich")
    ridge(search=one_round("0.1", "1"), verbose=1)
    shown = capsys.readouterr().err
    assert "2/2 epochs" in shown
    assert "rate 1 " in shown


def test_with_verbose_1_there_is_one_bar_and_nothing_else(capsys):
    search = ridge(cv=3, verbose=1)
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "Fitting" not in shown.err
    assert search.verbose == 1


def test_a_value_at_which_all_folds_fail_does_not_end_the_search():
    search = lrsearch.DigitSearch(["0.5", "1"], digits=1, epochs=1, extend=2)
    pipeline = LRSearchCV(OneAtMost(), "share", search=search, cv=3)
    with pytest.warns(FitFailedWarning):
        pipeline.fit(X, Y)
    assert pipeline.rate_ == 1
    assert np.isnan(pipeline.cv_results_["mean_test_score"]).any()


def test_a_parameter_without_effect_is_told():
    search = LRSearchCV(SGDClassifier(learning_rate="optimal", random_state=0), "eta0", cv=3)
    with pytest.warns(UserWarning, match="'eta0' have the same score in every fold"):
        search.fit(X, Y)
    assert len(search.cv_results_["params"]) == len(lrsearch.DECADES)


@pytest.mark.parametrize(
    ("estimator", "param", "needed"),
    [
        (SGDClassifier(random_state=0), "eta0", "learning_rate='constant'"),
        (make_pipeline(SGDClassifier(random_state=0)), "sgdclassifier__eta0", "'constant'"),
        (MLPClassifier((2,), solver="lbfgs", random_state=0), "learning_rate_init", "'adam'"),
        (SVC(kernel="linear"), "gamma", "kernel='rbf'"),
        (LogisticRegression(solver="lbfgs"), "intercept_scaling", "does LogisticRegression use"),
    ],
)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_a_parameter_that_is_switched_off_is_told_with_what_it_needs(estimator, param, needed):
    with pytest.warns(UserWarning, match=f"have the same score in every fold.*{needed}"):
        LRSearchCV(estimator, param, cv=2).fit(X, Y)


def test_a_grid_that_has_an_effect_hides_no_parameter_that_has_none():
    grid = {"alpha": [1e-4, 10.0]}
    search = LRSearchCV(SGDClassifier(random_state=0), "eta0", param_grid=grid, cv=2)
    with pytest.warns(UserWarning, match="learning_rate='constant'"):
        search.fit(X, Y)
    first = search.cv_results_["split0_test_score"]
    assert len(set(first[np.isfinite(first)])) == 2


def test_the_papers_search_keeps_the_random_state():
    paper = lrsearch.DigitSearch.paper(digits=1, epochs=1)
    search = LRSearchCV(sgd(random_state=0), "eta0", search=paper, cv=3).fit(X, Y)
    assert search.best_estimator_.random_state == 0
    assert search.best_params_ == {"eta0": search.rate_}
    plain = cross_validate(sgd(eta0=float(search.rate_)), X, Y, cv=3)["test_score"]
    assert search.best_score_ == np.mean(plain)


def worst(results):
    return int(np.argmin(results["mean_test_score"]))


def test_a_callable_refit_chooses_the_candidate_that_all_attributes_are_of():
    search = LRSearchCV(SVC(), "C", refit=worst, cv=3).fit(X, Y)
    assert search.rate_ != search.search_.rate
    assert search.best_params_["C"] == search.best_estimator_.C == search.rate_
    assert search.evidence_.rate == search.rate_
    assert f"{search.rate_} was chosen, and the scores speak for" in search.evidence_.sentence


def test_a_callable_refit_may_choose_in_another_points_search():
    grid = {"fit_intercept": [True, False]}
    search = ridge(param_grid=grid, search=one_round("1", "0.1"), refit=worst)
    assert search.best_params_["fit_intercept"] is False
    assert search.search_ is search.searches_[1]


class OneAtMost(LogisticRegression):
    """A classifier that fails above 1 and is best there."""

    def __init__(self, share=1.0):
        super().__init__()
        self.share = share

    def fit(self, X, y):
        if self.share > 1:
            raise ValueError(f"share has to be 1 at most, got {self.share}")
        self.C = self.share / 100
        return super().fit(X, y)


# Bad input ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("estimator", "options", "message"),
    [
        (Ridge(), {"param": "eta0"}, "Invalid parameter 'eta0' for estimator Ridge"),
        (SVC(), {"param": "kernel"}, r"param='kernel' .* whose value is 'rbf'"),
        (Ridge(), {"param": "fit_intercept"}, r"param='fit_intercept' .* whose value is True"),
        (SVC(), {"param": "max_iter"}, r"param='max_iter' .* whose value is -1"),
        (
            make_pipeline(SVC()),
            {"param": "svc__degree"},
            r"param='svc__degree' .* whose value is 3",
        ),
        (Ridge(), {"cv": KFold(3, shuffle=True)}, "cv=KFold.*shuffle=True"),
        (Ridge(), {"resource": "epochs"}, "resource='epochs' which is not supported"),
        (Ridge(), {"resource": "tol"}, "resource='tol' .* integer .* whose value is 0.0001"),
        (Ridge(), {"resource": "alpha"}, "'alpha' as the resource .* searched"),
        (Ridge(), {"resource": "max_iter"}, "max_resource .* got None, and max_iter=None"),
        (Ridge(), {"max_resource": 5}, "max_resource=5 needs resource="),
        (Ridge(), {"budget": 5}, "budget=5 needs resource="),
        (Ridge(), {"truncated": True}, "truncated=True needs resource="),
        (
            sgd(),
            {"param": "eta0", "resource": "max_iter", "truncated": True, "resume": True},
            "truncated=True .* resume=True",
        ),
        (Ridge(), {"resume": True}, "resume=True needs resource="),
        (
            Ridge(),
            {"resume": True, "resource": "max_iter"},
            r"partial_fit, got Ridge\(\)",
        ),
        (Ridge(), {"resource": "max_iter", "max_resource": 50, "budget": 55}, "budget=55 .* 60"),
        (Ridge(), {"budget": 50, "search": one_round("1")}, "budget=50 .* search=GridSearch"),
        (Ridge(), {"search": lrsearch.DigitRace(50, 20)}, "search=DigitRace .* resource="),
        (Ridge(), {"param_grid": {"alpha": [1.0]}}, r"'alpha' cannot be in param_grid.* 1\.0"),
        (Ridge(), {"search": "digits"}, "'search' parameter of LRSearchCV.* Got 'digits'"),
        (Ridge(), {"X_test": [[1.0]]}, "X_test needs directory="),
        (Ridge(), {"max_resource": 0}, "'max_resource' parameter of LRSearchCV.* Got 0"),
    ],
)
def test_bad_input_is_named(estimator, options, message):
    options = {"param": "alpha" if isinstance(estimator, Ridge) else "C", **options}
    with pytest.raises(ValueError, match=message):
        LRSearchCV(estimator, **options).fit(*DIABETES)


def test_all_candidates_failing():
    with (
        pytest.warns(FitFailedWarning),
        pytest.raises(ValueError, match=r"(?s)No value of 'C' could be fitted, tried 1, 0.1.*must"),
    ):
        LRSearchCV(SVC(kernel="none"), "C", search=one_round("1", "0.1")).fit(X, Y)
    with pytest.raises(ValueError, match="'kernel' parameter of SVC"):
        LRSearchCV(SVC(kernel="none"), "C", error_score="raise").fit(X, Y)


@pytest.mark.parametrize("check", [check_estimators_nan_inf, check_dtype_object])
@pytest.mark.filterwarnings("ignore")
def test_bad_data_is_told_in_the_estimators_own_words(check):
    """Checks of scikit-learn that GridSearchCV passes."""
    estimator = SGDClassifier(learning_rate="constant", eta0=0.1)
    check("GridSearchCV", GridSearchCV(estimator, {"eta0": [0.1, 1.0]}))
    check("LRSearchCV", LRSearchCV(estimator, "eta0"))
    check("LRSearchCV", LRSearchCV(estimator, "eta0", resource="max_iter", max_resource=20))


@pytest.mark.parametrize("options", [{}, {"refit": False}, {"resource": "max_iter"}])
@pytest.mark.filterwarnings("ignore")
def test_nan_in_the_data_is_named(options):
    data = X.copy()
    data[3, 0] = np.nan
    with pytest.raises(ValueError, match="Input X contains NaN"):
        LRSearchCV(sgd(max_iter=20, eta0=0.1), "eta0", cv=3, **options).fit(data, Y)


def test_scores_that_are_not_numbers():
    def scoring(estimator, X, y):
        return float("nan")

    search = LRSearchCV(Ridge(), "alpha", search=one_round("1"), scoring=scoring)
    with pytest.raises(ValueError, match=r"No value of 'alpha' has a finite .* tried 1 \(nan\)"):
        search.fit(*DIABETES)


def test_one_score_that_is_no_number_is_only_the_worst():
    def scoring(estimator, X, y):
        return float("nan") if estimator.alpha == 1 else -estimator.alpha

    search = LRSearchCV(Ridge(), "alpha", search=one_round("1", "0.1"), scoring=scoring)
    with pytest.warns(UserWarning, match="test scores are non-finite"):
        search.fit(*DIABETES)
    assert search.rate_ == 0.1
    assert search.search_.trials[0].state == "diverged"


def test_a_splitter_that_changes_is_asked_once():
    class Changing:
        calls = 0

        def get_n_splits(self, X=None, y=None, groups=None):
            return 2

        def split(self, X, y=None, groups=None):
            self.calls += 1
            order = np.random.default_rng(self.calls).permutation(len(X))
            yield order[::2], order[1::2]
            yield order[1::2], order[::2]

    splitter = Changing()
    ridge(cv=splitter)
    assert splitter.calls == 1


def test_scores_are_those_of_cross_validate():
    search = ridge(cv=KFold(4), search=lrsearch.GapSearch(epochs=1))
    for params, mean in zip(
        search.cv_results_["params"], search.cv_results_["mean_test_score"], strict=True
    ):
        plain = cross_validate(Ridge(**params), *DIABETES, cv=KFold(4))["test_score"]
        assert mean == np.mean(plain)


# The package ----------------------------------------------------------------------------------


def test_without_scikit_learn_the_error_says_how_to_get_it():
    code = (
        "import sys\nsys.modules['sklearn'] = None\n"
        "try:\n    import lrsearch_sklearn\n"
        "except ImportError as error:\n    print(error)\n"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert 'pip install "lrsearch[sklearn]"' in shown.stdout


@pytest.mark.parametrize(
    "module",
    [name.name for name in pkgutil.iter_modules(lrsearch_sklearn.__path__)],
)
def test_examples_in_the_documentation_run(module):
    found = doctest.testmod(importlib.import_module(f"lrsearch_sklearn.{module}"))
    assert found.failed == 0

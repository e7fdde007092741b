"""What a fit leaves in its directory, and how a killed one goes on."""

import csv
import subprocess
import sys
import textwrap

import numpy as np
import pytest
import skops.io
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression, SGDClassifier

import lrsearch
from lrsearch_sklearn import LRSearchCV

X, Y = load_iris(return_X_y=True)
RATES = lrsearch.GridSearch(["0.0001", "0.001", "0.01", "0.1"], epochs=1)


def sgd(**changes):
    return SGDClassifier(**{"learning_rate": "constant", "random_state": 0, **changes})


def load(path):
    return skops.io.load(path, trusted=skops.io.get_untrusted_types(file=path))


def predictions(path):
    with path.open(newline="") as file:
        return [row["prediction_0"] for row in csv.DictReader(file)]


def columns(search):
    return {name: col for name, col in search.cv_results_.items() if "time" not in name}


def same(first, second):
    assert first.keys() == second.keys()
    for name, column in first.items():
        np.testing.assert_array_equal(second[name], column, err_msg=name)


def test_the_best_estimator_and_its_predictions_are_stored(tmp_path):
    folder = tmp_path / "a" / "run"
    names = np.array(["setosa", "versicolor", "virginica"])[Y]
    search = LRSearchCV(sgd(), "eta0", search=RATES, directory=folder, X_test=X[::10])
    search.fit(X, names)
    stored = load(folder / "best_estimator.skops")
    np.testing.assert_array_equal(stored.predict(X), search.predict(X))
    assert predictions(folder / "best_predictions.csv") == list(search.predict(X[::10]))
    assert (folder / "trials.csv").read_text().count("\n") == 1 + 4
    assert "GridSearch" in (folder / "summary.json").read_text()


def test_both_are_stored_after_each_best_so_far(tmp_path):
    seen = []

    def scoring(estimator, X, y):
        path = tmp_path / "best_estimator.skops"
        seen.append(load(path).C if path.exists() else None)
        return estimator.C

    search = LRSearchCV(
        LogisticRegression(max_iter=20), "C", search=RATES, cv=2, scoring=scoring,
        directory=tmp_path, X_test=X,
    )  # fmt: skip
    search.fit(X, Y)
    assert seen == [None, None, 0.0001, 0.0001, 0.001, 0.001, 0.01, 0.01]
    assert load(tmp_path / "best_estimator.skops").C == 0.1


def test_nothing_is_pickled(tmp_path):
    LRSearchCV(sgd(), "eta0", search=RATES, directory=tmp_path).fit(X, Y)
    assert {path.suffix for path in tmp_path.iterdir()} <= {
        ".db", ".json", ".csv", ".skops", ".html",
    }  # fmt: skip


def test_without_refit_no_estimator_is_stored(tmp_path):
    search = LRSearchCV(sgd(), "eta0", search=RATES, directory=tmp_path, refit=False)
    search.fit(X, Y)
    assert not (tmp_path / "best_estimator.skops").exists()
    assert (tmp_path / "study.db").exists()


def test_a_finished_fit_is_not_done_again(tmp_path):
    calls = []

    def scoring(estimator, X, y):
        calls.append(estimator)
        return estimator.score(X, y)

    options = {"directory": tmp_path, "scoring": scoring, "cv": 3}
    first = LRSearchCV(sgd(), "eta0", **options).fit(X, Y)
    again = len(calls) - sum(first.cv_results_["folds"])
    assert 0 < again < 3  # scikit-learn sees one candidate whole, folds known before included
    calls.clear()
    again = LRSearchCV(sgd(), "eta0", **options).fit(X, Y)
    assert len(calls) == 3  # the best candidate once more, by scikit-learn's rules
    same(columns(first), columns(again))
    assert first.best_params_ == again.best_params_


KILLED = """
import os, signal, sys
import numpy as np
from sklearn.datasets import load_iris
from sklearn.linear_model import SGDClassifier
from lrsearch_sklearn import LRSearchCV

left = int(sys.argv[2])

def scoring(estimator, X, y):
    global left
    print("scored", flush=True)
    left -= 1
    if left < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return estimator.score(X, y)

X, y = load_iris(return_X_y=True)
estimator = SGDClassifier(learning_rate="constant", random_state=0, max_iter=12, tol=None)
search = LRSearchCV(
    estimator, "eta0", cv=3, directory=sys.argv[1], scoring=scoring, {options}
)
search.fit(X, y)
results = {{k: np.asarray(v).tolist() for k, v in search.cv_results_.items() if "time" not in k}}
print("results", repr(results))
print("best", search.best_params_)
"""


def run_until_killed(folder, most, options):
    code = KILLED.format(options=options)
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", textwrap.dedent(code), str(folder), str(most)],
        capture_output=True,
        text=True,
        check=False,
    )
    lines = done.stdout.splitlines()
    scored = lines.count("scored") - (done.returncode == -9)
    return scored, [line for line in lines if line != "scored"], done


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is of POSIX")
@pytest.mark.parametrize(
    ("options", "most"),
    [
        ("", 20),
        ("resource='max_iter', max_resource=32", 18),
        ("resource='max_iter', budget=70", 30),
        ("param_grid={'alpha': [0.1, 0.2]}", 40),
    ],
)
def test_a_killed_fit_goes_on_and_ends_as_if_nothing_had_been(tmp_path, options, most):
    whole, results, done = run_until_killed(tmp_path / "whole", 10**9, options)
    assert done.returncode == 0, done.stderr
    first, nothing, done = run_until_killed(tmp_path / "killed", most, options)
    assert done.returncode == -9
    assert nothing == []
    second, resumed, done = run_until_killed(tmp_path / "killed", 10**9, options)
    assert done.returncode == 0, done.stderr
    assert resumed == results
    assert whole <= first + second < whole + 6  # a candidate in hand, and one for scikit-learn


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is of POSIX")
def test_a_killed_fit_with_checkpoints_goes_on(tmp_path):
    options = "resource='max_iter', budget=70, resume=True"
    _, nothing, done = run_until_killed(tmp_path, 90, options)
    assert done.returncode == -9
    assert nothing == []
    _, resumed, done = run_until_killed(tmp_path, 10**9, options)
    assert done.returncode == 0, done.stderr
    assert "'max_iter': 12" in resumed[-1]


@pytest.mark.parametrize("what", ["data", "splits", "weights"])
def test_a_directory_of_another_fit_is_left_alone(tmp_path, what):
    LRSearchCV(sgd(), "eta0", search=RATES, directory=tmp_path, cv=3).fit(X, Y)
    before = (tmp_path / "study.db").read_bytes()
    search = LRSearchCV(sgd(), "eta0", search=RATES, directory=tmp_path, cv=3)
    data, params = X, {}
    if what == "data":
        data = X + 1
    elif what == "splits":
        search.set_params(cv=4)
    else:
        params = {"sample_weight": np.ones(len(Y))}
    with pytest.raises(ValueError, match=r"directory=.* belongs to a fit with other data"):
        search.fit(data, Y, **params)
    assert (tmp_path / "study.db").read_bytes() == before


def test_another_search_in_the_same_directory_is_an_error_that_shows_both(tmp_path):
    LRSearchCV(sgd(), "eta0", search=RATES, directory=tmp_path, cv=3).fit(X, Y)
    other = lrsearch.GridSearch(["0.5"], epochs=1)
    with pytest.raises(lrsearch.StudyError, match=r"(?s)rates .*stored .*given .*0.5"):
        LRSearchCV(sgd(), "eta0", search=other, directory=tmp_path, cv=3).fit(X, Y)


def test_a_changed_budget_in_a_directory_says_what_to_do(tmp_path):
    options = {"resource": "max_iter", "max_resource": 5, "directory": tmp_path, "cv": 3}
    LRSearchCV(sgd(), "eta0", budget=20, **options).fit(X, Y)
    with pytest.raises(
        lrsearch.StudyError, match=r"(?s)budget .*stored 15, given 16.*a directory of"
    ):
        LRSearchCV(sgd(), "eta0", budget=21, **options).fit(X, Y)


def test_without_skops_the_error_says_how_to_get_it(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "skops.io", None)
    with pytest.raises(ImportError, match=r'pip install "lrsearch\[sklearn\]"'):
        LRSearchCV(sgd(), "eta0", search=RATES, directory=tmp_path).fit(X, Y)

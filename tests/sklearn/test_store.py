"""A fit's directory serves that fit alone, in one process at a time, and says what is damaged."""

import json
import os
import random
import shutil
import subprocess
import sys
import textwrap
import warnings

import joblib
import numpy as np
import pytest
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures, StandardScaler

import lrsearch
from lrsearch_sklearn import LRSearchCV

TORTURE = os.environ.get("LRSEARCH_TORTURE") == "1"
X, Y = load_iris(return_X_y=True)
RATES = lrsearch.GridSearch(["0.001", "0.01", "0.1"], epochs=1)


def searched(directory, estimator=None, param="C", **options):
    estimator = LogisticRegression(max_iter=20) if estimator is None else estimator
    return LRSearchCV(
        estimator, param, **{"search": RATES, "cv": 2, "directory": directory, **options}
    )


def polynomial(degree):
    """A pipeline whose repr scikit-learn cuts, the degree with it."""
    before, after = ([StandardScaler(with_std=True, copy=True)] * 12 for _ in range(2))
    return make_pipeline(
        *before, PolynomialFeatures(degree), *after, LogisticRegression(max_iter=5)
    )


class Shifted(TransformerMixin, BaseEstimator):
    """A parameter that is an array, of which NumPy shows the ends."""

    def __init__(self, values):
        self.values = values

    def fit(self, X, y=None):
        return self

    def transform(self, X):
        return X + self.values[1000]


def shifted(by):
    values = np.zeros(2000)
    values[1000] = by
    return make_pipeline(Shifted(values), LogisticRegression(max_iter=20))


@pytest.mark.parametrize("changed", [polynomial, shifted])
def test_scores_of_another_estimator_are_not_taken(tmp_path, changed):
    one, other = changed(1), changed(3)
    assert str(one) == str(other)
    names = {"param": "logisticregression__C"}
    with warnings.catch_warnings(action="ignore"):
        searched(tmp_path, one, **names).fit(X, Y)
    with pytest.raises(ValueError, match="belongs to a fit with other data, splits, scoring or"):
        searched(tmp_path, other, **names).fit(X, Y)


def in_a_process(code, seed, *arguments):
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code), *arguments],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "PYTHONHASHSEED": seed},
        capture_output=True,
        text=True,
    )


SCRIPT = """
    import sys, warnings
    from functools import partial
    from sklearn.datasets import load_iris
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import fbeta_score, make_scorer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer
    import lrsearch
    from lrsearch_sklearn import LRSearchCV
    sys.modules["matplotlib"] = None
    def own(estimator, X, y):
        return estimator.score(X, y)
    class Scorer:
        def __init__(self):
            self.weigh = lambda score: score / 2
        def __call__(self, estimator, X, y):
            return self.weigh(estimator.score(X, y))
    scorings = [own, lambda estimator, X, y: estimator.score(X, y), Scorer(),
                {"own": own, "f": make_scorer(fbeta_score, beta=2, average="macro")}]
    X, y = load_iris(return_X_y=True)
    steps = make_pipeline(FunctionTransformer(lambda X: X + 1), LogisticRegression(max_iter=9))
    warnings.simplefilter("ignore")
    for number, scoring in enumerate(scorings):
        search = lrsearch.GridSearch(["0.1", "1"], epochs=1)
        LRSearchCV(steps, "logisticregression__C", search=search, cv=2, scoring=scoring,
                   refit=False, directory=f"{sys.argv[1]}/{number}").fit(X, y)
        print(number)
"""


def test_the_same_script_is_the_same_fit_whatever_its_functions_addresses_are(tmp_path):
    for seed in "12":
        told = in_a_process(SCRIPT, seed, str(tmp_path))
        assert told.stdout.split() == ["0", "1", "2", "3"], told.stderr


FUNCTIONS = """
    from functools import partial
    from sklearn.metrics import make_scorer
    from lrsearch_sklearn.fingerprint import fingerprint
    def holds(held, default=1, *, only=1):
        return lambda estimator, X, y, default=default, *, only=only: held
    def calls(itself):
        def again(number):
            return again(number - 1) if itself else late
        if not again:
            late = 1
        return again
    def imports():
        import numpy, json
        return lambda: numpy, lambda: json
    def tells(shift):
        class Scorer:
            def __init__(self):
                self.weigh = lambda score: score + shift
            def score(self, estimator, X, y):
                return shift
        return Scorer()
    functions = [
        lambda e, X, y: 1, lambda e, X, y: 2, lambda e, X, y: 1.0, lambda e, X, y: True,
        lambda e, X, y: e.score(X, y), lambda e, X, y: e.predict(X, y),
        lambda e: e in {"some", "words", "more"}, lambda e: e in {"some", "words", "other"},
        lambda e: [lambda: part + 1 for part in e], lambda e: [lambda: part + 2 for part in e],
        lambda e: e, lambda *e: e,
        holds(1), holds(2), holds(1, 2), holds(1, only=2),
        holds(frozenset("abcdefgh")), holds(set("abcdefgi")),
        holds(holds(1)), holds(holds(2)), calls(True), calls(False), *imports(),
        make_scorer(lambda y, p: 1), make_scorer(lambda y, p: 2),
        partial(lambda e, X, y: 1), partial(lambda e, X, y: 2),
        tells(1), tells(2), tells(1).score, tells(2).score,
    ]
    print(*map(fingerprint, functions))
"""


def test_functions_of_one_name_count_by_what_they_do_the_same_in_every_process():
    one, other = (in_a_process(FUNCTIONS, seed) for seed in "12")
    marks = one.stdout.split()
    assert len(marks) == len(set(marks)) == 32, one.stderr
    assert marks == other.stdout.split()


def test_scores_of_another_lambda_are_not_taken(tmp_path):
    def weighed(weight):
        return lambda estimator, X, y: weight * estimator.score(X, y)

    for _ in range(2):
        searched(tmp_path, scoring=weighed(1)).fit(X, Y)
    with pytest.raises(ValueError, match="belongs to a fit with other data, splits, scoring or"):
        searched(tmp_path, scoring=weighed(-1)).fit(X, Y)


@pytest.mark.parametrize("backend", ["loky", "multiprocessing", "threading"])
@pytest.mark.parametrize("resume", [False, True])
def test_every_kind_of_worker_serves_with_a_directory_and_with_resume(tmp_path, backend, resume):
    estimator = SGDClassifier(learning_rate="constant", max_iter=4, tol=None, random_state=0)
    options = (
        {"resource": "max_iter", "resume": True, "search": lrsearch.DigitRace(12, 4)}
        if resume
        else {}
    )
    alone = searched(None, estimator, "eta0", **options).fit(X, Y)
    with joblib.parallel_backend(backend):
        search = searched(tmp_path, estimator, "eta0", n_jobs=2, **options).fit(X, Y)
    assert search.rate_ == alone.rate_
    np.testing.assert_array_equal(
        search.cv_results_["mean_test_score"], alone.cv_results_["mean_test_score"]
    )


def test_a_second_fit_in_the_directory_is_refused_and_told_who_has_it(tmp_path):
    refused = []

    def scoring(estimator, X, y):
        code = "import sys; from tests.sklearn.test_store import *; searched(sys.argv[1]).fit(X, Y)"
        told = subprocess.run(
            [sys.executable, "-c", code, str(tmp_path)],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            text=True,
        )
        refused.append(told.stderr.splitlines()[-1])
        return 0.5

    one = lrsearch.GridSearch(["0.1"], epochs=1)
    split = [(np.arange(0, 150, 2), np.arange(1, 150, 2))]
    searched(tmp_path, search=one, scoring=scoring, cv=split, refit=False).fit(X, Y)
    assert f"{tmp_path} is in use by process {os.getpid()} on" in refused[0]
    assert "give this fit a directory of its own" in refused[0]
    assert not (tmp_path / "run-owner.json").exists()


def test_a_study_that_cannot_be_closed_keeps_neither_the_others_nor_the_directory(tmp_path):
    for name in ("study-0.db", "study-1.db"):
        folder = tmp_path / name[:-3]

        def moves(estimator, X, y, path=folder / name):
            if path.exists():
                path.rename(tmp_path / path.name)
            return 0.5

        search = searched(folder, param_grid={"max_iter": [5, 6]}, scoring=moves)
        with pytest.raises(lrsearch.StudyError, match=name):
            search.fit(X, Y)
        assert not (folder / "owner.json").exists()
        (other,) = folder.glob("study-?.db")
        with lrsearch.Study.open(other) as study:
            assert {record.state for record in study.trials} <= {"released", "complete"}


def scoring(estimator, X, y):
    return float(estimator.get_params()["var_smoothing"])


def columns(search):
    return {name: list(col) for name, col in search.cv_results_.items() if "time" not in name}


def test_damaged_scores_are_found_out_or_trained_again(tmp_path, monkeypatch):
    """Each file cut off, flipped, emptied, swapped with another or removed."""
    monkeypatch.setitem(sys.modules, "matplotlib", None)

    def fit(folder):
        return searched(folder, GaussianNB(), "var_smoothing", scoring=scoring).fit(X, Y)

    whole = tmp_path / "whole"
    expected = columns(fit(whole))
    draw, wrong, cases = random.Random(0), [], []
    for name in ("folds.json", "study.db", "summary.json"):
        content = (whole / name).read_bytes()
        cases += [(name, None), (name, b""), (name, b"{}"), (name, b"[]"), (name, b"\xff")]
        for place in (draw.randrange(len(content)) for _ in range(60 if TORTURE else 6)):
            cases.append((name, content[:place]))
            flipped = bytearray(content)
            flipped[place] ^= 1 << draw.randrange(8)
            cases.append((name, bytes(flipped)))
    cases.append(("folds.json", (whole / "summary.json").read_bytes()))
    for number, (name, content) in enumerate(cases):
        folder = shutil.copytree(whole, tmp_path / "copy")
        if content is None:
            (folder / name).unlink()
        else:
            (folder / name).write_bytes(content)
        try:
            if columns(fit(folder)) != expected:
                wrong.append(f"{number} {name}: silently different")
        except (ValueError, lrsearch.StudyError) as error:
            if str(folder / name) not in str(error):
                wrong.append(f"{number} {name}: {error!r}")
        except Exception as error:  # whatever else it raises
            wrong.append(f"{number} {name}: raw {error!r}")
        shutil.rmtree(folder)
    assert not wrong, "\n".join(wrong)


def test_the_folder_of_an_older_version_is_called_that(tmp_path):
    searched(tmp_path).fit(X, Y)
    path = tmp_path / "folds.json"
    stored = json.loads(path.read_text())
    del stored["crc32"]
    path.write_text(json.dumps(stored) + "\n")
    with pytest.raises(ValueError, match=r"an older version of lrsearch wrote .*folds.json: go on"):
        searched(tmp_path).fit(X, Y)
    assert json.loads(path.read_text()) == stored
    assert not (tmp_path / "owner.json").exists()


class FailsFrom(SGDClassifier):
    """Its fit fails where the rate is so large."""

    def __init__(self, limit=1.0, learning_rate="constant", eta0=0.01, max_iter=100, tol=None,
                 random_state=0):  # fmt: skip
        super().__init__(
            learning_rate=learning_rate, eta0=eta0, max_iter=max_iter, tol=tol,
            random_state=random_state,
        )  # fmt: skip
        self.limit = limit

    def fit(self, X, y):
        if self.eta0 >= self.limit:
            raise ValueError("the rate is too large")
        return super().fit(X, y)


def failing(directory, limit):
    with warnings.catch_warnings(action="ignore"):
        return searched(
            directory, FailsFrom(limit), "eta0", resource="max_iter", search=None
        ).fit(X, Y)  # fmt: skip


def test_a_decade_that_fails_its_look_is_charged_the_look_and_the_fit_goes_on(tmp_path):
    first = failing(tmp_path, limit=1.0)
    spent = {float(t.rate): (t.state, t.spent) for t in first.search_.trials}
    assert spent[1.0] == spent[10.0] == ("diverged", 7)
    assert first.search_.spent == sum(first.cv_results_["n_resources"])
    again = columns(failing(tmp_path, limit=1.0))
    assert again.keys() == columns(first).keys()
    for name, column in again.items():
        np.testing.assert_array_equal(column, columns(first)[name], err_msg=name)


def test_where_every_decade_fails_its_look_the_fit_says_so_each_time(tmp_path):
    for _ in range(2):
        with pytest.raises(ValueError, match=r"No value of 'eta0' could be fitted(?s:.*)too large"):
            failing(tmp_path, limit=0.0)

"""What LRSearchCV costs over a plain loop of ``cross_validate`` over the same rates.

Run with ``nox -s bench``. Both sides are measured in turns in one process, in seconds of the CPU,
so that neither a slower machine nor other work on it favours one.
"""

import statistics
import time
import warnings

import numpy as np
import pytest

pytest.importorskip("sklearn")

from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.linear_model import SGDClassifier
from sklearn.model_selection import StratifiedKFold, cross_validate
from sklearn.neural_network import MLPClassifier
from threadpoolctl import threadpool_limits

import lrsearch
from lrsearch_sklearn import LRSearchCV

X, Y = load_digits(return_X_y=True)
CV = StratifiedKFold(3)
TURNS = 7
CASES = {
    "MLP": (MLPClassifier((8,), max_iter=3, random_state=0), "learning_rate_init"),
    "SGD": (SGDClassifier(learning_rate="constant", max_iter=5, random_state=0), "eta0"),
}


def searched(estimator, param):
    given = lrsearch.DigitSearch(digits=1, epochs=1)
    return LRSearchCV(estimator, param, search=given, cv=CV, refit=False).fit(X, Y)


def looped(estimator, param, rates):
    scores = []
    for rate in rates:
        candidate = clone(estimator).set_params(**{param: rate})
        scores.append(np.mean(cross_validate(candidate, X, Y, cv=CV)["test_score"]))
    return scores


def cpu_seconds(call):
    begun = time.process_time()
    call()
    return time.process_time() - begun


@pytest.mark.parametrize("name", CASES)
def test_a_search_costs_at_most_3_percent_more_than_a_loop(benchmark, name):
    estimator, param = CASES[name]
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        search = searched(estimator, param)
        rates = search.cv_results_[f"param_{param}"]
        assert looped(estimator, param, rates) == list(search.cv_results_["mean_test_score"])
        ours, theirs = [], []
        for _ in range(TURNS):
            ours.append(cpu_seconds(lambda: searched(estimator, param)))
            theirs.append(cpu_seconds(lambda: looped(estimator, param, rates)))
        ratio = statistics.median(np.divide(ours, theirs))
        benchmark.extra_info |= {"ours_s": min(ours), "loop_s": min(theirs), "ratio": ratio}
        benchmark.pedantic(searched, (estimator, param), rounds=1)
    print(f"\n{name}: {len(rates)} rates, {min(ours):.3f} s, {ratio:.3f} of the plain loop")
    assert ratio <= 1.03

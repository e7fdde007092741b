"""scikit-learn's own checks of estimators, with the failures that it expects of GridSearchCV."""

import pytest
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline
from sklearn.utils._test_common.instance_generator import PER_ESTIMATOR_XFAIL_CHECKS
from sklearn.utils.estimator_checks import parametrize_with_checks

import lrsearch
from lrsearch_sklearn import LRSearchCV

pytestmark = pytest.mark.filterwarnings("ignore")

RAISING = {"cv": 2, "error_score": "raise"}
TWO = {"search": lrsearch.GridSearch(["0.1", "1"], epochs=1), **RAISING}
RACE = {"resource": "max_iter", "max_resource": 20, "budget": 60, **RAISING}


def pipeline(name, estimator):
    return Pipeline([("pca", PCA()), (name, estimator)])


# The first four are those that scikit-learn checks GridSearchCV with.
SEARCHES = [
    LRSearchCV(Ridge(), "alpha", **TWO),
    LRSearchCV(LogisticRegression(), "C", **TWO),
    LRSearchCV(pipeline("ridge", Ridge()), "ridge__alpha", **TWO),
    LRSearchCV(pipeline("logistic", LogisticRegression()), "logistic__C", **TWO),
    LRSearchCV(Ridge(), "alpha", **RAISING),
    LRSearchCV(LogisticRegression(), "C", **RACE),
]


@parametrize_with_checks(
    SEARCHES, expected_failed_checks=lambda search: PER_ESTIMATOR_XFAIL_CHECKS[GridSearchCV]
)
def test_estimator_passes_sklearns_checks(estimator, check):
    check(estimator)

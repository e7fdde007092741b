"""scikit-learn's own tests of its search classes, run against LRSearchCV.

Each test function of the installed `sklearn.model_selection.tests.test_search` is run as it is,
with one name changed: where it says ``GridSearchCV(estimator, param_grid, ...)``, it gets an
LRSearchCV over the very same values, by a `lrsearch.GridSearch` of the first numeric parameter and
`param_grid` for the others. `DOES_NOT_APPLY` names every function that is left out, with the
reason.
"""

import inspect
import itertools
import types
from numbers import Real

import pytest
import sklearn
from sklearn import config_context
from sklearn.model_selection import GridSearchCV
from sklearn.model_selection._search import BaseSearchCV
from sklearn.model_selection._split import _yields_constant_splits
from sklearn.model_selection.tests import test_search as theirs
from sklearn.tests import test_metaestimators as metaestimators
from sklearn.tests import test_metaestimators_metadata_routing as routing

import lrsearch
from lrsearch_sklearn import LRSearchCV
from lrsearch_sklearn.checks import check_param

NO_SEARCH = "it makes no search that is fitted: it is about lists of candidates, or a base class"
RANDOM = "it is about values drawn at random"
COLUMNS = "it asserts that cv_results_ has no columns of a search's own: LRSearchCV adds round, \
digit and trial"
TWICE = "it gives the same value several times: a search of rates evaluates a rate once"
ROUNDS = "it counts the tasks that callbacks see: LRSearchCV has one more for each round, as \
halving has; test_search_cv.py counts them"
NOT_FINITE = "no score in it is finite: LRSearchCV raises ValueError then, GridSearchCV warns"

DOES_NOT_APPLY = {
    "test_validate_parameter_input": NO_SEARCH,
    "test_parameter_grid": NO_SEARCH,
    "test_param_sampler": NO_SEARCH,
    "test_parameters_sampler_replacement": NO_SEARCH,
    "test__custom_fit_no_run_search": NO_SEARCH,
    "test_yield_masked_array_for_each_param": NO_SEARCH,
    "test_yield_masked_array_no_runtime_warning": NO_SEARCH,
    "test_random_search_cv_results": RANDOM,
    "test_random_search_cv_results_multimetric": RANDOM,
    "test_search_with_2d_array": RANDOM,
    "test_grid_search_cv_results": COLUMNS,
    "test_custom_run_search": COLUMNS,
    "test_grid_search_classifier_all_fits_fail": TWICE,
    "test_callable_multimetric_clf_all_fits_fail": TWICE,
    "test_grid_search_cv_splits_consistency": TWICE,
    "test_search_callbacks_no_propagation": ROUNDS,
    "test_search_callbacks_propagation": ROUNDS,
    "test_unsupported_sample_weight_scorer": NOT_FINITE,
    "test_search_cv_results_none_param": NOT_FINITE,
    "test_grid_search_bad_param_grid": "it asserts what a grid's own errors say",
    "test_search_html_repr": "its estimator has no number to search; test_search_cv.py has one",
    "test_search_callbacks_with_partial_fit_failures": "its estimator has no number to search",
}


def numeric(values):
    return not isinstance(values, str) and all(
        isinstance(value, Real) and not isinstance(value, bool) for value in values
    )


def searchable(estimator, param, values, point):
    """Whether LRSearchCV takes the parameter."""
    if param.endswith("max_iter"):
        return False
    try:
        check_param(estimator, param, [lrsearch.Rate(float(value)) for value in values], point)
    except (ValueError, TypeError):
        return False
    return True


BUILT = []
"""The parameters of the searches built so far, so that a test that builds none is noticed."""

NEUTRAL = {"ccp_alpha": 1e-9, "p": 2.0, "foo_param": 1.0}
"""Numbers to search over, for estimators whose parameters are zero or integers."""


def in_place_of_grid(estimator, param_grid, **options):
    """LRSearchCV over the values that a test gives GridSearchCV.

    Where the grid has no positive number, all of it is `param_grid`, and the first positive number
    that the estimator has is searched over its present value.
    """
    grids = [dict(grid) for grid in ([param_grid] if isinstance(param_grid, dict) else param_grid)]
    choices = {}
    if len(grids) == 1:
        point = {name: values[0] for name, values in grids[0].items() if not numeric(values)}
        choices = {n: v for n, v in grids[0].items() if searchable(estimator, n, v, point)}
    if not choices:
        present = estimator.get_params()
        present |= {name: value for name, value in NEUTRAL.items() if name in present}
        choices = {
            name: [value]
            for name, value in present.items()
            if isinstance(value, float) and value > 0 and searchable(estimator, name, [value], {})
        }
    if not choices:  # an estimator without parameters, for a test that does not fit
        choices = grids[0]
    param, values = next(iter(choices.items()))
    grids[0].pop(param, None)
    BUILT.append(param)
    if not _yields_constant_splits(options.get("cv")):
        options["cv"].random_state = 0  # as LRSearchCV asks of its users
    search = lrsearch.GridSearch([float(value) for value in values], epochs=1)
    grid = [grid for grid in grids if grid]
    return LRSearchCV(estimator, param, search=search, param_grid=grid or None, **options)


OTHER = object()


def own(value):
    """A test's argument with GridSearchCV exchanged; OTHER for another search class."""
    if value is GridSearchCV:
        return in_place_of_grid
    if isinstance(value, GridSearchCV):
        return in_place_of_grid(**value.get_params(deep=False))
    other = isinstance(value, BaseSearchCV)
    return (
        OTHER if other or (isinstance(value, type) and issubclass(value, BaseSearchCV)) else value
    )


def cases(function):
    """The arguments that a test function is parametrised with."""
    choices = []
    for mark in getattr(function, "pytestmark", ()):
        if mark.name == "parametrize":
            names, values = mark.args
            names = [n.strip() for n in names.split(",")] if isinstance(names, str) else names
            rows = [getattr(row, "values", row) for row in values]
            rows = [row if len(names) > 1 else (row,) for row in rows]
            rows = [dict(zip(names, map(own, row), strict=True)) for row in rows]
            choices.append([row for row in rows if not any(v is OTHER for v in row.values())])
    for chosen in itertools.product(*choices):
        yield {name: value for part in chosen for name, value in part.items()}


def in_place_of_random(estimator, param_distributions, n_iter=None, **options):
    """The same for RandomizedSearchCV over lists, in tests that have no GridSearchCV."""
    return in_place_of_grid(estimator, param_distributions, **options)


def exchanged(function):
    """The function with its search class exchanged."""
    names = {**function.__globals__, "GridSearchCV": in_place_of_grid}
    if "GridSearchCV" not in inspect.getsource(function):
        names["RandomizedSearchCV"] = in_place_of_random
    return types.FunctionType(
        function.__code__, names, function.__name__, function.__defaults__, function.__closure__
    )


FUNCTIONS = {
    name: function
    for name, function in vars(theirs).items()
    if name.startswith("test_") and inspect.isfunction(function)
}

CASES = {name: list(cases(FUNCTIONS[name])) for name in FUNCTIONS if name not in DOES_NOT_APPLY}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        pytest.param(name, case, id=f"{name}-{number}")
        for name, found in CASES.items()
        for number, case in enumerate(found)
    ],
)
def test_sklearns_own(name, arguments, capsys):
    function = FUNCTIONS[name]
    if "capsys" in inspect.signature(function).parameters:
        arguments = {**arguments, "capsys": capsys}
    BUILT.clear()
    exchanged(function)(**arguments)
    assert BUILT or any(isinstance(value, LRSearchCV) for value in arguments.values())


def test_every_function_is_run_or_has_a_reason():
    assert len(CASES) > 50
    assert all(CASES.values())
    if sklearn.__version__.startswith("1.9."):
        assert set(DOES_NOT_APPLY) <= set(FUNCTIONS)


ROUTING = [
    function
    for name, function in vars(routing).items()
    if name.startswith("test_") and "metaestimator" in inspect.signature(function).parameters
]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("function", ROUTING, ids=lambda function: function.__name__)
def test_sklearns_own_of_metadata_routing(function):
    like = next(m for m in routing.METAESTIMATORS if m["metaestimator"] is GridSearchCV)
    search = lrsearch.GridSearch(["0.1", "0.2"], epochs=1)
    ours = {"metaestimator": LRSearchCV, "init_args": {"param": "alpha", "search": search}}
    with config_context(enable_metadata_routing=True):
        function({**like, **ours})


def test_sklearns_own_of_delegation():
    function = metaestimators.test_metaestimator_delegation
    ours = metaestimators.DelegatorData(
        "LRSearchCV",
        lambda estimator: LRSearchCV(
            estimator, "param", search=lrsearch.GridSearch([5], epochs=1), cv=2
        ),
        skip_methods=["score"],
    )
    names = {**function.__globals__, "DELEGATING_METAESTIMATORS": [ours]}
    types.FunctionType(function.__code__, names)()

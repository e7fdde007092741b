"""Checks of what LRSearchCV is given, in scikit-learn's words."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral, Real
from typing import Any

from sklearn.base import clone
from sklearn.model_selection import ParameterGrid
from sklearn.model_selection._split import _yields_constant_splits
from sklearn.utils._param_validation import (
    InvalidParameterError,
    validate_parameter_constraints,
)

from lrsearch import Rate

__all__ = [
    "check_constant_splits",
    "check_options",
    "check_param",
    "check_resource",
    "grid_points",
    "remedy",
    "seeds",
]


def check_param(estimator: Any, param: str, rates: Sequence[Rate], point: dict[str, Any]) -> None:
    """Make sure that a parameter exists and takes positive numbers that are not whole.

    Parameters
    ----------
    estimator : estimator
        The one to search for.
    param : str
        The parameter's name, ``step__name`` for one of a nested estimator.
    rates : sequence of Rate
        Rates that will be tried. It suffices that the estimator takes one of them.
    point : dict
        Other parameters that are set with it.

    Raises
    ------
    ValueError
        If the estimator has no such parameter, or it is not a positive number; the message names
        the parameter and its value.
    """
    given = clone(estimator)
    if point:
        given.set_params(**clone(point, safe=False))
    params = given.get_params()
    if param not in params:
        raise ValueError(
            f"Invalid parameter {param!r} for estimator {given}. Valid parameters are: "
            f"{sorted(params)}."
        )
    value = params[param]
    refused = _refused(given, param, [float(rate) for rate in rates])
    if refused is None and _constraints(given, param) is None:
        positive = value is None or (isinstance(value, Real) and not isinstance(value, bool))
        refused = None if positive else f"it is a {type(value).__name__}"
    if refused is not None:
        raise ValueError(
            f"param={param!r} of LRSearchCV has to name a parameter of {given} that is a positive "
            f"number, got one whose value is {value!r}: {refused}"
        )


def check_resource(
    estimator: Any, resource: str, max_resource: int | None, taken: Sequence[str]
) -> int:
    """The resource's largest value, once it is sure that it is a parameter counted in integers.

    Parameters
    ----------
    estimator : estimator
        The one to search for.
    resource : str
        The name of the parameter that counts its epochs.
    max_resource : int or None
        The value of a full training; None for the estimator's own.
    taken : sequence of str
        Names of the parameters that are searched.

    Raises
    ------
    ValueError
        If it is no parameter of the estimator, not an integer, or searched itself.
    """
    name = type(estimator).__name__
    params = estimator.get_params()
    if resource not in params:
        raise ValueError(
            f"Cannot use resource={resource!r} which is not supported by estimator {name}"
        )
    if resource in taken:
        raise ValueError(
            f"Cannot use parameter {resource!r} as the resource since it is part of the searched "
            "parameters."
        )
    value = params[resource]
    integer = isinstance(value, Integral) and not isinstance(value, bool)
    most = value if max_resource is None else max_resource
    refused = _refused(estimator, resource, [1, 2 if most is None else int(most)])
    if refused is not None or not (integer or value is None):
        raise ValueError(
            f"resource={resource!r} of LRSearchCV has to name an integer parameter of {name}, got "
            f"one whose value is {value!r}" + ("" if refused is None else f": {refused}")
        )
    if most is None or most < 1:
        raise ValueError(
            f"max_resource has to be an integer above 0, got {max_resource!r}, and "
            f"{resource}={value!r} in {name}"
        )
    return int(most)


def check_options(search_cv: Any) -> None:
    """Make sure that options that need each other come together.

    Raises
    ------
    ValueError
        For `max_resource` or `resume` without `resource`, `resume` for an estimator without
        ``partial_fit``, and `X_test` without `directory`.
    """
    if search_cv.resource is None:
        for name in ("max_resource", "resume", "truncated"):
            value = getattr(search_cv, name)
            if value:
                raise ValueError(f"{name}={value} needs resource=, the parameter that it is about")
    if search_cv.resume and search_cv.truncated:
        raise ValueError(
            "truncated=True recommends what fit does with fewer epochs, and legs of resume=True go "
            "on by partial_fit: give one of the two"
        )
    if search_cv.resume and not hasattr(search_cv.estimator, "partial_fit"):
        raise ValueError(
            f"resume=True needs an estimator with partial_fit, got {search_cv.estimator}"
        )
    if search_cv.X_test is not None and search_cv.directory is None:
        raise ValueError("X_test needs directory=, where its predictions are written")


def check_constant_splits(cv: Any) -> None:
    """Make sure that a splitter yields the same splits whenever it is asked.

    Raises
    ------
    ValueError
        If it shuffles anew for each call.
    """
    if not _yields_constant_splits(cv):
        raise ValueError(
            "The cv parameter must yield consistent folds across calls to split(). Set its "
            f"random_state to an int, or set shuffle=False. Got cv={cv!r}"
        )


def grid_points(param_grid: Any, searched: Sequence[str]) -> list[dict[str, Any]]:
    """The points of a grid of other parameters, each to get a search of its own.

    Values that are no list are fixed.

    Raises
    ------
    ValueError, TypeError
        As for `sklearn.model_selection.ParameterGrid`, and for a parameter that is searched.

    Examples
    --------
    >>> grid_points({"alpha": [0.1, 0.2], "solver": "sgd"}, ["learning_rate_init"])
    [{'alpha': 0.1, 'solver': 'sgd'}, {'alpha': 0.2, 'solver': 'sgd'}]
    """
    grids = [param_grid or {}] if param_grid is None or isinstance(param_grid, dict) else param_grid
    points = list(ParameterGrid([_listed(grid) for grid in grids]))
    for point in points:
        for name in searched:
            if name in point:
                raise ValueError(
                    f"Parameter {name!r} cannot be in param_grid, where it is {point[name]!r}, "
                    "since it is searched itself."
                )
    return points


def seeds(estimator: Any) -> dict[str, int]:
    """The estimator's ``random_state`` parameters that are integers, nested ones too.

    Examples
    --------
    >>> from sklearn.linear_model import SGDClassifier
    >>> seeds(SGDClassifier(random_state=3))
    {'random_state': 3}
    """
    return {
        name: int(value)
        for name, value in estimator.get_params().items()
        if name.rpartition("__")[2] == "random_state" and isinstance(value, Integral)
    }


def remedy(estimator: Any, param: str) -> str:
    """What to do where a parameter makes no difference.

    Examples
    --------
    >>> from sklearn.linear_model import SGDClassifier
    >>> remedy(SGDClassifier(), "eta0")
    "with learning_rate='optimal' SGDClassifier does not use it, give it learning_rate='constant'"
    """
    owner, name = _owner(estimator, param)
    switch, unused, used = _SWITCHES.get(name, ("", (), ""))
    value = owner.get_params().get(switch)
    if value not in unused:
        return f"does {type(owner).__name__} use it?"
    return (
        f"with {switch}={value!r} {type(owner).__name__} does not use it, give it {switch}={used!r}"
    )


_SWITCHES = {
    "eta0": ("learning_rate", ("optimal", "pa1", "pa2"), "constant"),
    "learning_rate_init": ("solver", ("lbfgs",), "adam"),
    "gamma": ("kernel", ("linear",), "rbf"),
}
"""Parameters that other ones switch off: which one, at what values, and what switches them on."""


def _listed(grid: Any) -> Any:
    if not isinstance(grid, dict):
        return grid
    return {
        name: values if hasattr(values, "__len__") and not isinstance(values, str) else [values]
        for name, values in grid.items()
    }


def _owner(estimator: Any, param: str) -> tuple[Any, str]:
    """The nested estimator that a parameter belongs to, and its name there."""
    prefix, _, name = param.rpartition("__")
    return (estimator.get_params()[prefix] if prefix else estimator), name


def _constraints(estimator: Any, param: str) -> Any:
    owner, name = _owner(estimator, param)
    found = getattr(owner, "_parameter_constraints", None)
    constraint = found.get(name) if isinstance(found, dict) else None
    return None if constraint == "no_validation" else constraint


def _refused(estimator: Any, param: str, values: Sequence[float]) -> str | None:
    """Why the estimator takes none of the values; None where it takes one, or does not say."""
    constraint = _constraints(estimator, param)
    if constraint is None:
        return None
    owner, name = _owner(estimator, param)
    reason = None
    for value in values:
        try:
            validate_parameter_constraints({name: constraint}, {name: value}, type(owner).__name__)
        except InvalidParameterError as error:
            reason = str(error)
        else:
            return None
    return reason

"""What a parameter space says about the learning rate."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from ray.tune.search.sample import Domain, Float, LogUniform, Quantized, Uniform

__all__ = ["rate_range"]


def rate_range(space: Mapping[str, Any], param: str) -> tuple[float, float]:
    """The range of the learning rate: 0 to infinity where the space does not name it.

    Raises
    ------
    ValueError
        If the learning rate is no plain float domain, or if another parameter is a domain: the
        searcher sets the learning rate alone.

    Examples
    --------
    >>> from ray import tune
    >>> rate_range({"lr": tune.loguniform(1e-4, 0.1), "depth": 3}, "lr")
    (0.0001, 0.1)
    """
    for name, value in _leaves(space):
        if name != param and _is_open(value):
            raise ValueError(
                f"DigitSearcher sets {param!r} alone: give {name!r} a constant, got {value!r}"
            )
    domain = space.get(param)
    if domain is None:
        return 0.0, math.inf
    sampler = domain.get_sampler() if isinstance(domain, Domain) else None
    if isinstance(sampler, Quantized):
        raise ValueError(
            f"{param!r} cannot have a step: the search sets the digits; got a domain quantized to "
            f"{sampler.q}"
        )
    if not isinstance(domain, Float) or not isinstance(sampler, Uniform | LogUniform):
        raise ValueError(
            f"{param!r} has to be a float domain such as tune.loguniform(1e-6, 10), or not in "
            f"the space at all; got {domain!r}"
        )
    return float(domain.lower), float(domain.upper)


def _leaves(space: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in space.items():
        if isinstance(value, Mapping) and set(value) != {"grid_search"}:
            yield from _leaves(value, f"{above}{name}/")
        else:
            yield f"{above}{name}", value


def _is_open(value: Any) -> bool:
    return isinstance(value, Domain) or (
        isinstance(value, Mapping) and set(value) == {"grid_search"}
    )

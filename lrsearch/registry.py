"""Rebuild a search from its configuration."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import entry_points
from typing import Any

from lrsearch import searches
from lrsearch.search import Search

__all__ = ["from_config"]

ENTRY_POINT_GROUP = "lrsearch.searches"


def from_config(config: Mapping[str, Any]) -> Search:
    """Build the search that `config` describes, as it was before its first ask.

    The strategies of `lrsearch.searches` are known by its front door, so that they are there in a
    checkout that is not installed. All others, those of this distribution's adapters too, are
    known by an entry point in the group ``lrsearch.searches``, named as the class. Nothing else is
    imported, whatever a configuration names.

    Parameters
    ----------
    config : mapping
        What `Search.config` returned.

    Raises
    ------
    ValueError
        If the configuration names no search that is installed, or its parameters do not fit.

    Examples
    --------
    >>> import lrsearch
    >>> search = from_config({"search": "GridSearch", "rates": ["0.01", "0.001"]})
    >>> search.ask().rate
    Rate('0.01')
    """
    parameters = dict(config)
    name = str(parameters.pop("search", None))
    strategy = _strategy(name)
    try:
        built = strategy(**parameters)
    except TypeError as error:
        raise ValueError(f"the configuration does not fit {name}: {error}") from error
    if not isinstance(built, Search):
        raise ValueError(f"the entry point {name!r} gives a {type(built).__name__}, no Search")
    return built


def _strategy(name: str) -> Any:
    own = getattr(searches, name, None) if name in searches.__all__ else None
    if isinstance(own, type) and issubclass(own, Search):
        return own
    found = tuple(entry_points(group=ENTRY_POINT_GROUP, name=name))
    if not found:
        raise ValueError(
            f"no search is called {name!r}: install the package that registers it under the "
            f"entry point group {ENTRY_POINT_GROUP!r}"
        )
    return found[0].load()

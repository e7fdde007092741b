"""Rebuild a search from its configuration."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any

from lrsearch.search import Search

__all__ = ["from_config"]

ENTRY_POINT_GROUP = "lrsearch.searches"
_OWN = {
    "DigitRace": "lrsearch.searches",
    "DigitSearch": "lrsearch.searches",
    "GridSearch": "lrsearch.searches",
    "RandomSearch": "lrsearch.searches",
}


def from_config(config: Mapping[str, Any]) -> Search:
    """Build the search that `config` describes, as it was before its first ask.

    Packages add their own strategies by an entry point in the group ``lrsearch.searches``, named
    as the class.

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
    name = parameters.pop("search", None)
    if name in _OWN:
        search = getattr(import_module(_OWN[name]), name)
    else:
        found = tuple(entry_points(group=ENTRY_POINT_GROUP, name=str(name)))
        if not found:
            raise ValueError(
                f"no search is called {name!r}: install the package that registers it under the "
                f"entry point group {ENTRY_POINT_GROUP!r}"
            )
        search = found[0].load()
    try:
        built = search(**parameters)
    except TypeError as error:
        raise ValueError(f"the configuration does not fit {name}: {error}") from error
    if not isinstance(built, Search):
        raise ValueError(f"the entry point {name!r} gives a {type(built).__name__}, no Search")
    return built

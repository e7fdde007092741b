"""Modules whose framework is not installed have no doctests to run: ``nox -s torch`` runs them."""

from importlib.util import find_spec

collect_ignore = [
    f"adapters/lrsearch_torch/{name}.py"
    for name in ("lightning", "transformers")
    if find_spec(name) is None
]

"""Searches that the tests of studies share."""

import lrsearch
from lrsearch.study.store import Store


def small(**changes):
    """Three rates, two epochs each."""
    return lrsearch.GridSearch(["0.1", "0.01", "0.001"], **{"epochs": 2, **changes})


def write_second_phase(path):
    """The study of an `Exploit`, as lrsearch 0.1.0 stored one."""
    origin = {"id": "0" * 32, "lrsearch": "0.1.0", "time": 0}
    Store.create(path, lrsearch.Exploit(["0.0004"], budget=8).config(), origin)

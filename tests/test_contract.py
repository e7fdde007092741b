"""Every search of the core keeps the contract, and what does not keep it is noticed."""

import os
import re
import subprocess
import sys

import pytest

import lrsearch
from lrsearch.search import Search
from lrsearch.testing import SearchContract


class TestDigitSearch(SearchContract):
    def make(self, direction):
        return lrsearch.DigitSearch(epochs=3, direction=direction)


class TestDigitSearchOfThePaper(SearchContract):
    def make(self, direction):
        return lrsearch.DigitSearch.paper(epochs=3, direction=direction)


class TestDigitSearchWithRepeats(SearchContract):
    def make(self, direction):
        return lrsearch.DigitSearch(
            ["0.01", "0.001", "0"], 2, 5, epochs=2, direction=direction, order="best", repeats=2
        )


class TestGapSearch(SearchContract):
    def make(self, direction):
        return lrsearch.GapSearch(epochs=3, direction=direction)


class TestGridSearch(SearchContract):
    def make(self, direction):
        return lrsearch.GridSearch(epochs=3, direction=direction, repeats=2)


class TestRandomSearch(SearchContract):
    def make(self, direction):
        return lrsearch.RandomSearch(30, epochs=3, direction=direction, seed=5)


LISTED = """
import lrsearch

class Listed(lrsearch.Search):
    def __init__(self, direction="minimize"):
        super().__init__(direction)
        self.left = lrsearch.grid()
        {begin}

    def config(self):
        return {{"search": "Listed", "direction": self.direction}}

    @property
    def rate(self):
        return None if self.best is None else self.best.rate

    def _propose(self, resume):
        if not self.left:
            return None
        rate = self.left.pop(0)
        {add}
        return self._new_record(rate, 1, 0, 3), 3

    def _told(self, record):
        if not self.left and not self.out and not self._returned:
            self._finish("all rates are measured")
"""
TEST = """
from listed import Listed
from lrsearch.testing import SearchContract

class TestListed(SearchContract):
    def make(self, direction):
        return Listed(direction)
"""


def failures_of_the_contract(folder, begin, add):
    """The tests that fail for a strategy of another package, registered by its entry point."""
    (folder / "listed.py").write_text(LISTED.format(begin=begin, add=add))
    (folder / "test_listed.py").write_text(TEST)
    info = folder / "listed-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: listed\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[lrsearch.searches]\nListed = listed:Listed\n")
    path = os.pathsep.join((str(folder), *sys.path))
    result = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_listed.py"],
        cwd=folder, env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True,
    )  # fmt: skip
    assert " passed" in result.stdout, result.stdout
    return re.findall(r"^FAILED .*::(\w+)", result.stdout, re.MULTILINE)


@pytest.mark.parametrize(
    ("begin", "add"),
    [("self._begin_round(self.left)", "pass"), ("self._begin_round()", "self._add_rate(rate)")],
)
def test_a_search_of_another_package_passes_the_contract(tmp_path, begin, add):
    assert failures_of_the_contract(tmp_path, begin, add) == []


@pytest.mark.parametrize(
    "begin",
    ["pass", "self._begin_round()", "self._begin_round(); self._begin_round(self.left)"],
)
def test_a_search_that_forgets_its_rounds_or_their_rates_fails_the_contract(tmp_path, begin):
    failed = failures_of_the_contract(tmp_path, begin, "pass")
    assert failed == ["test_every_trial_belongs_to_a_round_that_has_its_rate"]


@pytest.mark.parametrize(
    "name", ["DigitRace", "DigitSearch", "GapSearch", "GridSearch", "RandomSearch"]
)
def test_no_search_of_ours_has_an_ask_or_a_tell_of_its_own(name):
    search = getattr(lrsearch, name)
    for method in ("ask", "report", "tell", "release", "replay", "__iter__"):
        assert getattr(search, method) is getattr(Search, method)

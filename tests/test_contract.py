"""Every search of the core keeps the contract."""

import lrsearch
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


class TestGridSearch(SearchContract):
    def make(self, direction):
        return lrsearch.GridSearch(epochs=3, direction=direction, repeats=2)


class TestRandomSearch(SearchContract):
    def make(self, direction):
        return lrsearch.RandomSearch(30, epochs=3, direction=direction, seed=5)

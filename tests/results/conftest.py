"""Searches that several tests show."""

import pytest

import lrsearch
from tests.paper_log import ROUNDS


@pytest.fixture
def paper():
    search = lrsearch.DigitSearch.paper(first=["0.003", "0.002", "0.001", "0"])
    scores = iter([score for round in ROUNDS for _, score in round])
    for trial in search:
        search.tell(trial, next(scores))
    return search

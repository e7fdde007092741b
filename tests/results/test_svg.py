"""The drawings of the page."""

import math
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lrsearch
from lrsearch.results.charts import charts_of
from lrsearch.results.svg import svg_text


@pytest.mark.parametrize(
    "scores",
    [
        [1.0, 1.0, 1.0],
        [1e300, -1e300, 0.0],
        [5e-324, 1e-300, 1.0],
        [1e308, 1e308, math.inf],
        [1.7e308, -1.7e308, 0.0],
    ],
)
def test_extreme_scores_are_drawn(scores):
    search = lrsearch.GridSearch(["10", "1e-300", "0"], epochs=1)
    for trial, score in zip(search, scores, strict=False):
        search.tell(trial, score)
    check_drawings(search)


def check_drawings(search):
    """No coordinate is infinite or no number."""
    drawings = "".join(svg_text(chart) for chart in charts_of(search))
    assert not re.search(r"[\"\s,](-?inf|nan)", drawings)


@settings(max_examples=100, deadline=None)
@given(
    scores=st.lists(st.floats(), min_size=3, max_size=3),
    rates=st.lists(st.floats(0, 1e300), min_size=3, max_size=3, unique=True),
    direction=st.sampled_from(["minimize", "maximize"]),
)
def test_any_scores_and_rates_are_drawn(scores, rates, direction):
    search = lrsearch.GridSearch(rates, epochs=1, direction=direction)
    for trial, score in zip(search, scores, strict=False):
        search.tell(trial, score)
    check_drawings(search)

"""Searches that several tests show."""

import pytest

from tests.paper_log import replayed_paper


@pytest.fixture
def paper():
    return replayed_paper()

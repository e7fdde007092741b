import sys

import pytest


@pytest.fixture
def without_pictures(monkeypatch):
    """As where matplotlib is not installed: pictures take most of a small run's time."""
    monkeypatch.setitem(sys.modules, "matplotlib", None)

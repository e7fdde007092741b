import pytest


@pytest.fixture
def path(tmp_path):
    """Where a test's study is made."""
    return tmp_path / "vae.db"

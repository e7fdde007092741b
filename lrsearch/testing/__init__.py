"""Contract tests that every search and every trainee has to pass, for third parties too.

Derive a class from `SearchContract` or `TraineeContract` in a test module, and pytest runs the
contract against your strategy or your framework.
"""

try:
    import pytest  # noqa: F401
except ImportError as error:
    raise ImportError("lrsearch.testing needs pytest: pip install pytest") from error

from lrsearch.testing.search_contract import SearchContract, bowl, run, state
from lrsearch.testing.trainee_contract import Quadratic, TraineeContract

__all__ = ["Quadratic", "SearchContract", "TraineeContract", "bowl", "run", "state"]

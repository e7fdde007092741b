"""Learning rates by digit inside Ray Tune."""

try:
    import ray.tune as _tune  # noqa: F401
except ImportError as error:
    raise ImportError('lrsearch_ray needs Ray Tune: pip install "lrsearch[ray]"') from error

from lrsearch_ray.scheduler import DigitRaceScheduler
from lrsearch_ray.searcher import DigitSearcher

__all__ = ["DigitRaceScheduler", "DigitSearcher"]

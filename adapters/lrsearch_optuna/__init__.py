"""Learning rates by digit inside Optuna, and Optuna's samplers beside them."""

try:
    import optuna as _optuna  # noqa: F401
except ImportError as error:
    raise ImportError('lrsearch_optuna needs Optuna: pip install "lrsearch[optuna]"') from error

from lrsearch_optuna.pruner import DigitRacePruner
from lrsearch_optuna.sampler import DigitSampler, dealt
from lrsearch_optuna.search import OptunaSearch

__all__ = ["DigitRacePruner", "DigitSampler", "OptunaSearch", "dealt"]

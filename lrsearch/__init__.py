"""Find a learning rate, digit by digit.

>>> import lrsearch
>>> search = lrsearch.DigitSearch(digits=1, epochs=1)
>>> for trial in search:
...     search.tell(trial, abs(trial.rate - 0.003))  # your training goes here
>>> search.rate
Rate('0.003')
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from lrsearch._default import ask, best, current, report, tell, use
from lrsearch.evidence import Evidence
from lrsearch.exploit import Constant, CosineAnnealing, CosineWarmRestarts, Exploit, Schedule, Step
from lrsearch.rate import Rate
from lrsearch.registry import from_config
from lrsearch.search import Direction, Search
from lrsearch.searches import (
    DECADES,
    DigitRace,
    DigitSearch,
    GapSearch,
    GridSearch,
    RandomSearch,
    grid,
    ruled_out,
)
from lrsearch.trial import LegState, Round, StaleTrial, Trial, TrialRecord
from lrsearch.version import __version__ as __version__

if TYPE_CHECKING:
    from lrsearch import results
    from lrsearch.study import Study, StudyError
    from lrsearch.training import Epoch, Explorer, State, Trainee

__all__ = [
    "DECADES",
    "Constant",
    "CosineAnnealing",
    "CosineWarmRestarts",
    "DigitRace",
    "DigitSearch",
    "Direction",
    "Epoch",
    "Evidence",
    "Exploit",
    "Explorer",
    "GapSearch",
    "GridSearch",
    "LegState",
    "RandomSearch",
    "Rate",
    "Round",
    "Schedule",
    "Search",
    "StaleTrial",
    "State",
    "Step",
    "Study",
    "StudyError",
    "Trainee",
    "Trial",
    "TrialRecord",
    "ask",
    "best",
    "current",
    "from_config",
    "grid",
    "report",
    "results",
    "ruled_out",
    "tell",
    "use",
]

_ROOMS = {
    "results": (),
    "study": ("Study", "StudyError"),
    "training": ("Epoch", "Explorer", "State", "Trainee"),
}
"""Rooms that a search alone does not need, and the names that they have here."""


def __getattr__(name: str) -> Any:
    """A room, or a name of one, which is loaded when it is first asked for."""
    for room, names in _ROOMS.items():
        if name == room or name in names:
            module = import_module(f"lrsearch.{room}")
            value = module if name == room else getattr(module, name)
            globals()[name] = value
            return value
    raise AttributeError(f"module 'lrsearch' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, *_ROOMS})

"""Find a learning rate, digit by digit.

>>> import lrsearch
>>> search = lrsearch.DigitSearch(digits=1, epochs=1)
>>> for trial in search:
...     search.tell(trial, abs(trial.rate - 0.003))  # your training goes here
>>> search.rate
Rate('0.003')
"""

from lrsearch import results
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
    GridSearch,
    RandomSearch,
    grid,
    ruled_out,
)
from lrsearch.study import Study, StudyError
from lrsearch.training import Epoch, Explorer, State, Trainee
from lrsearch.trial import LegState, Round, StaleTrial, Trial, TrialRecord
from lrsearch.version import __version__ as __version__

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

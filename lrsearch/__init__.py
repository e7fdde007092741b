"""Find a learning rate, digit by digit.

>>> import lrsearch
>>> search = lrsearch.DigitSearch(digits=1, epochs=1)
>>> for trial in search:
...     search.tell(trial, abs(trial.rate - 0.003))  # your training goes here
>>> search.rate
Rate('0.003')
"""

from lrsearch import report
from lrsearch._default import CallableReport, ask, best, tell, use
from lrsearch.baselines import GridSearch, RandomSearch, grid
from lrsearch.digits import DECADES, DigitSearch
from lrsearch.evidence import Evidence
from lrsearch.exploit import Exploit, Step
from lrsearch.pruning import ruled_out
from lrsearch.race import DigitRace
from lrsearch.rate import Rate
from lrsearch.registry import from_config
from lrsearch.schedules import Constant, CosineAnnealing, CosineWarmRestarts, Schedule
from lrsearch.search import Direction, Search
from lrsearch.study import Study, StudyError
from lrsearch.trial import Round, StaleTrial, Trial, TrialRecord

__version__ = "0.1.0"

report.__class__ = CallableReport

__all__ = [
    "DECADES",
    "Constant",
    "CosineAnnealing",
    "CosineWarmRestarts",
    "DigitRace",
    "DigitSearch",
    "Direction",
    "Evidence",
    "Exploit",
    "GridSearch",
    "RandomSearch",
    "Rate",
    "Round",
    "Schedule",
    "Search",
    "StaleTrial",
    "Step",
    "Study",
    "StudyError",
    "Trial",
    "TrialRecord",
    "ask",
    "best",
    "from_config",
    "grid",
    "report",
    "ruled_out",
    "tell",
    "use",
]

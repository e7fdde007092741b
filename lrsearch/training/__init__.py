"""Both phases in one training, whatever trains.

`explorer` is the whole: it shares out the epochs between the search and the second phase, and
keeps the best weights. A `trainee` is what it trains, a model with its optimizer in any framework,
and `state` a copy of all that training changes. `phases` says which state and rate come next,
`trials` and `checkpoints` hold the states of paused trials, `defaults` is the rule where nothing
was told. `run_folder` and `journal` are the files of a run that a killed process goes on from,
`manifest` their checksums, `owner` the one process that writes them, `mirrored_search` the second
copy of its search. `display`, `entrance` and `warning` speak to people. `outcome` is what callbacks
of all frameworks show, `monitor` what a score's name tells.
"""

from lrsearch.training.checkpoints import Checkpoints
from lrsearch.training.defaults import default_exploit, default_search
from lrsearch.training.display import Display
from lrsearch.training.entrance import LOOP, Entrance, warn_of_the_end
from lrsearch.training.explorer import Explorer, improves
from lrsearch.training.journal import Journal
from lrsearch.training.monitor import direction_of_name
from lrsearch.training.options import Options, check_search
from lrsearch.training.outcome import Outcome
from lrsearch.training.owner import Owner
from lrsearch.training.phases import Epoch
from lrsearch.training.run_folder import RunFolder
from lrsearch.training.state import Arrays, State
from lrsearch.training.state_files import read_state, write_state
from lrsearch.training.trainee import Trainee
from lrsearch.training.trials import Trials
from lrsearch.training.warning import warn

__all__ = [
    "LOOP",
    "Arrays",
    "Checkpoints",
    "Display",
    "Entrance",
    "Epoch",
    "Explorer",
    "Journal",
    "Options",
    "Owner",
    "Outcome",
    "RunFolder",
    "State",
    "Trainee",
    "Trials",
    "check_search",
    "default_exploit",
    "default_search",
    "direction_of_name",
    "improves",
    "read_state",
    "warn",
    "warn_of_the_end",
    "write_state",
]

"""The strategies: what to try next.

`digits` is the paper's exploration, `race` the same digits on a budget of epochs, `gaps` finds a
rate with few full trainings, `baselines` are grid and random search. `rounds` is what searches in
rounds share. `levels` and `window` plan a race, `choice` is what it recommends, and `ruling_out`
its rule for one trial at a time. A new strategy is a module here and a line below, by which
`lrsearch.from_config` knows it; another package's is an entry point of the group
``lrsearch.searches``.
"""

from lrsearch.searches.baselines import GridSearch, RandomSearch, grid
from lrsearch.searches.digits import DECADES, DigitSearch
from lrsearch.searches.gaps import GapSearch
from lrsearch.searches.race import DigitRace
from lrsearch.searches.ruling_out import ruled_out

__all__ = [
    "DECADES",
    "DigitRace",
    "DigitSearch",
    "GapSearch",
    "GridSearch",
    "RandomSearch",
    "grid",
    "ruled_out",
]

"""What a search gives, for people: one table of trials, one set of charts, the page, the display.

`table` says what is told of a trial, and `charts` what is drawn of a search; `run`, `page`, `png`
and `svg` write it.
"""

from lrsearch.results.page import write_html
from lrsearch.results.png import figures, plot_phases, write_figures
from lrsearch.results.progress import Progress
from lrsearch.results.run import summary, write_run
from lrsearch.results.table import (
    TRIAL_COLUMNS,
    Column,
    columns_but,
    round_scores,
    rounds_text,
    score_text,
    trial_rows,
    value_text,
)

__all__ = [
    "TRIAL_COLUMNS",
    "Column",
    "Progress",
    "columns_but",
    "figures",
    "plot_phases",
    "round_scores",
    "rounds_text",
    "score_text",
    "summary",
    "trial_rows",
    "value_text",
    "write_figures",
    "write_html",
    "write_run",
]

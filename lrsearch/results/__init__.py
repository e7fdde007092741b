"""What a search gives, for people: the table of trials, charts, the page, the progress display."""

from lrsearch.results.page import write_html
from lrsearch.results.png import figures, write_figures
from lrsearch.results.progress import Progress
from lrsearch.results.run import rounds_text, summary, trial_rows, write_run
from lrsearch.results.search_like import round_scores

__all__ = [
    "Progress",
    "figures",
    "round_scores",
    "rounds_text",
    "summary",
    "trial_rows",
    "write_figures",
    "write_html",
    "write_run",
]

"""The folder of a run: trials.csv, summary.json and the pictures."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from lrsearch.exploit import Exploit
from lrsearch.files import write_csv, write_json
from lrsearch.results.png import figures, write_figures
from lrsearch.results.search_like import SearchLike, at_one_moment
from lrsearch.results.table import TRIAL_COLUMNS, trial_rows
from lrsearch.version import __version__

__all__ = ["summary", "write_run"]


def summary(
    search: SearchLike, exploit: Exploit | None = None, extra: dict[str, Any] | None = None
) -> dict[str, Any]:
    """The outcome as a JSON object: rate, evidence, best score, epochs, configurations."""
    evidence = search.evidence()
    best = search.best
    content: dict[str, Any] = {
        "rate": None if search.rate is None else str(search.rate),
        "evidence": None if evidence is None else evidence.sentence,
        "explore": {
            "best_score": None if best is None else best.score,
            "epochs": search.spent,
            "trials": len(search.trials),
            "reason": search.reason,
            "config": search.config(),
        },
        "exploit": None,
        "lrsearch": __version__,
    }
    if exploit is not None:
        content["exploit"] = {
            "best_score": exploit.best_score,
            "epochs": exploit.spent,
            "reason": exploit.reason,
            "config": exploit.config(),
        }
    return content | (extra or {})


def write_run(
    directory: str | os.PathLike[str],
    search: SearchLike,
    exploit: Exploit | None = None,
    extra: dict[str, Any] | None = None,
    name: str = "score",
) -> None:
    """Write a run's trials.csv, summary.json and pictures into a folder that exists.

    Without matplotlib there are no pictures, and the summary says so.
    """
    folder = Path(directory)
    notes = dict(extra or {})
    with at_one_moment(search) as still:
        columns = [column.name for column in TRIAL_COLUMNS]
        write_csv(folder / "trials.csv", columns, trial_rows(still))
        try:
            write_figures(folder, figures(still, exploit, name))
        except ImportError as error:
            notes["figures"] = str(error)
        write_json(folder / "summary.json", summary(still, exploit, notes))

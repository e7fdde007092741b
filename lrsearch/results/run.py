"""Tables and figures of a search, finished or running."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from lrsearch.exploit import Exploit
from lrsearch.files import write_csv, write_json
from lrsearch.results.page import write_html
from lrsearch.results.png import figures, write_figures
from lrsearch.results.search_like import Searched, round_scores
from lrsearch.version import __version__

__all__ = [
    "round_scores",
    "figures",
    "rounds_text",
    "summary",
    "trial_rows",
    "write_figures",
    "write_html",
    "write_run",
]

TRIAL_COLUMNS = (
    "trial", "round", "place", "rate", "init", "state", "epochs", "score", "standard_error",
)  # fmt: skip


def trial_rows(search: Searched) -> list[tuple[Any, ...]]:
    """A row for each trial, under `TRIAL_COLUMNS`.

    Examples
    --------
    >>> import lrsearch
    >>> search = lrsearch.GridSearch(["0.01"], epochs=2)
    >>> search.tell(search.ask(), [0.9, 0.8])
    >>> trial_rows(search)
    [(0, 1, None, '0.01', 0, 'complete', 2, 0.8, None)]
    """
    places = {round.number: round.place for round in search.rounds}
    return [
        (
            record.number, record.round, places.get(record.round), str(record.rate), record.init,
            record.state, record.spent, record.score, record.standard_error,
        )
        for record in search.trials
    ]  # fmt: skip


def rounds_text(search: Searched) -> str:
    """Each round's rates and scores as a table of text; kept rates are marked with a star.

    Examples
    --------
    >>> import lrsearch
    >>> search = lrsearch.GridSearch(["0.1", "0.01"], epochs=1)
    >>> for trial in search:
    ...     search.tell(trial, abs(trial.rate - 0.02))
    >>> print(rounds_text(search))
    round 1
        rate   score
         0.1    0.08
      * 0.01    0.01
    """
    lines = []
    for round in search.rounds:
        place = "" if round.place is None else f", place {round.place}"
        lines.append(f"round {round.number}{place}")
        rows = [("", "rate", "score")]
        for rate, score in round_scores(search, round):
            shown = "diverged" if score is None else f"{score:.6g}"
            rows.append(("*" if rate in round.kept else " ", str(rate), shown))
        wide = [max(len(row[column]) for row in rows) for column in range(3)]
        lines += [f"  {m:1} {r:>{wide[1]}}  {s:>{max(wide[2], 6)}}" for m, r, s in rows]
    return "\n".join(lines)


def summary(
    search: Searched, exploit: Exploit | None = None, extra: dict[str, Any] | None = None
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
    search: Searched,
    exploit: Exploit | None = None,
    extra: dict[str, Any] | None = None,
    name: str = "score",
) -> None:
    """Write a run's trials.csv, summary.json and pictures into a folder that exists.

    Without matplotlib there are no pictures, and the summary says so.
    """
    folder = Path(directory)
    write_csv(folder / "trials.csv", TRIAL_COLUMNS, trial_rows(search))
    notes = dict(extra or {})
    try:
        write_figures(folder, figures(search, exploit, name))
    except ImportError as error:
        notes["figures"] = str(error)
    write_json(folder / "summary.json", summary(search, exploit, notes))

"""A search as a page: one HTML file that needs no network and no other file."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Container, Iterable, Sequence
from datetime import datetime
from typing import Any

import numpy as np

from lrsearch.checks import other_file
from lrsearch.escaping import page_text
from lrsearch.exploit import Exploit
from lrsearch.files import write_text
from lrsearch.results.chart import Chart
from lrsearch.results.charts import EXPLOIT, charts_of
from lrsearch.results.search_like import SearchLike, at_one_moment
from lrsearch.results.svg import LOWER, svg_text
from lrsearch.results.table import TRIAL_COLUMNS, best_first, trial_rows, turns_of, value_text
from lrsearch.version import __version__

__all__ = ["page", "write_html"]

MOST_ROWS = 2000


def write_html(
    path: str | os.PathLike[str],
    search: SearchLike,
    exploit: Exploit | None = None,
    *,
    name: str = "score",
    title: str = "Learning rate search",
) -> None:
    """Write the page, whole or not at all.

    Parameters
    ----------
    path : path
        The file.
    search : Search or Study
        The first phase, finished or running.
    exploit : Exploit, optional
        The second phase.
    name : str
        What the score is called.
    title : str
        The page's title.

    Raises
    ------
    OSError
        If the file cannot be written.
    ValueError
        If it is the study's own.

    Examples
    --------
    >>> import tempfile
    >>> import lrsearch
    >>> search = lrsearch.GridSearch(["0.1", "0.01"], epochs=1)
    >>> for trial in search:
    ...     search.tell(trial, abs(trial.rate - 0.02))
    >>> path = f"{tempfile.mkdtemp()}/report.html"
    >>> write_html(path, search)
    """
    source = getattr(search, "path", None)
    if source is not None:
        other_file(path, source)
    write_text(path, page(search, exploit, name=name, title=title))


def page(
    search: SearchLike,
    exploit: Exploit | None = None,
    *,
    name: str = "score",
    title: str = "Learning rate search",
) -> str:
    """The page as text; the parameters are those of `write_html`."""
    with at_one_moment(search) as still:
        body = "\n".join(
            (
                _top(still, exploit, name, title),
                *_chart_sections(still, exploit, name),
                _trials(still),
                _configuration(still, exploit),
            )
        )
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<title>{page_text(title)}</title>
<style>
{_asset("page.css")}</style>
</head>
<body>
<main>
{body}
</main>
<script>
{_asset("page.js")}</script>
</body>
</html>
"""  # noqa: E501


def _asset(name: str) -> str:
    from importlib import resources

    return (resources.files(__package__) / name).read_text(encoding="utf-8")


def _top(
    search: SearchLike,
    exploit: Exploit | None,
    name: str,
    title: str,
) -> str:
    rate = search.rate
    evidence = search.evidence()
    if rate is None:
        none = "no rate yet" if search.reason is None else "no rate"
        shown = f'<p class="rate">{none}</p>'
    else:
        label = "recommended learning rate" if search.reason is not None else "best so far"
        shown = f'<p class="rate"><small>{label}</small>{page_text(rate)}</p>'
    sentence = evidence.sentence if evidence is not None else search.reason or "No score is in yet."
    best = search.best
    facts = {
        f"best {name}": "–" if best is None else f"{value_text(best.score)} (trial {best.number})",
        "epochs spent": f"{search.spent:,}",
        "trials": f"{len(search.trials):,}",
        "state": search.reason or "going on",
    }
    if exploit is not None and exploit.best_score is not None:
        facts[f"best {name}, phase 2"] = value_text(exploit.best_score)
    items = "".join(
        f"<div><dt>{page_text(key)}</dt><dd>{page_text(value)}</dd></div>"
        for key, value in facts.items()
    )
    return (
        f'<header><h1>{page_text(title)}</h1>{shown}<p class="evidence">{page_text(sentence)}</p>'
        f'<dl class="facts">{items}</dl></header>'
    )


def _chart_sections(search: SearchLike, exploit: Exploit | None, name: str) -> list[str]:
    """A section for each heading that the charts have, and one for the second phase."""
    drawn = charts_of(search, exploit, name)
    notes = {chart.section: chart.marks for chart in drawn}
    below = {}
    if exploit is not None:
        state = exploit.reason or "going on"
        notes[EXPLOIT] = f"{exploit.spent} of {exploit.budget} epochs: {state}"
        names = ("turn", "peak", "epochs", f"best {name}")
        below[EXPLOIT] = f"<h3>Turns</h3>{_table(names, turns_of(exploit))}"
    sections = []
    for heading, note in notes.items():
        figures = "".join(_figure(chart) for chart in drawn if chart.section == heading)
        sections.append(
            f"<section><h2>{page_text(heading)}</h2>"
            + (f'<p class="note">{page_text(note)}</p>' if note else "")
            + (f'<div class="charts">{figures}</div>' if figures else "")
            + f"{below.get(heading, '')}</section>"
        )
    return sections


def _trials(search: SearchLike) -> str:
    records = list(search.trials)
    left_out = len(records) - MOST_ROWS
    if left_out > 0:
        records = sorted(best_first(search, records)[:MOST_ROWS], key=lambda r: r.number)
    best = -1 if search.best is None else search.best.number
    marked = {row for row, record in enumerate(records) if record.number == best}
    note = f'<p class="note">The {left_out} worst are left out.</p>' if left_out > 0 else ""
    names = [column.name.replace("_", " ") for column in TRIAL_COLUMNS]
    words = {name for name, column in zip(names, TRIAL_COLUMNS, strict=True) if column.words}
    table = _table(names, trial_rows(search, records), marked, words, sortable=True)
    return f"<section><h2>Trials</h2>{note}{table}</section>"


def _configuration(search: SearchLike, exploit: Exploit | None) -> str:
    parts = [_pairs("Search", search.config())]
    if exploit is not None:
        parts.append(_pairs("Phase 2", exploit.config()))
    versions = {"lrsearch": __version__, "numpy": np.__version__}
    versions["python"] = platform.python_version()
    versions["page written"] = f"{datetime.now().astimezone():%Y-%m-%d %H:%M %Z}"
    parts.append(_pairs("Versions", versions))
    return f"<section><h2>Configuration</h2>{''.join(parts)}</section>"


def _figure(chart: Chart) -> str:
    better = "" if chart.better is None else f", {chart.better} is better"
    lower = "" if chart.below is None else svg_text(chart.below, LOWER)
    below = [f"<span>{page_text(chart.caption)}</span>"] if chart.caption else []
    if chart.scale is not None:
        low, high = chart.scale.ticks[0][1], chart.scale.ticks[-1][1]
        below.append(
            f"<span>{page_text(chart.scale.name)} {page_text(low)} "
            f'<span class="ramp" aria-hidden="true"></span> {page_text(high)}</span>'
        )
    caption = f"<figcaption>{''.join(below)}</figcaption>" if below else ""
    heading = page_text(chart.title + better)
    return f"<figure><h3>{heading}</h3>{svg_text(chart)}{lower}{caption}</figure>"


def _pairs(heading: str, content: dict[str, Any]) -> str:
    rows = "".join(
        f'<tr><th scope="row">{page_text(key)}</th><td>{page_text(_plain(value))}</td></tr>'
        for key, value in content.items()
    )
    table = f'<table class="pairs">{rows}</table>'
    return f'<h3>{page_text(heading)}</h3><div class="scroll">{table}</div>'


def _table(
    names: Sequence[str],
    rows: Iterable[Sequence[Any]],
    marked: Container[int] = (),
    words: Container[str] = (),
    sortable: bool = False,
) -> str:
    """A table; its columns can be sorted by the buttons in their heads."""
    heads = []
    for name in names:
        kind = ' data-kind="text" class="text"' if name in words else ""
        inside = f'<button type="button">{page_text(name)}</button>'
        aria = ' aria-sort="none"'
        if not sortable:
            inside, aria = f"<span>{page_text(name)}</span>", ""
        heads.append(f'<th scope="col"{kind}{aria}>{inside}</th>')
    body = []
    for number, row in enumerate(rows):
        cells = "".join(_cell(value, name in words) for name, value in zip(names, row, strict=True))
        kind = ' class="best"' if number in marked else ""
        body.append(f"<tr{kind}>{cells}</tr>")
    sorts = " data-sortable" if sortable else ""
    return (
        f'<div class="scroll" role="region" aria-label="table" tabindex="0"><table{sorts}>'
        f"<thead><tr>{''.join(heads)}</tr></thead><tbody>{''.join(body)}</tbody></table></div>"
    )


def _cell(value: Any, words: bool) -> str:
    kind = ' class="text"' if words else ""
    if value is None or type(value) is float:
        kind += f' data-value="{"" if value is None else repr(value)}"'
    return f"<td{kind}>{page_text(value_text(value))}</td>"


def _plain(value: Any) -> str:
    if isinstance(value, list):
        text = ", ".join(map(str, value))
    elif isinstance(value, (str, int, float)):
        text = str(value)
    else:
        text = json.dumps(value)
    return text if len(text) <= 2000 else f"{text[:2000]}…"

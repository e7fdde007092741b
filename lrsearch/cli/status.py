"""How a study stands, as a table on a terminal (rich)."""

from __future__ import annotations

import time
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from lrsearch.cli.words import epochs
from lrsearch.escaping import visible
from lrsearch.results import Column, columns_but, value_text
from lrsearch.study import Claim, Row, Status, read_status

__all__ = ["show", "watch_until_done"]

_ANY_ROW = Row(0, "1", 1, 0, 1, "asked", 0, 0, 0, None, None)


def _is_stored(column: Column) -> bool:
    """Whether a study's table of trials has what a column shows."""
    try:
        column.value(_ANY_ROW, None)
    except AttributeError:
        return False
    return True


COLUMNS = tuple(filter(_is_stored, columns_but("place", "standard_error")))
"""A stored row knows no place, and the line has to fit a terminal."""


def show(found: Status, limit: int) -> None:
    """Print the table once, to standard output."""
    Console().print(table(found, limit))


def watch_until_done(path: Path, interval: float, limit: int) -> None:
    """Keep the table live until the study is done, or Ctrl-C."""
    console = Console()
    found = read_status(path)
    with Live(table(found, limit), console=console, auto_refresh=False) as live:
        while not found.done:
            time.sleep(interval)
            found = read_status(path)
            live.update(table(found, limit), refresh=True)


def table(found: Status, limit: int) -> Any:
    """The table, and what stands above it."""
    lines = Text("\n".join(map(visible, head(found))))
    return Group(lines, *([trials(found, limit)] if found.rows else []))


def head(found: Status) -> list[str]:
    """Lines that say how far the study is."""
    config, summary = found.config, found.summary
    lines = [f"{found.path} · {config['search']} · {config['direction']}"]
    parts = [f"{epochs(summary.get('spent', 0))} spent"]
    counts = Counter(row.state for row in found.rows)
    if counts:
        states = ", ".join(f"{count} {state}" for state, count in sorted(counts.items()))
        parts.append(f"{len(found.rows)} trials ({states})")
    parts.append(f"last stored {datetime.fromtimestamp(found.changed):%Y-%m-%d %H:%M:%S}")
    lines.append(" · ".join(parts))
    best = found.best
    if best is not None:
        lines.append(f"best score {value_text(best.score)} at {best.rate}")
    if found.done:
        rate = summary.get("rate")
        recommended = "" if rate is None else f" · recommended rate {rate}"
        lines.append(f"done: {summary['reason']}{recommended}")
    elif found.rows:
        lines.append(f"round {summary.get('round')} is going on")
    return lines


def trials(found: Status, limit: int) -> Table:
    """The trials in hand and the best ones."""
    made = Table(box=None, header_style="bold", padding=(0, 2, 0, 0))
    for column in COLUMNS:
        made.add_column(column.name, justify="left" if column.words else "right")
    made.add_column("worker")
    rows = found.ranked(limit)
    best = found.best
    for row in rows:
        style = "green" if best is not None and row.number == best.number else ""
        facts = cells(row, found.claims.get(row.number))
        made.add_row(*(Text(visible(fact)) for fact in facts), style=style)
    if len(found.rows) > len(rows):
        made.caption = f"{len(found.rows) - len(rows)} more: --limit"
    return made


def cells(row: Row, claim: Claim | None) -> list[str]:
    """The cells of one trial."""
    worker = ""
    if claim is not None:
        worker = f"process {claim.worker.pid} on {claim.worker.host.partition(' ')[0]}"
    facts = {column.name: value_text(column.value(row, None)) for column in COLUMNS}
    facts["epochs"] += f"/{row.max_epochs}"
    return [*facts.values(), worker]

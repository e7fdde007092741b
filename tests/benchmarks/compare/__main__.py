"""Measure the paper's table 6 side by side, row by row.

    python -m tests.benchmarks.compare --out FOLDER             # minutes on two CPU cores
    python -m tests.benchmarks.compare --out FOLDER --medium    # under three hours
    python -m tests.benchmarks.compare --out FOLDER --full      # a GPU, or a weekend

Every finished row is stored in ``compare-SIZE-TASK.json.gz``; started again, it goes on there.
"""

from __future__ import annotations

import argparse
import os
import re
import time
from pathlib import Path
from typing import Any

from tests.benchmarks import measured
from tests.benchmarks.compare.rows import Size, rows
from tests.benchmarks.compare.runs import Runs
from tests.benchmarks.compare.table import figure, table
from tests.benchmarks.compare.tasks import load_task

SIZES = {
    "small": Size("small", 2_000, 10),
    "medium": Size("medium", 10_000, 1),
    "full": Size("full", None, 1),
}


def main(arguments: argparse.Namespace) -> None:
    size = SIZES[arguments.size]
    arguments.out.mkdir(parents=True, exist_ok=True)
    for name in arguments.task:
        measure(name, size, arguments.out, arguments.forget, arguments.only)


def measure(name: str, size: Size, out: Path, forget: bool, only: str = "") -> None:
    """Train every row of a task that is not stored yet; write its JSON, table and picture."""
    from lrsearch.files import write_text

    task = load_task(name, size.images)
    stem = f"compare-{size.name}-{name}"
    path = out / f"{stem}.json.gz"
    about = {"task": task.title, "size": size.name, "inits": size.inits}
    stored = rows_stored(path, about)
    runs = None
    wanted = [row for row in rows(task, size, forget) if re.search(only, row.name)]
    for row in wanted:
        if row.name in stored:
            continue
        runs = Runs(task, size.inits) if runs is None else runs
        begun = time.monotonic()
        stored[row.name] = [outcome._asdict() for outcome in row.train(runs)]
        measured.write(path, {**about, "rows": stored})
        print(f"{name}: {row.name}, {time.monotonic() - begun:.0f} s", flush=True)
    found = {row.name: stored[row.name] for row in wanted}
    budgets = [size.epochs(number) for number in (50, 100, 200, 400)]
    title = f"{task.title}, {size.inits} initialisations"
    goal = task.goal if size.divisor == 1 else None
    text = table(title, found, budgets, goal)
    write_text(out / f"{stem}.md", text)
    figure(out / f"{stem}.png", title, found)
    print(text, flush=True)


def rows_stored(path: Path, about: dict[str, Any]) -> dict[str, Any]:
    """The rows that a file has of the same comparison; none where there is no file."""
    known = measured.read(path)
    if known is None:
        return {}
    if {key: known.get(key) for key in about} != about:
        raise SystemExit(f"{path} holds another comparison than {about}: name another --out")
    return dict(known["rows"])


if __name__ == "__main__":
    os.environ.setdefault("KERAS_BACKEND", "jax")
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.compare")
    parser.add_argument("--out", type=Path, required=True, help="for JSON, tables, figures")
    parser.add_argument("--task", nargs="+", default=["vae", "fashion_sgd"], help="which tasks")
    parser.add_argument("--forget", action="store_true", help="with a new Adam every epoch too")
    parser.add_argument("--only", default="", help="the rows whose names match, as a regex")
    sizes = parser.add_mutually_exclusive_group()
    sizes.add_argument("--medium", dest="size", action="store_const", const="medium")
    sizes.add_argument("--full", dest="size", action="store_const", const="full")
    parser.set_defaults(size="small")
    main(parser.parse_args())

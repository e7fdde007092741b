"""The command `lrsearch`: search the learning rate of any program.

`commands` has its commands, `options` what they take; `workers` runs programs for the trials of a
study. They need typer, rich and regex, which `main` says where they are missing.
"""

from __future__ import annotations

import sys

__all__ = ["main"]

_NEEDED = ("typer", "rich", "click", "regex")


def main() -> None:
    """Run the command line; the exit status says how it went."""
    try:
        from lrsearch.cli.commands import app
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] not in (
            "typer",
            "rich",
            "click",
            "regex",
        ):
            raise
        print(
            f'the command lrsearch needs {error.name}: pip install "lrsearch[cli]"', file=sys.stderr
        )
        sys.exit(1)
    app(prog_name="lrsearch")

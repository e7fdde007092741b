"""The command `lrsearch`: search the learning rate of any program.

The commands themselves are in `lrsearch.command.commands`, which needs typer and rich.
"""

from __future__ import annotations

import sys

__all__ = ["main"]


def main() -> None:
    """Run the command line; the exit status says how it went."""
    try:
        from lrsearch.command.commands import app
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] not in ("typer", "rich", "click"):
            raise
        print(
            f'the command lrsearch needs {error.name}: pip install "lrsearch[cli]"', file=sys.stderr
        )
        sys.exit(1)
    app(prog_name="lrsearch")


if __name__ == "__main__":
    main()

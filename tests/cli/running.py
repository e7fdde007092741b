"""How tests start the command, and on what."""

import sys
from pathlib import Path

from lrsearch.study import Study

PROGRAMS = Path(__file__).parent / "programs"
BEHAVE = [sys.executable, PROGRAMS / "behave.py", "{rate}", "{epochs}"]
GRID = ["--grid", "0.1,0.01,0.001", "--epochs", "3"]


def lrsearch_command(*arguments):
    return [sys.executable, "-m", "lrsearch.cli", *map(str, arguments)]


def opened(tmp_path, name="s.db"):
    return Study.open(tmp_path / name, readonly=True)

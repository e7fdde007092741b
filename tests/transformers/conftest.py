"""Tests with Transformers. Where it is not installed none is run, and the summary says so."""

import os
from importlib.util import find_spec

os.environ["HF_HUB_OFFLINE"] = "1"
INSTALLED = all(find_spec(name) is not None for name in ("transformers", "accelerate"))

if not INSTALLED:
    collect_ignore_glob = ["*.py"]


def pytest_terminal_summary(terminalreporter):
    if not INSTALLED:
        terminalreporter.write_line(
            "tests/transformers were not run, as Transformers or Accelerate is not installed "
            "here: nox -s torch",
            yellow=True,
        )

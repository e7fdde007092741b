"""Tests with Lightning. Where it is not installed none is run, and the summary says so."""

from importlib.util import find_spec

INSTALLED = find_spec("lightning") is not None

if not INSTALLED:
    collect_ignore_glob = ["*.py"]


def pytest_terminal_summary(terminalreporter):
    if not INSTALLED:
        terminalreporter.write_line(
            "tests/lightning were not run, as Lightning is not installed here: nox -s torch",
            yellow=True,
        )

"""Tests of the site. Where Sphinx is not installed none is run, and the summary says so."""

from importlib.util import find_spec

INSTALLED = find_spec("sphinx") is not None

if not INSTALLED:
    collect_ignore_glob = ["*.py"]


def pytest_terminal_summary(terminalreporter):
    if not INSTALLED:
        terminalreporter.write_line(
            "tests/site were not run, as Sphinx is not installed here: nox -s docs", yellow=True
        )

"""Tests with a real, local Ray. Where Ray is not installed none is run, and the summary says so."""

from importlib.util import find_spec

import pytest

INSTALLED = find_spec("ray") is not None

if not INSTALLED:
    collect_ignore_glob = ["*.py"]


def pytest_terminal_summary(terminalreporter):
    if not INSTALLED:
        terminalreporter.write_line(
            "tests/ray were not run, as Ray is not installed here: nox -s ray", yellow=True
        )


@pytest.fixture(scope="session")
def cluster():
    """A local Ray of two CPUs; its address."""
    import ray

    context = ray.init(
        num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="ERROR"
    )
    yield context.address_info["address"]
    ray.shutdown()

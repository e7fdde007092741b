"""The command, started as a process, and a study to look at."""

import os
import subprocess

import pytest

import lrsearch
from lrsearch.study import Study
from lrsearch.testing import run as run_search
from tests.cli.running import lrsearch_command


@pytest.fixture
def command(tmp_path):
    """Runs lrsearch in a folder of its own; gives the finished process."""

    def run(*arguments, status=0):
        result = subprocess.run(
            lrsearch_command(*arguments),
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=240,
            env={**os.environ, "COLUMNS": "100"},
            check=False,
        )
        assert "Traceback" not in result.stderr, result.stderr
        assert result.returncode == status, result.stdout + result.stderr
        return result

    return run


@pytest.fixture
def finished(tmp_path):
    with Study(tmp_path / "s.db", lrsearch.DigitSearch(digits=1, epochs=2)) as study:
        run_search(study)
    return study

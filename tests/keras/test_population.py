"""The compiled population, in a process of its own: Keras reads its backend once."""

import os
import subprocess
import sys
from pathlib import Path

import keras
import pytest

from lrsearch_keras import explore_population
from tests.keras.tasks import data, decades, line

pytest.importorskip("jax")

CHECKS = Path(__file__).with_name("population_checks.py")


def test_the_compiled_population_on_jax() -> None:
    """Run `population_checks.py` with Keras on JAX."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-x", str(CHECKS), "-p", "no:cacheprovider"],
        env={**os.environ, "KERAS_BACKEND": "jax"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]


def test_another_backend_is_told_what_to_do() -> None:
    """The sentence names the backend and the way out."""
    x, y = data()
    search, validation = decades(), (x, y)
    if keras.backend.backend() == "jax":
        explore_population(line(), x, y, search=search, validation_data=validation)
        return
    with pytest.raises(RuntimeError, match="KERAS_BACKEND=jax"):
        explore_population(line(), x, y, search=search, validation_data=validation)

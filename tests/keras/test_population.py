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

FOLDER = Path(__file__).parent


def python(backend: str, *arguments: str) -> str:
    """What Python prints, in a process that has Keras on this backend."""
    done = subprocess.run(
        [sys.executable, *arguments],
        env={**os.environ, "KERAS_BACKEND": backend},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    return done.stdout


def test_the_compiled_population_on_jax() -> None:
    """Run `population_checks.py` and its like with Keras on JAX."""
    checks = sorted(map(str, FOLDER.glob("population_*checks.py")))
    python("jax", "-m", "pytest", "-q", "-x", *checks, "-p", "no:cacheprovider")


@pytest.mark.parametrize(("backend", "models"), [("tensorflow", 4), ("torch", 3)])
def test_the_way_out_for_a_model_that_cannot_be_traced(backend: str, models: int) -> None:
    """What the sentence of `population_input_checks.py` names: another backend, as it says."""
    pytest.importorskip(backend)
    assert python(backend, str(FOLDER / "untraced.py")).count("found 0.1") == models


def test_another_backend_is_told_what_to_do() -> None:
    """The sentence names the backend and the way out."""
    x, y = data()
    search, validation = decades(), (x, y)
    if keras.backend.backend() == "jax":
        explore_population(line(), x, y, search=search, validation_data=validation)
        return
    with pytest.raises(RuntimeError, match="KERAS_BACKEND=jax"):
        explore_population(line(), x, y, search=search, validation_data=validation)

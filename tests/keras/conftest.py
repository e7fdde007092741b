"""Keras reads its backend when it is imported."""

import os

import pytest

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

collect_ignore = ["population_checks.py"]  # test_population.py runs it, with Keras on JAX


def pytest_configure(config: pytest.Config) -> None:
    # Keras and TensorFlow say this of each other at every conversion to NumPy.
    config.addinivalue_line("filterwarnings", "ignore:__array__ impl:DeprecationWarning")

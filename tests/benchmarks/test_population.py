"""What compiling a search is worth: against a hand-written loop in JAX, fit, and one rate."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("jax")

HAND_WRITTEN = 1.25
FIT = 2.0
TOGETHER = 3.0
IMAGES = int(os.environ.get("LRSEARCH_BENCH_IMAGES", "10000"))
TIMINGS = Path(__file__).with_name("population_timings.py")


def timed(what: str, backend: str) -> dict[str, Any]:
    """Seconds an epoch, least of several, from a process of its own."""
    done = subprocess.run(
        [sys.executable, str(TIMINGS), what, str(IMAGES)],
        env={**os.environ, "KERAS_BACKEND": backend, "TF_CPP_MIN_LOG_LEVEL": "3"},
        cwd=TIMINGS.parents[2],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_an_epoch_takes_at_most_a_quarter_more_than_a_hand_written_loop(benchmark: Any) -> None:
    """Same model, batches and validation; both loops in turns in one process."""
    found = benchmark.pedantic(timed, args=("compiled", "jax"), rounds=1)
    ratio = found["population"] / found["hand written"]
    benchmark.extra_info.update(found, ratio=ratio, images=IMAGES)
    print(f"\n{found}: {ratio:.2f} x the hand-written loop")
    assert ratio <= HAND_WRITTEN


def test_throughput_is_at_least_twice_that_of_fit_on_tensorflow(benchmark: Any) -> None:
    """Fit as a user calls it, with its validation, right after the compiled loop."""
    compiled = benchmark.pedantic(timed, args=("compiled", "jax"), rounds=1)
    fitted = timed("fit", "tensorflow")
    ratio = fitted["fit"] / compiled["population"]
    benchmark.extra_info.update(compiled, **fitted, ratio=ratio, images=IMAGES)
    print(f"\n{compiled} {fitted}: {ratio:.1f} x the throughput of fit")
    assert ratio >= FIT


def test_thirty_rates_take_at_most_three_times_as_long_as_one(benchmark: Any) -> None:
    """Where JAX computes on an accelerator; asked in a process that gives its memory back."""
    platform = timed("platform", "jax")["platform"]
    if platform == "cpu":
        pytest.skip("JAX computes on a CPU here, where rates are trained one after the other")
    found = benchmark.pedantic(timed, args=("together", "jax"), rounds=1)
    ratio = found["together"] / found["one"]
    benchmark.extra_info.update(found, ratio=ratio, images=IMAGES, platform=platform)
    print(f"\n{found}: thirty rates in {ratio:.2f} x the time of one")
    assert ratio <= TOGETHER

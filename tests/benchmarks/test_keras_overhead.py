"""What the Keras callback costs: the share of a fit that is spent inside its hooks."""

import os
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

keras = pytest.importorskip("keras")

BOUND = 0.02
IMAGES = 10_000


def timed(explorer: Any) -> list[float]:
    """Replace the callback's hooks by ones that note how many seconds each call took."""
    seconds: list[float] = []

    def timing(hook: Callable[..., None]) -> Callable[..., None]:
        def run(*arguments: Any) -> None:
            begin = time.perf_counter()
            hook(*arguments)
            seconds.append(time.perf_counter() - begin)

        return run

    for name in ("on_train_begin", "on_epoch_begin", "on_epoch_end", "on_train_end"):
        setattr(explorer, name, timing(getattr(explorer, name)))
    return seconds


@pytest.mark.parametrize("initial", ["same", "fresh"])
def test_the_hooks_take_at_most_two_percent_of_a_fit_of_the_vae(
    benchmark: Any, initial: Any
) -> None:
    from examples.fashion_mnist_vae.model import build_vae
    from lrsearch import DigitSearch
    from lrsearch_keras import LRExplorerCallback

    x = np.random.default_rng(0).uniform(size=(IMAGES + 1_000, 784)).astype("float32")
    model = build_vae()
    model.compile(keras.optimizers.Adam())
    model.fit(x[:64], x[:64], epochs=1, validation_data=(x[:64], x[:64]), verbose=0)
    search = DigitSearch(["0.001", "0.0001"], digits=0, epochs=5, extend=0)
    explorer = LRExplorerCallback(search, initial=initial, verbose=0)
    seconds = timed(explorer)

    def fit() -> None:
        model.fit(
            x[:IMAGES],
            x[:IMAGES],
            epochs=12,
            validation_data=(x[IMAGES:], x[IMAGES:]),
            batch_size=32,
            verbose=0,
            callbacks=[explorer],
        )

    benchmark.pedantic(fit, rounds=1)
    assert len(explorer.history) == 12
    share = sum(seconds) / benchmark.stats.stats.mean
    benchmark.extra_info.update(
        share=share, seconds_in_hooks=sum(seconds), longest_hook=max(seconds)
    )
    print(f"\n{initial}: {share:.2%} of {benchmark.stats.stats.mean:.1f} s inside the hooks")
    assert share <= BOUND

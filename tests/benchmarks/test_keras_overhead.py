"""What the Keras callback costs: the share of a fit inside its hooks, and what averages add."""

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
        def run(*arguments: Any, **named: Any) -> None:
            begin = time.perf_counter()
            hook(*arguments, **named)
            seconds.append(time.perf_counter() - begin)

        return run

    for name in ("on_train_begin", "on_epoch_begin", "on_train_batch_begin", "on_test_begin",
                 "on_epoch_end", "on_train_end"):  # fmt: skip
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
    explorer = LRExplorerCallback(search, initial=initial, average=False, verbose=0)
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


AVERAGE = 0.05
ROUNDS = 5


@pytest.mark.parametrize("name", ["vae", "conv_adam"])
def test_the_average_adds_at_most_five_percent_to_an_epoch(benchmark: Any, name: str) -> None:
    """Fits with and without it in turns, by the median of their epochs after the first, CPU time.

    At the sizes of docs/comparison.md: its cost is the same however long an epoch is.
    """
    from lrsearch import GridSearch
    from lrsearch_keras import LRExplorerCallback
    from tests.benchmarks.compare.plans import PLANS
    from tests.benchmarks.compare.tasks import load_task

    task = load_task(name, PLANS["medium"][name].examples)

    class Clock(keras.callbacks.Callback):
        def __init__(self) -> None:
            super().__init__()
            self.times: list[float] = []

        def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
            self.begun = time.process_time()

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            self.times.append(time.process_time() - self.begun)

    seconds: dict[bool, list[float]] = {False: [], True: []}

    def in_turns() -> None:
        for init in range(ROUNDS):
            for average in (False, True):
                model, clock = task.build(init), Clock()
                explorer = LRExplorerCallback(
                    GridSearch([task.usual], epochs=4), False, average=average, verbose=0
                )
                model.fit(
                    *task.train, epochs=4, batch_size=task.batch, verbose=0,
                    validation_data=task.validation, callbacks=[explorer, clock],
                )  # fmt: skip
                seconds[average] += clock.times[1:]

    benchmark.pedantic(in_turns, rounds=1)
    without, with_average = (float(np.median(seconds[average])) for average in (False, True))
    added = with_average / without - 1
    benchmark.extra_info.update(added=added, epoch=without)
    print(f"\n{name}: an average adds {added:.1%} to an epoch of {without:.2f} s of the processor")
    assert added <= AVERAGE


def test_checksums_take_at_most_two_percent_of_a_fit_of_the_vae_with_a_directory(
    benchmark: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a run folder's manifest costs: reading files for their checksums, and writing it."""
    from examples.fashion_mnist_vae.model import build_vae
    from lrsearch import DigitSearch
    from lrsearch.training import manifest
    from lrsearch_keras import LRExplorerCallback

    seconds: list[float] = []
    for name in ("_checksum", "write_json"):
        function = getattr(manifest, name)

        def timed_call(*arguments: Any, function: Any = function) -> Any:
            begin = time.perf_counter()
            result = function(*arguments)
            seconds.append(time.perf_counter() - begin)
            return result

        monkeypatch.setattr(manifest, name, timed_call)
    x = np.random.default_rng(0).uniform(size=(IMAGES + 1_000, 784)).astype("float32")
    model = build_vae()
    model.compile(keras.optimizers.Adam())
    search = DigitSearch(["0.001", "0.0001"], digits=0, epochs=3, extend=0)
    explorer = LRExplorerCallback(search, directory=tmp_path, verbose=0)
    data = {"validation_data": (x[IMAGES:], x[IMAGES:]), "batch_size": 32}

    def fit() -> None:
        model.fit(x[:IMAGES], x[:IMAGES], epochs=8, **data, verbose=0, callbacks=[explorer])

    benchmark.pedantic(fit, rounds=1)
    assert len(seconds) > 2 * 8
    share = sum(seconds) / benchmark.stats.stats.mean
    benchmark.extra_info.update(share=share, seconds_in_checksums=sum(seconds))
    print(f"\nchecksums: {share:.2%} of {benchmark.stats.stats.mean:.1f} s")
    assert share <= BOUND

"""DigitRaceScheduler beside ASHA in Ray Tune, on two CPUs: the table of docs/ray.md.

``nox -s bench-ray``. The training is that of ``examples/ray_tune.py``, a Keras network with
momentum on small images, 16 epochs a full one. *Epochs* are all that the tuner trained; *full* is
the best validation loss of a full training, a mean over three initialisations, at the rate that
is recommended: the searcher's, or that of ``get_best_result()``.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from typing import Any

import numpy as np
import ray
from ray import tune
from ray.tune.schedulers import ASHAScheduler, TrialScheduler

import lrsearch
from examples.ray_tune import load, train
from lrsearch_ray import DigitRaceScheduler, DigitSearcher

BUDGET, EPOCHS, SAMPLES = 150, 16, 50
STARTED = {"lrsearch": {"init": 0, "epochs": EPOCHS}}


def tuned(scheduler: TrialScheduler, samples: int, searcher: Any = None) -> Any:
    """What the tuner found, in a folder of its own."""
    space = {"lr": tune.loguniform(1e-6, 10)}
    return tune.Tuner(
        tune.with_resources(train, {"cpu": 1}),
        param_space=space if searcher else space | STARTED,
        tune_config=tune.TuneConfig(
            metric="loss",
            mode="min",
            search_alg=searcher,
            scheduler=scheduler,
            num_samples=samples,
            reuse_actors=True,
        ),
        run_config=tune.RunConfig(
            storage_path=tempfile.mkdtemp(),
            checkpoint_config=tune.CheckpointConfig(num_to_keep=1),
            verbose=0,
        ),
    ).fit()


def raced() -> tuple[Any, float]:
    """Ours: its results, and the rate of its searcher."""
    searcher = DigitSearcher(search=lrsearch.DigitRace(BUDGET, EPOCHS))
    results = tuned(DigitRaceScheduler(), -1, searcher)
    return results, float(searcher.search.rate)


def halved(reduction: int) -> tuple[Any, float]:
    """ASHA's: its results, and the rate of the best one."""
    scheduler = ASHAScheduler(max_t=EPOCHS, grace_period=1, reduction_factor=reduction)
    results = tuned(scheduler, SAMPLES)
    return results, results.get_best_result().config["lr"]


def full(rate: float) -> float:
    """The best validation loss of a full training, over three initialisations."""
    import keras

    data, validation = load()
    found = []
    for init in range(100, 103):
        keras.utils.set_random_seed(init)
        model = keras.Sequential(
            [keras.Input((64,)), keras.layers.Dense(32, "relu"), keras.layers.Dense(10)]
        )
        model.compile(
            keras.optimizers.SGD(rate, momentum=0.9),
            keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        )
        fitted = model.fit(
            *data, batch_size=32, epochs=EPOCHS, validation_data=validation, verbose=0
        )
        found.append(np.nanmin([*fitted.history["val_loss"], np.inf]))
    return float(np.mean(found))


def main(repeats: int) -> None:
    """A line a run, as it ends."""
    print("| scheduler | epochs | seconds | rate | full |\n| --- | --- | --- | --- | --- |")
    ways = {
        "`DigitRaceScheduler`": raced,
        "ASHA, a half goes on": lambda: halved(2),
        "ASHA, a quarter goes on": lambda: halved(4),
    }
    for _ in range(repeats):
        for name, way in ways.items():
            begun = time.monotonic()
            results, rate = way()
            epochs = sum(result.metrics["training_iteration"] for result in results)
            seconds = time.monotonic() - begun
            cells = name, str(epochs), f"{seconds:.0f}", f"{rate:.3g}", f"{full(rate):.4f}"
            print(f"| {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    parser = argparse.ArgumentParser(
        description=__doc__, prog="python -m tests.benchmarks.ray_schedulers"
    )
    parser.add_argument("--repeats", type=int, default=3)
    ray.init(num_cpus=2, log_to_driver=False)
    main(**vars(parser.parse_args()))

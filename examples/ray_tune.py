"""Search the learning rate of a small Keras model with Ray Tune.

    pip install "lrsearch[ray,tensorflow,sklearn]"
    python examples/ray_tune.py

On this machine it trains two models at a time. On a cluster one line changes: see `main`.
"""

import argparse
import os
import tempfile
from pathlib import Path

import ray
from ray import tune

import lrsearch
from lrsearch.results import rounds_text
from lrsearch_ray import DigitRaceScheduler, DigitSearcher


def load():
    """Images of 64 pixels in [0, 1] with their classes; the last 400 are for validation."""
    from sklearn.datasets import load_digits

    data = load_digits()
    images, classes = data.data / 16, data.target
    return (images[:-400], classes[:-400]), (images[-400:], classes[-400:])


def train(config):
    """Train one rate, and go on from its checkpoint where the race continues it."""
    import keras

    train_data, validation_data = load()
    trained, checkpoint = 0, tune.get_checkpoint()
    if checkpoint is None:
        keras.utils.set_random_seed(config["lrsearch"]["init"])
        model = keras.Sequential(
            [keras.Input((64,)), keras.layers.Dense(32, "relu"), keras.layers.Dense(10)]
        )
        model.compile(
            keras.optimizers.SGD(config["lr"], momentum=0.9),
            keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        )
    else:
        with checkpoint.as_directory() as folder:
            (path,) = Path(folder).glob("*.keras")
            trained, model = int(path.stem), keras.saving.load_model(path)
    for epoch in range(trained + 1, config["lrsearch"]["epochs"] + 1):
        model.fit(*train_data, batch_size=32, verbose=0)
        loss = model.evaluate(*validation_data, verbose=0)
        with tempfile.TemporaryDirectory() as folder:
            model.save(Path(folder, f"{epoch}.keras"))  # the optimizer's state is part of it
            tune.report({"loss": loss}, checkpoint=tune.Checkpoint.from_directory(folder))


def main(budget, max_epochs, folder):
    ray.init(num_cpus=2)  # on a cluster: ray.init("auto"), and a storage_path that all can reach
    searcher = DigitSearcher(search=lrsearch.DigitRace(budget, max_epochs))
    tuner = tune.Tuner(
        tune.with_resources(train, {"cpu": 1}),
        param_space={"lr": tune.loguniform(1e-6, 10)},
        tune_config=tune.TuneConfig(
            metric="loss",
            mode="min",
            search_alg=searcher,
            scheduler=DigitRaceScheduler(),
            num_samples=-1,
            reuse_actors=True,
        ),
        run_config=tune.RunConfig(
            storage_path=folder,
            checkpoint_config=tune.CheckpointConfig(num_to_keep=1),
            verbose=1,
        ),
    )
    tuner.fit()
    search = searcher.search
    print(rounds_text(search))
    print(f"\nrate {search.rate}: {search.evidence().sentence}")


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--budget", type=int, default=150, help="epochs in all")
    parser.add_argument("--max-epochs", type=int, default=16, help="epochs of a full training")
    parser.add_argument("--folder", default=str(Path("ray_results").resolve()))
    main(**vars(parser.parse_args()))

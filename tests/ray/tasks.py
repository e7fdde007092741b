"""What the tests with Ray train, and the driver that they interrupt.

python -m tests.ray.tasks ADDRESS FOLDER digits|race
"""

import json
import math
import os
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from ray import tune

from lrsearch import DigitRace, DigitSearch


def score(rate, epoch):
    return abs(math.log10(rate / 0.00234)) + 1 / epoch


def small():
    return DigitSearch(["0.1", "0.01", "0.001"], digits=1, keep=1, epochs=2)


def interrupted():
    return DigitSearch(["0.01", "0.001"], digits=1, keep=1, epochs=6)


def new_race():
    return DigitRace(budget=80, max_epochs=8)


def plain(config):
    """Trains without checkpoints."""
    with open(Path(config["folder"], f"{os.getpid()}.log"), "a") as log:
        for epoch in range(1, config["lrsearch"]["epochs"] + 1):
            log.write(f"{config['lr']} {epoch}\n")
            log.flush()
            tune.report({"loss": score(config["lr"], epoch)})


def resumable(config):
    """Trains on from its checkpoint, until it is stopped."""
    checkpoint = tune.get_checkpoint()
    epoch = 0
    if checkpoint is not None:
        with checkpoint.as_directory() as folder:
            epoch = json.loads(Path(folder, "state.json").read_text())["epoch"]
    with open(Path(config["folder"], f"{os.getpid()}.log"), "a") as log:
        while epoch < config["lrsearch"]["epochs"]:
            epoch += 1
            log.write(f"{config['lr']} {epoch}\n")
            log.flush()
            time.sleep(config.get("seconds", 0))
            with TemporaryDirectory() as folder:
                Path(folder, "state.json").write_text(json.dumps({"epoch": epoch}))
                tune.report(
                    {"loss": score(config["lr"], epoch)},
                    checkpoint=tune.Checkpoint.from_directory(folder),
                )


def main(address, folder, kind):
    """Run a Tuner in a process of its own."""
    import ray

    from lrsearch_ray import DigitRaceScheduler, DigitSearcher

    ray.init(address=address, log_to_driver=False)
    race = kind == "race"
    tune.Tuner(
        tune.with_resources(resumable, {"cpu": 1}),
        param_space={"folder": folder, "seconds": 0.1},
        tune_config=tune.TuneConfig(
            metric="loss", mode="min", num_samples=-1, reuse_actors=True,
            search_alg=DigitSearcher(search=new_race() if race else interrupted()),
            scheduler=DigitRaceScheduler() if race else None,
        ),
        run_config=tune.RunConfig(name="run", storage_path=folder, verbose=0),
    ).fit()  # fmt: skip


if __name__ == "__main__":
    main(*sys.argv[1:])

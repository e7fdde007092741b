"""Tuners on a real, local Ray."""

import math
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from ray import tune
from ray.tune.schedulers import AsyncHyperBandScheduler
from ray.tune.search import ConcurrencyLimiter

import lrsearch
from lrsearch.testing import run
from lrsearch_ray import DigitRaceScheduler, DigitSearcher
from tests.ray.tasks import interrupted, new_race, plain, resumable, score, small

pytestmark = pytest.mark.filterwarnings("ignore")


def as_search(search):
    """The search as one process runs it, without Ray."""
    return run(search, lambda trial, epoch: score(trial.rate, epoch))


def logged(folder):
    """Every epoch that was trained: rate and epoch, over all trials."""
    lines = [line for path in folder.glob("*.log") for line in path.read_text().splitlines()]
    return Counter(tuple(map(float, line.split())) for line in lines)


def fit(trainable, folder, searcher, scheduler=None):
    """Run a Tuner; its results."""
    tuner = tune.Tuner(
        tune.with_resources(trainable, {"cpu": 1}),
        param_space={"folder": str(folder)},
        tune_config=tune.TuneConfig(
            metric="loss", mode="min", search_alg=searcher, scheduler=scheduler, num_samples=-1,
            reuse_actors=True,
        ),
        run_config=tune.RunConfig(name="run", storage_path=str(folder), verbose=0),
    )  # fmt: skip
    return tuner.fit()


def test_a_digit_search_runs_through(cluster, tmp_path):
    searcher = DigitSearcher(search=small())
    results = fit(plain, tmp_path, searcher)
    expected = as_search(small())
    assert searcher.search.done
    assert searcher.search.rate == expected.rate
    assert len(results) == len(expected.trials)
    assert [r.rates for r in searcher.search.rounds] == [r.rates for r in expected.rounds]
    assert searcher.search.spent == expected.spent
    assert results.get_best_result().config["lr"] == searcher.search.rate


def test_a_limiter_of_concurrency_may_wrap_it(cluster, tmp_path):
    searcher = DigitSearcher(search=lrsearch.GridSearch(["0.1", "0.01", "0.001"], epochs=1))
    fit(plain, tmp_path, ConcurrencyLimiter(searcher, max_concurrent=1))
    assert searcher.search.rate == lrsearch.Rate("0.001")


def fails_at_first(config):
    """0.1 raises once, 0.001 always."""
    flag = Path(config["folder"], "raised")
    if config["lr"] == 0.1 and not flag.exists():
        flag.touch()
        raise RuntimeError("a worker in trouble")
    tune.report({"loss": score(config["lr"], 1)})
    if config["lr"] == 0.001:
        raise RuntimeError("always")
    for epoch in range(2, config["lrsearch"]["epochs"] + 1):
        tune.report({"loss": score(config["lr"], epoch)})


def test_a_trial_that_raises_is_trained_anew_and_diverges_if_it_raises_again(cluster, tmp_path):
    rates = ["0.1", "0.01", "0.001", "0.0001"]
    searcher = DigitSearcher(search=lrsearch.GridSearch(rates, epochs=3))
    results = fit(fails_at_first, tmp_path, searcher)
    assert searcher.search.done
    assert [r.state for r in searcher.search.trials] == ["complete"] * 2 + ["diverged", "complete"]
    assert searcher.search.rate == lrsearch.Rate("0.01")
    assert len(results) == 6
    assert len(results.errors) == 3


def reports_another(config):
    tune.report({"accuracy": 0.5})


def test_a_metric_that_is_never_reported_is_ray_s_own_error(cluster, tmp_path):
    searcher = DigitSearcher(search=lrsearch.GridSearch(["0.1"], epochs=1))
    with pytest.raises(Exception, match="did not include the specified metric"):
        fit(reports_another, tmp_path, searcher)


# The race


def test_a_race_pauses_trials_and_continues_them_from_their_checkpoints(cluster, tmp_path):
    searcher = DigitSearcher(search=new_race())
    results = fit(resumable, tmp_path, searcher, DigitRaceScheduler())
    search = searcher.search
    assert search.done
    assert search.spent <= 80
    assert 0.001 <= search.rate <= 0.005
    legs = [record.legs for record in search.trials]
    assert max(legs) >= 3
    # Each trial of the search is one of Ray's, and no epoch is trained twice.
    assert len(results) == len(search.trials)
    trained = logged(tmp_path)
    assert set(trained) >= {(float(r.rate), e) for r in search.trials for e in r.scores}
    assert sum(trained.values()) - search.spent <= sum(legs)
    assert all(
        value == pytest.approx(score(record.rate, epoch))
        for record in search.trials
        for epoch, value in record.scores.items()
    )


def test_a_race_without_checkpoints_trains_again_what_it_has_to(cluster, tmp_path):
    race = lrsearch.DigitRace(budget=50, max_epochs=8)
    searcher = DigitSearcher(search=race)
    fit(plain, tmp_path, searcher, DigitRaceScheduler())
    assert searcher.search.done
    assert searcher.search.spent <= 50
    assert max(record.legs for record in searcher.search.trials) >= 2
    assert sum(logged(tmp_path).values()) > searcher.search.spent


@pytest.mark.parametrize("scheduler", [None, AsyncHyperBandScheduler(max_t=8)])
def test_a_race_without_its_scheduler_is_refused(cluster, tmp_path, scheduler):
    searcher = DigitSearcher(search=new_race())
    with pytest.raises(Exception, match=r"scheduler=DigitRaceScheduler\(\)"):
        fit(plain, tmp_path, searcher, scheduler)
    assert sum(logged(tmp_path).values()) < 40


def test_the_number_of_samples_may_end_a_race(cluster, tmp_path):
    searcher = DigitSearcher(search=new_race())
    tuner = tune.Tuner(
        resumable,
        param_space={"folder": str(tmp_path)},
        tune_config=tune.TuneConfig(
            metric="loss", mode="min", search_alg=searcher, scheduler=DigitRaceScheduler(),
            num_samples=4, reuse_actors=True,
        ),
        run_config=tune.RunConfig(name="run", storage_path=str(tmp_path), verbose=0),
    )  # fmt: skip
    assert len(tuner.fit()) == 4
    assert not searcher.search.done


def test_the_scheduler_ends_the_trials_of_a_digit_search_when_they_diverge(cluster, tmp_path):
    def diverging(config):
        for epoch in range(1, 1000):
            tune.report({"loss": math.nan if config["lr"] > 0.05 else score(config["lr"], epoch)})

    searcher = DigitSearcher(search=lrsearch.GridSearch(["0.1", "0.01"], epochs=3))
    results = fit(diverging, tmp_path, searcher, DigitRaceScheduler())
    assert sorted(len(r.metrics_dataframe) for r in results) == [1, 3]


def test_the_scheduler_with_another_searcher_is_an_error(cluster, tmp_path):
    from ray.tune.search.basic_variant import BasicVariantGenerator

    with pytest.raises(ValueError, match="search_alg=DigitSearcher"):
        fit(plain, tmp_path, BasicVariantGenerator(), DigitRaceScheduler())


# Interrupted and restored


def start(cluster, folder, kind):
    """A driver in a process of its own, with some trials behind it."""
    with open(folder / "driver.out", "w") as output:
        driver = subprocess.Popen(
            [sys.executable, "-m", "tests.ray.tasks", cluster, str(folder), kind],
            cwd=Path(__file__).parents[2],
            env={**os.environ, "TUNE_GLOBAL_CHECKPOINT_S": "1"},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    deadline = time.monotonic() + 300
    while sum(logged(folder).values()) < 20:
        assert driver.poll() is None, (folder / "driver.out").read_text()
        assert time.monotonic() < deadline
        time.sleep(0.1)
    time.sleep(2)
    assert driver.poll() is None
    return driver


def restored(folder, trainable):
    tuner = tune.Tuner.restore(
        str(folder / "run"), tune.with_resources(trainable, {"cpu": 1}),
        param_space={"folder": str(folder), "seconds": 0.1},
    )  # fmt: skip
    results = tuner.fit()
    searcher = tuner._local_tuner._tune_config.search_alg
    return results, searcher


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGKILL])
@pytest.mark.parametrize("kind", ["digits", "race"])
def test_a_tuner_that_is_interrupted_goes_on_when_restored(cluster, tmp_path, kind, end):
    driver = start(cluster, tmp_path, kind)
    driver.send_signal(end)
    driver.wait(timeout=120)
    before = logged(tmp_path)
    _, searcher = restored(tmp_path, resumable)
    search = searcher.search
    assert search.done
    after = logged(tmp_path)
    assert sum(before.values()) < sum(after.values())
    if kind == "digits":
        expected = as_search(interrupted())
        assert search.rate == expected.rate
        assert search.spent == expected.spent
        assert [r.rate for r in search.trials] == [r.rate for r in expected.trials]
    else:
        assert search.spent <= 80
        assert 0.001 <= search.rate <= 0.005
    # Only what was under way at the interruption, or not yet on record, is trained again.
    again = sum(count - 1 for count in after.values())
    assert again <= sum(before.values()) // 2

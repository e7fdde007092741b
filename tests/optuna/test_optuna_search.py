import json
import math

import optuna
import pytest

import lrsearch
from lrsearch.study import Study, StudyError
from lrsearch.study.store import Store
from lrsearch.testing import SearchContract, bowl, run
from lrsearch_optuna import OptunaSearch


class TestOptunaSearch(SearchContract):
    def make(self, direction):
        return OptunaSearch(
            "TPESampler", budget=150, epochs=5, low="1e-5", high=1, direction=direction, seed=1
        )


class TestOptunaSearchWithAPruner(SearchContract):
    def make(self, direction):
        return OptunaSearch(
            "RandomSampler", "MedianPruner", budget=150, epochs=5, low="1e-5", high=1,
            direction=direction, seed=1, pruner_options={"n_startup_trials": 1000},
        )  # fmt: skip


@pytest.mark.parametrize("sampler", ["TPESampler", "RandomSampler", "QMCSampler", "GPSampler"])
@pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")
def test_built_in_samplers_run_by_name_and_replay(sampler):
    search = run(OptunaSearch(sampler, budget=60, epochs=3, seed=0))
    copy = lrsearch.from_config(json.loads(json.dumps(search.config())))
    copy.replay(json.loads(json.dumps(search.events)))
    assert [r.rate for r in copy.trials] == [r.rate for r in search.trials]
    assert copy.rate == search.rate


def test_bayesian_optimisation_gets_near_the_best_rate():
    search = run(OptunaSearch("TPESampler", budget=200, epochs=5, seed=0))
    assert abs(math.log10(search.rate / 0.002)) < 0.2
    assert len(search.trials) == 40


def test_rates_are_decimals_of_three_digits_in_the_range():
    search = run(OptunaSearch("RandomSampler", budget=100, epochs=1, low="0.001", high="0.002"))
    assert all(record.rate.digits <= 3 for record in search.trials)
    assert all(0.001 <= record.rate <= 0.002 for record in search.trials)


def test_options_reach_the_sampler():
    search = OptunaSearch("TPESampler", sampler_options={"multivariate": True}, seed=3)
    assert search._study.sampler._multivariate
    assert search.config()["sampler_options"] == {"multivariate": True}
    assert search.config()["seed"] == 3


def test_a_seed_is_drawn_and_stands_in_the_configuration():
    first, second = OptunaSearch(budget=100), OptunaSearch(budget=100)
    assert first.seed != second.seed
    twin = lrsearch.from_config(first.config())
    assert [twin.ask().rate for _ in range(2)] == [first.ask().rate for _ in range(2)]


def test_a_class_of_optunas_is_stored_by_its_name():
    assert OptunaSearch(optuna.samplers.TPESampler).config()["sampler"] == "TPESampler"
    search = OptunaSearch(pruner=optuna.pruners.MedianPruner)
    assert search.config()["pruner"] == "MedianPruner"


@pytest.mark.parametrize("kind", ["sampler", "pruner"])
@pytest.mark.parametrize("name", ["planted:Class", "planted.Class", "planted"])
def test_a_configuration_imports_nothing_by_a_path(tmp_path, monkeypatch, kind, name):
    (tmp_path / "planted.py").write_text("raise SystemExit('the planted module was imported')")
    monkeypatch.syspath_prepend(tmp_path)
    config = {**OptunaSearch().config(), kind: name}
    with pytest.raises(ValueError, match=f"no {kind} is called '{name}'.*entry point"):
        lrsearch.from_config(config)
    write_study(tmp_path / "s.db", config)
    for use in (Study.open, lambda path: Study.open(path, readonly=True)):
        with pytest.raises(StudyError, match=name):
            use(tmp_path / "s.db")


def write_study(path, config):
    Store.create(path, config, {"id": "0" * 32, "lrsearch": "0.1.0", "time": 0})


def test_a_sampler_of_another_package_is_known_by_its_entry_point(tmp_path, monkeypatch):
    (tmp_path / "others.py").write_text(
        "from optuna.samplers import RandomSampler\nclass Lucky(RandomSampler): pass\n"
    )
    installed = tmp_path / "others-1.dist-info"
    installed.mkdir()
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: others\nVersion: 1\n")
    (installed / "entry_points.txt").write_text(
        "[lrsearch_optuna.samplers]\nLucky = others:Lucky\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    search = run(OptunaSearch("Lucky", budget=10, epochs=1, seed=0))
    copy = lrsearch.from_config(search.config())
    copy.replay(search.events)
    assert copy.rate == search.rate


def test_a_class_of_ones_own_serves_but_has_no_configuration():
    class Mine(optuna.samplers.RandomSampler):
        pass

    search = run(OptunaSearch(Mine, budget=10, epochs=1, seed=0))
    assert search.rate is not None
    with pytest.raises(TypeError, match=r"Mine.*entry point"):
        search.config()


def test_a_sampler_object_serves_but_has_no_configuration():
    search = run(OptunaSearch(optuna.samplers.TPESampler(seed=0), budget=20, epochs=1))
    assert search.rate is not None
    with pytest.raises(TypeError, match=r"TPESampler.*has no configuration.*name of its class"):
        search.config()


def test_report_is_false_where_the_pruner_prunes():
    search = OptunaSearch(
        "RandomSampler", "MedianPruner", budget=60, epochs=4, seed=0,
        pruner_options={"n_startup_trials": 1, "n_warmup_steps": 0},
    )  # fmt: skip
    first, second = search.ask(), search.ask()
    for epoch in range(1, 5):
        search.report(first, 1 / epoch)
    assert search.report(second, 9.0) == "stopped"
    assert search.trials[1].state == "stopped"
    assert search.spent == 5


def test_pruned_epochs_pay_for_further_trials():
    def spend(**options):
        search = OptunaSearch("RandomSampler", budget=100, epochs=10, seed=0, **options)
        for trial in search:
            epoch = 1
            while search.report(trial, bowl(trial, epoch)):
                epoch += 1
        return search

    full = spend()
    pruned = spend(pruner="MedianPruner", pruner_options={"n_startup_trials": 2})
    assert len(full.trials) == 10
    assert len(pruned.trials) > 12
    assert pruned.spent == full.spent == 100


def test_the_last_trial_is_as_short_as_the_budget_wants():
    search = run(OptunaSearch(budget=23, epochs=10, seed=0))
    assert [record.epoch for record in search.trials] == [10, 10, 3]
    assert search.reason == "the budget of 23 epochs is spent"


def test_what_is_out_counts_as_spent():
    search = OptunaSearch(budget=20, epochs=10, seed=0)
    trials = [search.ask(), search.ask()]
    assert search.ask() is None
    assert not search.done
    search.report(trials[0], 0.5)
    assert search.ask() is None
    search.tell(trials[1], [0.5, 0.6])
    assert search.ask().epochs == 8


def test_the_sampler_learns_that_a_rate_diverged():
    search = OptunaSearch("TPESampler", budget=300, epochs=1, low="1e-4", high=100, seed=0)
    for trial in search:
        search.tell(trial, math.nan if trial.rate > 0.1 else 1 / trial.rate)
    late = [record.rate for record in search.trials[200:]]
    assert sum(rate > 0.1 for rate in late) < 60


def test_unscored_trials_do_not_stop_the_search():
    search = OptunaSearch(budget=4, epochs=2, seed=0)
    for trial in search:
        search.report(trial, None, epoch=trial.stop_epoch)
    assert search.done
    assert search.rate is None


@pytest.mark.parametrize(
    ("arguments", "error", "match"),
    [
        ({"sampler": "NoSampler"}, ValueError, "no sampler is called 'NoSampler'"),
        ({"sampler": "nowhere:Sampler"}, ValueError, "nowhere:Sampler"),
        ({"sampler": 3}, TypeError, "BaseSampler"),
        ({"sampler": "math:pi"}, ValueError, "no sampler is called 'math:pi'"),
        ({"sampler": "nsgaii"}, TypeError, "BaseSampler"),
        ({"pruner": "NoPruner"}, ValueError, "no pruner is called"),
        ({"budget": 0}, ValueError, "budget"),
        ({"low": 1, "high": "0.1"}, ValueError, "low"),
        ({"sampler_options": {"nothing": 1}}, TypeError, "nothing"),
        (
            {"sampler": optuna.samplers.TPESampler(), "sampler_options": {"a": 1}},
            ValueError,
            "name",
        ),
        ({"direction": "up"}, ValueError, "direction"),
    ],
)
def test_arguments_that_make_no_sense_are_errors(arguments, error, match):
    with pytest.raises(error, match=match):
        OptunaSearch(**arguments)

"""DigitSearcher as Ray Tune calls it, without a cluster."""

import copy
import json
import math
import pickle

import pytest
from ray import tune
from ray.tune.search import Searcher

import lrsearch
from lrsearch import DigitSearch, GridSearch, Rate
from lrsearch.testing import bowl, run
from lrsearch_ray import DigitSearcher


def new(search=None, **options):
    return DigitSearcher(**{"metric": "loss", "mode": "min", "search": search, **options})


def grid(*rates, epochs=1):
    return GridSearch(rates, epochs=epochs)


def report(searcher, trial_id, epoch, loss):
    searcher.on_trial_result(trial_id, {"training_iteration": epoch, "loss": loss})


def train(searcher, trial_id, config):
    """Train a suggested rate to its end."""
    rate = Rate(config["lr"])
    for epoch in range(1, config["lrsearch"]["epochs"] + 1):
        trial = lrsearch.Trial(0, 0, rate, 1, 0, 0, epoch)
        report(searcher, trial_id, epoch, bowl(trial, epoch))
    searcher.on_trial_complete(trial_id, {"training_iteration": epoch, "loss": bowl(trial, epoch)})


def finish(searcher, first=0):
    """Run a searcher to its end with two trials at a time; the rates suggested."""
    rates, held = [], []
    for number in range(first, 1000):
        config = searcher.suggest(f"t{number}")
        if config == Searcher.FINISHED and not held:
            return rates
        if isinstance(config, dict):
            rates.append(config["lr"])
            held.append((f"t{number}", config))
        if held and (len(held) == 2 or not isinstance(config, dict)):
            train(searcher, *held.pop(0))
    raise AssertionError("the searcher did not finish")


def test_it_suggests_the_search_s_rates_and_finds_its_rate():
    searcher = new(DigitSearch(digits=2, epochs=3))
    rates = finish(searcher)
    expected = run(DigitSearch(digits=2, epochs=3))
    assert rates == [record.rate for record in expected.trials]
    assert searcher.search.rate == expected.rate
    assert searcher.search.evidence() == expected.evidence()


def test_a_suggestion_says_what_to_train():
    assert new(grid("0.1", epochs=7)).suggest("a") == {
        "lr": 0.1,
        "lrsearch": {"init": 0, "epochs": 7},
    }


def test_nothing_is_suggested_while_a_round_waits_and_finished_at_the_end():
    searcher = new(grid("0.1", "0.01"))
    configs = [searcher.suggest("a"), searcher.suggest("b")]
    assert searcher.suggest("c") is None
    train(searcher, "a", configs[0])
    assert searcher.suggest("c") is None
    train(searcher, "b", configs[1])
    assert searcher.suggest("c") == Searcher.FINISHED
    assert searcher.suggest("d") == Searcher.FINISHED


def test_intermediate_results_are_in_the_search_at_once():
    searcher = new(grid("0.1", epochs=5))
    searcher.suggest("a")
    report(searcher, "a", 1, 0.7)
    report(searcher, "a", 2, 0.5)
    assert searcher.search.trials[0].scores == {1: 0.7, 2: 0.5}
    assert searcher.search.spent == 2


def test_a_result_told_twice_counts_once():
    searcher = new(grid("0.1", epochs=5))
    searcher.suggest("a")
    for _ in range(2):
        report(searcher, "a", 1, 0.7)
    assert searcher.search.spent == 1


def test_maximizing():
    searcher = new(None, mode="max")
    assert searcher.search.direction == "maximize"


def test_metric_and_mode_come_from_the_tune_config():
    searcher = DigitSearcher()
    with pytest.raises(RuntimeError, match=r"metric.*`param_space` is not empty"):
        searcher.suggest("a")
    assert searcher.set_search_properties("accuracy", "max", {"layers": 3})
    assert (searcher.metric, searcher.mode) == ("accuracy", "max")
    assert searcher.search.direction == "maximize"


# Endings


def test_a_trial_that_raises_is_trained_anew_so_often_and_then_diverges():
    searcher = new(grid("0.1", "0.01"), retries=2)
    rates = []
    for number in range(3):
        rates.append(searcher.suggest(f"t{number}")["lr"])
        searcher.on_trial_complete(f"t{number}", error=True)
    assert rates == [0.1] * 3
    assert searcher.search.trials[0].state == "diverged"
    assert searcher.suggest("t3")["lr"] == 0.01


def race():
    return lrsearch.DigitRace(budget=200, max_epochs=20)


def race_until_a_trial_is_continued(searcher):
    """The id of the trial of Ray, and its leg."""
    for number in range(100):
        if searcher.suggest(f"t{number}") is not None:
            leg = searcher.search.out[-1]
            for epoch in range(1, leg.stop_epoch + 1):
                report(searcher, f"t{number}", epoch, bowl(leg, epoch))
        if searcher.assignments.continuing:
            ((trial_id, leg),) = searcher.assignments.continuing.items()
            return trial_id, leg
    raise AssertionError("no trial was continued")


def test_a_trial_trained_anew_starts_from_the_beginning():
    searcher = new(race())
    trial_id, leg = race_until_a_trial_is_continued(searcher)
    assert leg.start_epoch > 0
    searcher.on_trial_complete(trial_id, error=True)
    assert searcher.suggest("again")["lr"] == leg.rate
    again = searcher.search.out[-1]
    assert (again.number, again.start_epoch, again.stop_epoch) == (leg.number, 0, leg.stop_epoch)
    assert again.leg == leg.leg + 1


def test_nothing_new_is_suggested_before_a_trial_is_continued():
    searcher = new(race())
    trial_id, _ = race_until_a_trial_is_continued(searcher)
    assert searcher.suggest("another") is None
    searcher.assignments.resume(trial_id)
    searcher.suggest("another")
    assert len(searcher.search.out) == 2


def test_a_race_that_nothing_pauses_is_a_value_error_that_names_the_scheduler():
    searcher = new(race())
    searcher.suggest("a")
    (leg,) = searcher.search.out
    for epoch in range(1, leg.stop_epoch + 1):
        report(searcher, "a", epoch, 0.5)
    report(searcher, "a", leg.stop_epoch, 0.5)  # told twice: no epoch was trained
    with pytest.raises(ValueError, match=r"trial a trains on .*DigitRaceScheduler\(\)"):
        report(searcher, "a", leg.stop_epoch + 1, 0.5)


def test_a_trial_that_is_over_is_never_continued():
    searcher = new(race())
    for number in range(8):
        searcher.suggest(f"t{number}")
        (leg,) = searcher.search.out
        for epoch in range(1, leg.stop_epoch + 1):
            report(searcher, f"t{number}", epoch, bowl(leg, epoch))
        searcher.on_trial_complete(f"t{number}")
    searcher.suggest("t8")
    assert all(leg.start_epoch == 0 for leg in searcher.search.out)
    assert not searcher.assignments.continuing


def test_a_score_that_is_not_finite_ends_the_trial_s_part():
    searcher = new(grid("0.1", "0.01", epochs=5))
    searcher.suggest("a")
    report(searcher, "a", 1, math.nan)
    assert searcher.search.trials[0].state == "diverged"
    report(searcher, "a", 2, 0.1)
    searcher.on_trial_complete("a", {"training_iteration": 2, "loss": 0.1})
    assert searcher.search.trials[0].score is None


def test_a_trial_ended_early_counts_with_its_best_score():
    searcher = new(grid("0.1", "0.01", epochs=5))
    searcher.suggest("a")
    report(searcher, "a", 1, 0.5)
    searcher.on_trial_complete("a", {"training_iteration": 2, "loss": 0.7})
    record = searcher.search.trials[0]
    assert (record.score, record.state, record.spent) == (0.5, "complete", 5)


def test_epochs_beyond_the_last_do_not_count():
    searcher = new(grid("0.1", epochs=2))
    searcher.suggest("a")
    for epoch in range(1, 5):
        report(searcher, "a", epoch, 1 / epoch)
    assert searcher.search.trials[0].scores == {1: 1.0, 2: 0.5}


def test_a_metric_that_is_never_reported_leaves_the_trial_without_a_score():
    """With Ray's own check of metrics disabled."""
    searcher = new(grid("0.1", "0.01"))
    for name in ("a", "b"):
        searcher.suggest(name)
        searcher.on_trial_complete(name, {"training_iteration": 1})
    assert searcher.suggest("c") == Searcher.FINISHED
    assert searcher.search.rate is None


def test_trials_it_never_suggested_are_ignored():
    searcher = new(grid("0.1"))
    report(searcher, "stranger", 1, 0.5)
    searcher.on_trial_complete("stranger", {"training_iteration": 1, "loss": 0.5})
    searcher.on_trial_complete("stranger", error=True)
    assert searcher.search.spent == 0


# State


def test_save_and_restore_go_through_json(tmp_path):
    whole, half = new(DigitSearch(digits=1, epochs=2)), new(DigitSearch(digits=1, epochs=2))
    expected = finish(whole)
    rates = []
    for number in range(9):
        config = half.suggest(f"t{number}")
        rates.append(config["lr"])
        if number < 8:
            train(half, f"t{number}", config)
    report(half, "t8", 1, 3.0)
    half.save(tmp_path / "state.json")
    json.loads((tmp_path / "state.json").read_text())
    restored = new(DigitSearch(digits=1, epochs=2))
    restored.restore(tmp_path / "state.json")
    train(restored, "t8", config)
    assert rates + finish(restored, first=9) == expected
    assert restored.search.rate == whole.search.rate


def test_ray_finds_the_saved_state_by_its_name(tmp_path):
    searcher = new(grid("0.1", "0.01"))
    train(searcher, "a", searcher.suggest("a"))
    searcher.save_to_dir(str(tmp_path), "session")
    assert [path.suffix for path in tmp_path.iterdir()] == [".json"]
    twin = new(grid("0.1", "0.01"))
    twin.restore_from_dir(str(tmp_path))
    assert twin.search.events == searcher.search.events


def experiment(folder, **states):
    """Ray's own record of an experiment, as far as it matters here."""
    trials = [(json.dumps({"trial_id": i, "status": s}), "{}") for i, s in states.items()]
    path = folder / "experiment_state-2026.json"
    path.write_text(json.dumps({"trial_data": trials}))


def test_legs_of_trials_that_the_experiment_lost_are_trained_anew(tmp_path):
    searcher = new(grid("0.1", "0.01", "0.001", epochs=3))
    for name in ("a", "b", "c"):
        searcher.suggest(name)
        report(searcher, name, 1, 0.5)
    searcher.save_to_dir(str(tmp_path), "session")
    experiment(tmp_path, a="RUNNING", b="TERMINATED")
    twin = new(grid("0.1", "0.01", "0.001", epochs=3))
    twin.restore_from_dir(str(tmp_path))
    assert [twin.suggest(name)["lr"] for name in ("d", "e")] == [0.01, 0.001]
    assert twin.suggest("f") is None
    report(twin, "b", 2, 0.1)
    for name in ("a", "d", "e"):
        for epoch in range(1, 4):
            report(twin, name, epoch, 0.4)
    assert twin.suggest("f") == Searcher.FINISHED
    assert [record.score for record in twin.search.trials] == [0.4] * 3


def test_scores_that_json_does_not_have_survive(tmp_path):
    searcher = new(grid("0.1", "0.01", "0.001"))
    for name, loss in (("a", math.nan), ("b", -math.inf), ("c", 0.5)):
        searcher.suggest(name)
        report(searcher, name, 1, loss)
    searcher.save(tmp_path / "state.json")
    twin = new(grid("0.1", "0.01", "0.001"))
    twin.restore(tmp_path / "state.json")
    assert repr(twin.search.trials) == repr(searcher.search.trials)


def test_the_state_knows_what_failed_and_what_is_to_be_continued(tmp_path):
    searcher = new(race())
    trial_id, _ = race_until_a_trial_is_continued(searcher)
    searcher.save(tmp_path / "state.json")
    twin = new(race())
    twin.restore(tmp_path / "state.json")
    assert twin.assignments.has_leg(trial_id)
    assert twin.search.out == searcher.search.out
    assert twin.judge(trial_id, {"training_iteration": 1, "loss": 0.5}) == "go on"


def test_it_can_be_pickled_and_copied():
    searcher = new(grid("0.1", "0.01"))
    train(searcher, "a", searcher.suggest("a"))
    for twin in (pickle.loads(pickle.dumps(searcher)), copy.deepcopy(searcher)):
        assert twin.get_state() == searcher.get_state()
        assert twin.suggest("b")["lr"] == 0.01


def test_another_search_s_state_is_an_error_that_shows_both(tmp_path):
    new(grid("0.1")).save(tmp_path / "state.json")
    with pytest.raises(ValueError, match=r'(?s)"0.1".*"0.2"'):
        new(grid("0.2")).restore(tmp_path / "state.json")


# The parameter space


def test_a_float_domain_is_the_range():
    searcher = new(DigitSearch(digits=1, epochs=1))
    searcher.set_search_properties(None, None, {"lr": tune.loguniform(2e-4, 0.05), "depth": 3})
    rates = finish(searcher)
    assert rates[:2] == [0.01, 0.001]
    assert 2e-4 <= min(rates) < max(rates) <= 0.05


def test_a_race_keeps_to_the_range_as_well():
    searcher = new(race())
    searcher.set_search_properties(None, None, {"lr": tune.loguniform(2e-4, 0.05)})
    assert [searcher.suggest(f"t{number}")["lr"] for number in range(2)] == [0.001, 0.01]
    with pytest.raises(ValueError, match="holds none"):
        searcher.set_search_properties(None, None, {"lr": tune.uniform(100, 200)})


@pytest.mark.parametrize(
    ("space", "match"),
    [
        ({"lr": tune.randint(1, 10)}, "float domain"),
        ({"lr": tune.choice([0.1, 0.01])}, "float domain"),
        ({"lr": tune.grid_search([0.1, 0.01])}, "float domain"),
        ({"lr": 0.1}, "float domain"),
        ({"lr": tune.randn(0, 1)}, "float domain"),
        ({"lr": tune.sample_from(lambda spec: 0.1)}, "float domain"),
        ({"lr": tune.quniform(0, 1, 0.1)}, "step"),
        ({"lr": tune.qloguniform(1e-4, 1, 1e-4)}, "step"),
        ({"lr": tune.uniform(2e-3, 3e-3)}, "holds none of the search's first rates 10, 1, 0.1"),
        ({"model": {"depth": tune.randint(1, 3)}}, "'model/depth' a constant"),
        ({"width": tune.grid_search([1, 2])}, "'width' a constant"),
    ],
)
def test_a_space_that_cannot_be_searched_is_a_value_error(space, match):
    with pytest.raises(ValueError, match=match):
        new().set_search_properties(None, None, space)


@pytest.mark.parametrize(
    ("options", "error", "match"),
    [
        ({"mode": "max", "search": grid("0.1")}, ValueError, "'max'.*'minimize'"),
        ({"mode": "up"}, ValueError, "min"),
        ({"metric": ["a", "b"]}, TypeError, "one metric"),
        ({"search": "DigitSearch"}, TypeError, "Search"),
        ({"param": 3}, TypeError, "param"),
        ({"retries": -1}, ValueError, "retries"),
    ],
)
def test_arguments_that_make_no_sense_are_errors(options, error, match):
    with pytest.raises(error, match=match):
        new(**options)


def test_a_mode_of_the_tune_config_that_is_not_the_search_s_is_a_value_error():
    with pytest.raises(ValueError, match=r"'max'.*'minimize'"):
        DigitSearcher(search=grid("0.1")).set_search_properties("loss", "max", {})

import copy
import json
import math
import pickle
import warnings
from collections import Counter
from datetime import timedelta

import numpy as np
import optuna
import pytest
from optuna.distributions import (
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.trial import TrialState

import lrsearch
from lrsearch import DigitSearch, Rate
from lrsearch.results import rounds_text
from lrsearch.testing import run
from lrsearch_optuna import DigitSampler, dealt

LR = FloatDistribution(1e-6, 10, log=True)
WIDE = {"lr": LR}


def bowl(rate, optimum=0.00234):
    return abs(math.log10(rate / optimum)) if rate else 9.0


def small(**changes):
    return DigitSearch(**{"digits": 2, "epochs": 3, **changes})


def new_study(sampler=None, **options):
    return optuna.create_study(sampler=sampler or DigitSampler("lr", small()), **options)


def objective(trial):
    return bowl(trial.suggest_float("lr", 1e-6, 10, log=True))


def alone(search):
    """The search as one process runs it, without Optuna."""
    return run(search, lambda trial, epoch: bowl(trial.rate))


def finish(study, most=1000):
    """Run the study until its search is over."""
    for _ in range(most):
        trial = study.ask(WIDE)
        study.tell(trial, bowl(trial.params["lr"]))
        if "lrsearch" in trial.user_attrs and study.sampler.searched(study).done:
            return
    raise AssertionError("the search did not end")


def first_deals(study):
    """The trials of the search that were dealt, repeats aside."""
    records = [trial.user_attrs["lrsearch"] for trial in study.trials]
    return [record["number"] for record in records if not record["repeat"]]


# Dealing by digit


def test_rates_are_those_of_the_search_in_its_order():
    study = new_study()
    finish(study)
    expected = alone(small())
    assert [trial.params["lr"] for trial in study.trials] == [r.rate for r in expected.trials]
    searched = study.sampler.searched(study)
    assert searched.rate == expected.rate == Rate("0.0023")
    assert searched.kept == expected.kept
    assert rounds_text(searched).startswith(rounds_text(expected)[:20])


def test_rates_are_exact_decimals():
    study = new_study()
    finish(study)
    assert all(len(repr(trial.params["lr"])) <= 8 for trial in study.trials)


def test_every_kind_of_search_serves_whose_trials_are_one_leg():
    for search in (
        lrsearch.GridSearch(["0.1", "0.01", "0.001"], epochs=1),
        lrsearch.RandomSearch(5, epochs=1, seed=1),
        DigitSearch.paper(digits=2, epochs=1),
    ):
        study = new_study(DigitSampler("lr", search))
        finish(study)
        assert study.sampler.searched(study).rate == alone(type(search)(**options(search))).rate


def options(search):
    return {name: value for name, value in search.config().items() if name != "search"}


def test_the_direction_is_the_study_s():
    study = optuna.create_study(direction="maximize", sampler=DigitSampler("lr"))
    for _ in range(8):
        trial = study.ask(WIDE)
        study.tell(trial, -bowl(trial.params["lr"]))
    searched = study.sampler.searched(study)
    assert searched.direction == "maximize"
    assert searched.rounds[0].kept[0] == Rate("0.001")


def test_other_parameters_go_to_the_fallback():
    class Fixed(optuna.samplers.RandomSampler):
        def sample_independent(self, study, trial, name, distribution):
            assert name == "depth"
            return 3

    study = new_study(DigitSampler("lr", fallback=Fixed()))
    trial = study.ask({"lr": LR, "depth": IntDistribution(1, 9)})
    assert trial.params == {"lr": 10.0, "depth": 3}


def test_a_fallback_that_samples_relatively_never_sees_the_rate():
    sampler = DigitSampler("lr", fallback=optuna.samplers.TPESampler(multivariate=True, seed=0))
    study = new_study(sampler)
    for _ in range(14):
        trial = study.ask({"lr": LR, "momentum": FloatDistribution(0, 1)})
        study.tell(trial, bowl(trial.params["lr"]) + trial.params["momentum"])
    assert "lr" not in sampler.infer_relative_search_space(study, study.trials[-1])
    assert "momentum" in sampler.infer_relative_search_space(study, study.trials[-1])
    assert len(set(first_deals(study))) == 14


def test_what_was_dealt_tells_init_and_epochs():
    study = new_study()
    trial = study.ask()
    with pytest.raises(ValueError, match="suggest the learning rate first"):
        dealt(trial)
    trial.suggest_float("lr", 1e-6, 10, log=True)
    leg = dealt(trial)
    assert (leg.rate, leg.round, leg.init, leg.epochs) == (Rate("10"), 1, 0, 3)
    assert dealt(study.trials[0]) == leg


# State


def test_the_state_is_recomputed_from_the_study():
    study = new_study()
    for _ in range(10):
        trial = study.ask(WIDE)
        study.tell(trial, bowl(trial.params["lr"]))
    other = optuna.create_study(sampler=DigitSampler("lr", small()))
    for trial in study.trials:
        other.add_trial(trial)
    finish(study)
    finish(other)
    assert [t.params for t in other.trials] == [t.params for t in study.trials]


def test_a_new_process_goes_on_where_another_one_was(tmp_path):
    storage = f"sqlite:///{tmp_path / 'study.db'}"
    study = optuna.create_study(
        study_name="a", storage=storage, sampler=DigitSampler("lr", small())
    )
    study.optimize(objective, n_trials=11)
    for _ in range(35):
        again = optuna.load_study(
            study_name="a", storage=storage, sampler=DigitSampler("lr", small())
        )
        again.optimize(objective, n_trials=1)
    expected = alone(small())
    rates = [r.rate for r in expected.trials]
    assert [trial.params["lr"] for trial in study.trials][: len(rates)] == rates


def test_what_is_stored_is_plain_json():
    study = new_study()
    study.optimize(objective, n_trials=3)
    stored = [study.user_attrs, *(trial.user_attrs for trial in study.trials)]
    assert json.loads(json.dumps(stored, allow_nan=False)) == stored
    assert study.user_attrs["lrsearch"]["search"] == small().config()
    assert all("lrsearch" not in key for trial in study.trials for key in trial.system_attrs)


def test_no_attribute_holds_a_pickle_and_a_copy_starts_from_the_study():
    study = new_study()
    study.optimize(objective, n_trials=9)
    for copied in (pickle.loads(pickle.dumps(study.sampler)), copy.deepcopy(study.sampler)):
        assert copied.searched(study).spent == study.sampler.searched(study).spent
        assert copied.evidence(study) == study.sampler.evidence(study)
    assert not any(
        isinstance(value, bytes) for trial in study.trials for value in trial.user_attrs.values()
    )


def test_one_sampler_serves_several_studies():
    sampler = DigitSampler("lr", small())
    studies = [new_study(sampler) for _ in range(2)]
    for _ in range(20):
        for study in studies:
            study.optimize(objective, n_trials=1)
    assert [t.params for t in studies[0].trials] == [t.params for t in studies[1].trials]


def test_the_search_object_given_is_never_changed():
    search = small()
    new_study(DigitSampler("lr", search)).optimize(objective, n_trials=9)
    assert search.events == []


# Several workers


def shuffled(seed, workers, search, died=0.0, score=bowl):
    """A study whose workers come back in any order, and die now and then."""
    generator = np.random.default_rng(seed)
    study = new_study(DigitSampler("lr", search))
    held, deaths = [], 0
    for _ in range(5000):
        if len(held) < workers:
            held.append(study.ask(WIDE))
            continue
        trial = held.pop(generator.integers(len(held)))
        if generator.random() < died:
            deaths += 1
            # what optuna.storages.fail_stale_trials does to a dead worker's trial
            study._storage.set_trial_state_values(trial._trial_id, TrialState.FAIL)
            continue
        study.tell(trial, score(trial.params["lr"]))
        if study.sampler.searched(study).done:
            return study, deaths
    raise AssertionError("the search did not end")


@pytest.mark.parametrize("workers", [2, 5, 30])
def test_the_rate_recommended_does_not_depend_on_the_number_of_workers(workers):
    expected = alone(small())
    for seed in range(3):
        study, _ = shuffled(seed, workers, small())
        searched = study.sampler.searched(study)
        assert (searched.rate, searched.kept) == (expected.rate, expected.kept)
        assert [r.rates for r in searched.rounds] == [r.rates for r in expected.rounds]


@pytest.mark.parametrize("workers", [2, 5, 30])
def test_no_first_evaluation_is_doubled(workers):
    study, _ = shuffled(0, workers, small())
    numbers = first_deals(study)
    assert sorted(numbers) == sorted(set(numbers))
    assert set(numbers) == {record.number for record in alone(small()).trials}


def test_a_dead_worker_s_rate_is_dealt_again_and_no_other():
    expected = alone(small())
    for seed in range(5):
        study, deaths = shuffled(seed, 4, small(), died=0.2)
        numbers = Counter(first_deals(study))
        assert set(numbers) == {record.number for record in expected.trials}
        assert sum(numbers.values()) - len(numbers) <= deaths
        assert study.sampler.searched(study).rate == expected.rate


def test_running_trials_count_as_out():
    study = new_study()
    trials = [study.ask(WIDE) for _ in range(8)]
    assert len({trial.params["lr"] for trial in trials}) == 8


def test_a_worker_that_comes_while_a_round_waits_repeats_the_leading_rate():
    study = new_study()
    trials = [study.ask(WIDE) for _ in range(8)]
    for trial in trials[:-1]:
        study.tell(trial, bowl(trial.params["lr"]))
    waiting = [study.ask(WIDE), study.ask(WIDE)]
    assert [trial.params["lr"] for trial in waiting] == [0.001, 0.001]
    assert all(trial.user_attrs["lrsearch"]["repeat"] for trial in waiting)
    assert dealt(waiting[0]).init != dealt(waiting[1]).init
    assert 0 not in (dealt(waiting[0]).init, dealt(waiting[1]).init)


def test_a_worker_that_comes_before_any_score_repeats_a_rate_that_is_out():
    study = new_study()
    trials = [study.ask(WIDE) for _ in range(9)]
    assert trials[8].params["lr"] in {trial.params["lr"] for trial in trials[:8]}
    assert trials[8].user_attrs["lrsearch"]["repeat"]


def test_a_repeat_does_not_count_in_the_ranking_but_in_the_evidence():
    study = new_study()
    trials = [study.ask(WIDE) for _ in range(8)]
    for trial in trials[:-1]:
        study.tell(trial, bowl(trial.params["lr"]))
    before = study.sampler.evidence(study)
    assert "repeated" not in before.sentence
    for score in (900.0, 901.0):
        study.tell(study.ask(WIDE), score)
    study.tell(trials[-1], bowl(trials[-1].params["lr"]))
    searched = study.sampler.searched(study)
    assert searched.rounds[0].kept[0] == Rate("0.001")
    assert "repeated from different inits" in study.sampler.evidence(study).sentence
    assert study.sampler.evidence(study).noise > 100


def test_a_trial_of_another_process_is_never_dealt_what_this_one_deals(monkeypatch):
    """Two processes read the study before either has written: both see that, and deal anew."""
    storage = optuna.storages.InMemoryStorage()
    studies = [
        optuna.create_study(
            study_name="a",
            storage=storage,
            load_if_exists=True,
            sampler=DigitSampler("lr", small()),
        )
        for _ in range(2)
    ]
    asked = [study.ask() for study in studies]
    write = storage.set_trial_user_attr
    interrupted = []

    def write_after_the_other(trial_id, key, value):
        if not interrupted:
            interrupted.append(trial_id)
            # The other one's read took this one for older than it is: no place was kept.
            monkeypatch.setattr("lrsearch_optuna.study_view._ABOUT_TO", timedelta(0))
            asked[1].suggest_float("lr", 1e-6, 10, log=True)
        write(trial_id, key, value)

    monkeypatch.setattr(storage, "set_trial_user_attr", write_after_the_other)
    asked[0].suggest_float("lr", 1e-6, 10, log=True)
    assert interrupted
    assert asked[0].params["lr"] != asked[1].params["lr"]


def test_a_trial_about_to_be_dealt_to_keeps_its_place():
    study = new_study()
    early = study.ask()
    late = study.ask(WIDE)
    early.suggest_float("lr", 1e-6, 10, log=True)
    assert [early.params["lr"], late.params["lr"]] == [
        record.rate for record in alone(small()).trials
    ][:2]


def test_a_trial_that_died_before_it_was_dealt_to_keeps_no_place_for_ever(monkeypatch):
    monkeypatch.setattr("lrsearch_optuna.study_view._ABOUT_TO", timedelta(0))
    study = new_study(DigitSampler("lr", lrsearch.GridSearch(["0.1", "0.01"], epochs=1)))
    study.ask()
    rates = {study.ask(WIDE).params["lr"] for _ in range(2)}
    assert rates == {0.1, 0.01}


@pytest.mark.parametrize("n_jobs", [2, 4])
def test_threads_share_a_sampler(n_jobs):
    study = new_study()
    study.optimize(objective, n_trials=60, n_jobs=n_jobs)
    numbers = first_deals(study)
    assert len(numbers) == len(set(numbers))
    assert study.sampler.searched(study).rate == alone(small()).rate


# Endings


def test_after_the_last_digit_a_further_ask_repeats_the_recommended_rate():
    study = new_study()
    finish(study)
    further = [study.ask(WIDE) for _ in range(3)]
    assert {trial.params["lr"] for trial in further} == {float(alone(small()).rate)}
    assert all(trial.user_attrs["lrsearch"]["repeat"] for trial in further)
    assert len({dealt(trial).init for trial in further}) == 3


def test_a_finished_search_does_not_stop_the_study():
    study = new_study()
    study.optimize(objective, n_trials=80)
    assert len(study.trials) == 80


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_it_stops_the_study_where_the_user_asked_for_that(n_jobs):
    study = new_study(DigitSampler("lr", small(), stop=True))
    study.optimize(objective, n_trials=500, n_jobs=n_jobs)
    trials = len(alone(small()).trials)
    assert trials <= len(study.trials) <= trials + 20
    assert n_jobs > 1 or len(study.trials) == trials


def test_stopping_does_not_disturb_a_loop_of_ask_and_tell():
    study = new_study(DigitSampler("lr", lrsearch.GridSearch(["0.1"], epochs=1), stop=True))
    for _ in range(3):
        study.tell(study.ask(WIDE), 0.5)
    assert study.sampler.searched(study).done


def test_a_search_whose_rates_all_diverge_ends_with_its_reason():
    study = new_study(DigitSampler("lr", lrsearch.GridSearch(["0.1", "0.01"], epochs=1)))
    for _ in range(2):
        study.tell(study.ask(WIDE), math.inf)
    with pytest.raises(RuntimeError, match="none of the 2 rates has a finite score"):
        study.ask(WIDE)


# Scores


def test_pruned_trials_count_with_the_best_they_reported():
    study = new_study(DigitSampler("lr", lrsearch.GridSearch(["0.1", "0.01"], epochs=9)))
    trial = study.ask(WIDE)
    for epoch, score in enumerate((0.5, 0.3, 0.4)):
        trial.report(score, epoch)
    study.tell(trial, state=TrialState.PRUNED)
    study.tell(study.ask(WIDE), 0.2)
    first, second = study.sampler.searched(study).trials
    assert (first.score, first.state, first.epoch) == (0.3, "stopped", 3)
    assert (second.score, second.state) == (0.2, "complete")


def test_pruners_work_as_usual():
    study = new_study(pruner=optuna.pruners.MedianPruner(n_startup_trials=3, n_warmup_steps=0))

    def reporting(trial):
        rate = trial.suggest_float("lr", 1e-6, 10, log=True)
        for epoch in range(1, 4):
            trial.report(bowl(rate) + 1 / epoch, epoch)
            if trial.should_prune():
                raise optuna.TrialPruned
        return bowl(rate) + 1 / 3

    study.optimize(reporting, n_trials=40)
    assert sum(trial.state == TrialState.PRUNED for trial in study.trials) > 2
    assert study.sampler.searched(study).rate == Rate("0.0023")


def test_a_pruner_that_hides_trials_from_the_sampler_does_not_confuse_it():
    study = new_study(pruner=optuna.pruners.HyperbandPruner(max_resource=9))

    def reporting(trial):
        rate = trial.suggest_float("lr", 1e-6, 10, log=True)
        for epoch in range(9):
            trial.report(bowl(rate), epoch)
            if trial.should_prune():
                raise optuna.TrialPruned
        return bowl(rate)

    study.optimize(reporting, n_trials=60)
    numbers = first_deals(study)
    assert len(numbers) == len(set(numbers))
    searched = study.sampler.searched(study)
    assert searched.done
    assert len(numbers) == len(searched.trials)


@pytest.mark.parametrize(
    "end", [{"values": math.inf}, {"values": -math.inf}, {"state": TrialState.PRUNED}]
)
def test_trials_without_a_finite_score_diverge(end):
    study = new_study(DigitSampler("lr", lrsearch.GridSearch(["0.1", "0.01"], epochs=1)))
    study.tell(study.ask(WIDE), **end)
    study.tell(study.ask(WIDE), 0.5)
    searched = study.sampler.searched(study)
    assert [record.state for record in searched.trials] == ["diverged", "complete"]
    assert searched.rate == Rate("0.01")


def test_a_trial_that_reported_nan_diverges_at_once():
    study = new_study(DigitSampler("lr", lrsearch.GridSearch(["0.1", "0.01"], epochs=1)))
    trial = study.ask(WIDE)
    trial.report(math.nan, 1)
    study.tell(trial, state=TrialState.FAIL)
    assert study.ask(WIDE).params["lr"] == 0.01


@pytest.mark.parametrize("retries", [0, 1, 2])
def test_a_rate_whose_objective_fails_is_dealt_again_so_often_and_then_diverges(retries):
    search = lrsearch.GridSearch(["0.1", "0.01"], epochs=1)
    study = new_study(DigitSampler("lr", search, retries=retries))

    def failing(trial):
        if trial.suggest_float("lr", 1e-6, 10, log=True) > 0.05:
            raise ArithmeticError
        return 0.5

    study.optimize(failing, n_trials=retries + 2, catch=(ArithmeticError,))
    rates = [trial.params["lr"] for trial in study.trials]
    assert rates == [0.1] * (retries + 1) + [0.01]
    states = [record.state for record in study.sampler.searched(study).trials]
    assert states == ["diverged", "complete"]


def test_a_zero_rate_is_dealt_where_the_range_holds_it():
    search = DigitSearch(["0.002", "0.001", "0"], digits=0, epochs=1)
    study = optuna.create_study(sampler=DigitSampler("lr", search))
    rates = [study.ask({"lr": FloatDistribution(0, 1)}).params["lr"] for _ in range(3)]
    assert rates == [0.002, 0.001, 0.0]


# Constraints


def constrained(trial):
    """Best at 0.00234, which is not allowed: rates have to be 0.01 at the least."""
    rate = trial.suggest_float("lr", 1e-6, 10, log=True)
    trial.set_user_attr("broken", 0.01 - rate)
    return bowl(rate)


@pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")
@pytest.mark.parametrize("stop", [False, True])
def test_a_rate_whose_trials_break_a_constraint_is_never_recommended(stop):
    fallback = optuna.samplers.TPESampler(
        constraints_func=lambda trial: (trial.user_attrs["broken"],)
    )
    sampler = DigitSampler("lr", small(), fallback=fallback, stop=stop, retries=0)
    study = new_study(sampler)
    study.optimize(constrained, n_trials=60)
    searched = sampler.searched(study)
    assert searched.done
    assert searched.rate == Rate("0.01") == study.best_trial.params["lr"]
    assert all(r.state == "diverged" for r in searched.trials if r.rate < 0.01)


def test_a_rate_that_another_parameter_made_infeasible_is_dealt_again():
    fallback = optuna.samplers.PartialFixedSampler({"depth": 3}, optuna.samplers.RandomSampler())
    study = new_study(DigitSampler("lr", lrsearch.GridSearch(["0.1", "0.01"]), fallback=fallback))
    for broken in (1.0, -1.0, -1.0):
        trial = study.ask({"lr": LR, "depth": IntDistribution(1, 9)})
        study._storage.set_trial_system_attr(trial._trial_id, "constraints", (broken,))
        study.tell(trial, bowl(trial.params["lr"]))
    assert first_deals(study) == [0, 0, 1]
    assert [r.state for r in study.sampler.searched(study).trials] == ["complete", "complete"]


# Trials that Optuna sets itself


def test_enqueued_trials_do_not_count():
    study = new_study()
    study.enqueue_trial({"lr": 0.00777})
    finish(study)
    assert study.trials[0].params["lr"] == 0.00777
    rates = [trial.params["lr"] for trial in study.trials[1:]]
    assert rates == [record.rate for record in alone(small()).trials]
    assert "lrsearch" not in study.trials[0].user_attrs


def test_a_dead_trial_that_optuna_enqueues_again_is_dealt_its_rate():
    name = "RetryHeartbeatStaleTrialCallback"  # it had another name before
    retry = getattr(optuna.storages, name, None) or optuna.storages.RetryFailedTrialCallback
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        enqueue = retry()
    study = new_study()
    trial = study.ask(WIDE)
    study._storage.set_trial_state_values(trial._trial_id, TrialState.FAIL)
    enqueue(study, study.trials[0])
    finish(study)
    numbers = first_deals(study)
    assert Counter(numbers)[0] == 2
    assert len(numbers) == len(set(numbers)) + 1


# Bad input


def named_otherwise(trial):
    trial.suggest_int("depth", 1, 3)
    return bowl(trial.suggest_float("learning_rate", 1e-6, 10, log=True))


def test_a_parameter_that_never_comes_up_is_a_warning_that_names_those_that_did():
    study = new_study(DigitSampler())
    match = r"'lr', which none of the first 3 trials .*'depth', 'learning_rate', which TPESampler"
    with pytest.warns(UserWarning, match=match) as warned:
        study.optimize(named_otherwise, n_trials=20)
    assert len([w for w in warned if "DigitSampler" in str(w.message)]) == 1


@pytest.mark.filterwarnings("error")
def test_a_parameter_that_comes_up_now_and_then_is_no_warning():
    study = new_study()

    def now_and_then(trial):
        if trial.suggest_int("branch", 0, 9) or trial.number == 1:
            return bowl(trial.suggest_float("lr", 1e-6, 10, log=True))
        return 9.0

    study.optimize(now_and_then, n_trials=20)


@pytest.mark.parametrize(
    ("distribution", "match"),
    [
        (IntDistribution(1, 10), "float parameter.*IntDistribution"),
        (CategoricalDistribution([0.1, 0.01]), "float parameter.*CategoricalDistribution"),
        (FloatDistribution(0, 1, step=0.1), "step"),
        (FloatDistribution(2e-3, 3e-3), "holds none of the search's first rates 10, 1, 0.1"),
    ],
)
def test_a_parameter_that_cannot_hold_the_rates_is_a_value_error(distribution, match):
    study = new_study(DigitSampler("lr"))
    with pytest.raises(ValueError, match=match):
        study.ask({"lr": distribution})


def test_rates_out_of_the_range_are_passed_over():
    space = {"lr": FloatDistribution(2e-3, 5e-2, log=True)}
    study = new_study()
    rates = []
    while not rates or not study.sampler.searched(study).done:
        trial = study.ask(space)
        rates.append(trial.params["lr"])
        study.tell(trial, bowl(rates[-1]))
    assert rates[0] == 0.01
    assert min(rates) == 0.002
    assert max(rates) <= 0.05
    assert study.sampler.searched(study).rate == Rate("0.0023")


def test_a_range_that_changes_within_a_study_is_a_value_error():
    study = new_study()
    study.ask(WIDE)
    with pytest.raises(ValueError, match=r"cannot change.*1e-06 to 10.*0.001 to 1"):
        study.ask({"lr": FloatDistribution(1e-3, 1)})


def test_a_study_with_another_search_s_trials_is_an_error_that_shows_both():
    study = new_study()
    study.optimize(objective, n_trials=2)
    study.sampler = DigitSampler("lr", small(keep=3))
    with pytest.raises(ValueError, match=r'(?s)"keep": 2.*"keep": 3'):
        study.optimize(objective, n_trials=1)


def test_two_searches_that_begin_one_study_at_once_are_an_error():
    study = new_study()
    study.ask(WIDE)
    other = DigitSampler("lr", small(keep=3))
    study._storage.set_study_user_attr(
        study._study_id,
        "lrsearch",
        {"param": "lr", "low": 1e-6, "high": 10.0, "search": small(keep=3).config()},
    )
    study.sampler = other
    with pytest.raises(ValueError, match="trial 0 of the study was dealt by another search"):
        study.ask(WIDE)


def test_another_sampler_s_trials_do_not_count():
    study = new_study(optuna.samplers.RandomSampler(seed=0))
    study.optimize(objective, n_trials=5)
    study.sampler = DigitSampler("lr", small())
    finish(study)
    rates = [trial.params["lr"] for trial in study.trials[5:]]
    assert rates == [record.rate for record in alone(small()).trials]


def test_another_direction_is_a_value_error():
    study = optuna.create_study(direction="maximize", sampler=DigitSampler("lr", small()))
    with pytest.raises(ValueError, match=r"'maximize'.*'minimize'"):
        study.ask(WIDE)


def test_a_race_is_a_value_error_that_names_what_to_take():
    race = lrsearch.DigitRace(budget=100, max_epochs=50)
    study = new_study(DigitSampler("lr", race))
    with pytest.raises(ValueError, match=r"DigitRace hands out.*DigitRacePruner"):
        study.ask(WIDE)


def test_a_search_that_has_begun_is_a_value_error():
    search = small()
    search.ask()
    with pytest.raises(ValueError, match="a new one"):
        DigitSampler("lr", search)


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"param": 3}, TypeError),
        ({"search": "DigitSearch"}, TypeError),
        ({"retries": -1}, ValueError),
        ({"retries": True}, TypeError),
    ],
)
def test_arguments_that_make_no_sense_are_errors(arguments, error):
    with pytest.raises(error):
        DigitSampler(**arguments)


def test_a_metric_that_is_never_told_leaves_its_trial_out():
    """Optuna records an objective that returns nothing as failed."""
    study = new_study(DigitSampler("lr", lrsearch.GridSearch(["0.1", "0.01"], epochs=1)))
    study.optimize(lambda trial: objective(trial) and None, n_trials=4)
    assert [trial.params["lr"] for trial in study.trials] == [0.1, 0.1, 0.01, 0.01]
    searched = study.sampler.searched(study)
    assert searched.done
    assert searched.rate is None


def test_results_of_a_study_that_was_dealt_nothing_are_a_value_error():
    with pytest.raises(ValueError, match="no trial of this study was dealt a rate for 'lr'"):
        DigitSampler("lr").searched(optuna.create_study())

import math
import pickle

import numpy as np
import optuna
import pytest

from lrsearch import DigitSearch
from lrsearch_optuna import DigitRacePruner, DigitSampler

MAX_EPOCHS = 64


def score(rate, epoch):
    """Gradient descent on a bowl: slow below the best rate, unstable above 0.3."""
    if rate > 0.3:
        return 10.0 * (1 + rate) ** epoch
    return 0.1 + 3 * math.exp(-0.5 * rate * epoch) + 2 * rate**2


def objective(trial):
    rate = trial.suggest_float("lr", 1e-6, 10, log=True)
    for epoch in range(1, MAX_EPOCHS + 1):
        value = score(rate, epoch)
        trial.report(value, epoch)
        if trial.should_prune():
            raise optuna.TrialPruned
    return value


def new_study(sampler=None, pruner=None, direction="minimize"):
    return optuna.create_study(
        direction=direction,
        sampler=sampler or DigitSampler("lr", DigitSearch(digits=1, epochs=MAX_EPOCHS)),
        pruner=pruner or DigitRacePruner(MAX_EPOCHS),
    )


def epochs(study):
    return {trial.params["lr"]: len(trial.intermediate_values) for trial in study.trials}


def test_it_finds_the_rate_of_full_trainings_in_fewer_epochs():
    full, raced = new_study(pruner=optuna.pruners.NopPruner()), new_study()
    for study in (full, raced):
        study.optimize(objective, n_trials=40)
    assert raced.sampler.searched(raced).rate == full.sampler.searched(full).rate
    assert sum(epochs(raced).values()) < 0.7 * sum(epochs(full).values())


def test_the_best_rates_are_trained_in_full_and_hopeless_ones_a_few_epochs():
    study = new_study()
    study.optimize(objective, n_trials=8)
    assert epochs(study)[0.1] == MAX_EPOCHS
    assert epochs(study)[1e-6] <= MAX_EPOCHS // 8


def test_a_slow_rate_stays_while_the_epochs_left_can_bring_it_to_the_leader():
    study = new_study(optuna.samplers.GridSampler({"lr": [0.3, 0.2, 0.01, 0.0001]}, seed=0))
    for rate in (0.3, 0.2, 0.05, 0.0001):
        study.enqueue_trial({"lr": rate})
    study.optimize(objective, n_trials=4)
    shown = epochs(study)
    assert shown[0.05] > shown[0.0001]


def test_maximizing_the_negated_score_ends_the_same_trials():
    def negated(trial):
        rate = trial.suggest_float("lr", 1e-6, 10, log=True)
        for epoch in range(1, MAX_EPOCHS + 1):
            trial.report(-score(rate, epoch), epoch)
            if trial.should_prune():
                raise optuna.TrialPruned
        return -score(rate, MAX_EPOCHS)

    minimized = new_study()
    minimized.optimize(objective, n_trials=20)
    sampler = DigitSampler("lr", DigitSearch(digits=1, epochs=MAX_EPOCHS, direction="maximize"))
    maximized = new_study(sampler, direction="maximize")
    maximized.optimize(negated, n_trials=20)
    assert epochs(maximized) == epochs(minimized)


def test_nothing_is_ended_before_there_are_others_to_compare_with():
    study = new_study()
    study.optimize(objective, n_trials=2)
    assert set(epochs(study).values()) == {MAX_EPOCHS}


def test_a_trial_is_judged_at_the_levels_of_the_race_only():
    study = new_study()
    study.optimize(objective, n_trials=30)
    ends = set(epochs(study).values())
    assert ends <= {2, 4, 8, 16, 32, 64}


def test_equal_trials_are_all_trained_in_full_or_judged_alike():
    study = new_study(optuna.samplers.RandomSampler(seed=1))

    def constant(trial):
        trial.suggest_float("lr", 1e-6, 10, log=True)
        for epoch in range(MAX_EPOCHS):
            trial.report(0.5, epoch)
            if trial.should_prune():
                raise optuna.TrialPruned
        return 0.5

    study.optimize(constant, n_trials=20)
    highest = max(study.trials, key=lambda trial: trial.params["lr"])
    assert len(highest.intermediate_values) == MAX_EPOCHS


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_trial_that_diverged_is_ended(value):
    study = new_study()
    trial = study.ask()
    trial.suggest_float("lr", 1e-6, 10, log=True)
    trial.report(value, 1)
    assert trial.should_prune()


def test_trials_that_diverged_are_no_leaders_but_bound_the_range():
    study = new_study(optuna.samplers.RandomSampler(seed=0))
    for rate in (10, 1, 0.1, 0.01):
        study.enqueue_trial({"lr": rate})

    def diverging(trial):
        rate = trial.suggest_float("lr", 1e-6, 10, log=True)
        for epoch in range(1, MAX_EPOCHS + 1):
            trial.report(math.inf if rate > 0.3 else score(rate, epoch), epoch)
            if trial.should_prune():
                raise optuna.TrialPruned
        return score(rate, epoch)

    study.optimize(diverging, n_trials=4)
    assert epochs(study)[10] == epochs(study)[1] == 1
    assert epochs(study)[0.1] == MAX_EPOCHS


def test_a_trial_without_the_parameter_or_without_a_report_is_left_alone():
    study = new_study(pruner=DigitRacePruner(MAX_EPOCHS, param="rate"))
    study.optimize(objective, n_trials=8)
    assert set(epochs(study).values()) == {MAX_EPOCHS}
    trial = study.ask()
    assert not trial.should_prune()


def test_with_another_sampler_the_best_trial_is_as_good_as_without_pruning():
    full = new_study(optuna.samplers.TPESampler(seed=3), optuna.pruners.NopPruner())
    raced = new_study(optuna.samplers.TPESampler(seed=3))
    for study in (full, raced):
        study.optimize(objective, n_trials=30)
    assert raced.best_value <= full.best_value * 1.05
    assert sum(epochs(raced).values()) < sum(epochs(full).values())


def test_noise_does_not_end_the_best_rate():
    generator = np.random.default_rng(0)

    def noisy(trial):
        rate = trial.suggest_float("lr", 1e-6, 10, log=True)
        for epoch in range(1, MAX_EPOCHS + 1):
            value = score(rate, epoch) + generator.normal(0, 0.05)
            trial.report(value, epoch)
            if trial.should_prune():
                raise optuna.TrialPruned
        return value

    for _ in range(5):
        study = new_study()
        study.optimize(noisy, n_trials=8)
        assert epochs(study)[0.1] == MAX_EPOCHS


def test_it_can_be_pickled():
    study = new_study()
    study.optimize(objective, n_trials=5)
    twin = pickle.loads(pickle.dumps(study.pruner))
    assert twin.prune(study, study.trials[-1]) == study.pruner.prune(study, study.trials[-1])


@pytest.mark.parametrize(
    ("max_epochs", "error"),
    [(0, ValueError), (1.5, TypeError), (True, TypeError), ("64", TypeError)],
)
def test_epochs_that_make_no_sense_are_errors(max_epochs, error):
    with pytest.raises(error, match=f"max_epochs has to be .*got {max_epochs!r}"):
        DigitRacePruner(max_epochs)


def test_several_objectives_are_a_value_error():
    study = optuna.create_study(directions=["minimize", "minimize"])
    with pytest.raises(ValueError, match="several objectives"):
        DigitRacePruner(10).prune(study, study.ask()._get_latest_trial())


def test_a_pruner_that_compares_at_few_epochs_is_warned_of_once():
    hasty = optuna.pruners.SuccessiveHalvingPruner(min_resource=1, reduction_factor=4)
    study = new_study(pruner=hasty)
    with pytest.warns(UserWarning, match="SuccessiveHalvingPruner compares trials") as shown:
        study.optimize(objective, n_trials=16)
    assert len(shown) == 1


def test_the_races_own_rule_is_not_warned_of(recwarn):
    study = new_study()
    study.optimize(objective, n_trials=8)
    assert any(trial.state == optuna.trial.TrialState.PRUNED for trial in study.trials)
    assert not [w for w in recwarn if "compares trials" in str(w.message)]

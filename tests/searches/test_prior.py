"""DigitRace with little to spend, and with a prior: what it recommends, and bad input."""

import math

import numpy as np
import pytest

from lrsearch.evidence import curve
from lrsearch.rate import Rate
from lrsearch.registry import from_config
from lrsearch.searches.choice import aim, choose
from lrsearch.searches.digits import DECADES
from lrsearch.searches.levels import beginning
from lrsearch.searches.race import DigitRace
from lrsearch.testing import SearchContract, run


class TestContractWithAPrior(SearchContract):
    def make(self, direction):
        return DigitRace(120, 60, direction=direction, prior="0.003")


class TestContractOfAQuarter(SearchContract):
    def make(self, direction):
        return DigitRace(40, 160, direction=direction)


def race(loss, budget, max_epochs, **kwargs):
    search = DigitRace(budget, max_epochs, **kwargs)
    return run(search, lambda trial, epoch: loss(math.log10(trial.rate), epoch))


def noisy(x, epoch, edge=-1.0):
    """What a rate 10**x has learnt, which noise limits the more the higher it is."""
    if x > edge:
        return math.nan
    return (1 + 30 * epoch * 10 ** (x - edge)) ** -0.7 + 0.1 * 10 ** (0.5 * (x - edge))


def final(x, edge=-1.0):
    return min(noisy(x, epoch, edge) for epoch in range(1, 101))


def curves(*shown):
    return [curve(rate, dict(enumerate(losses, 1))) for rate, losses in shown]


# Below one training


@pytest.mark.parametrize("edge", [-3.2, -2.0, -0.9, 0.3])
@pytest.mark.parametrize("budget", [12, 25, 50])
def test_an_eighth_of_a_training_finds_more_than_the_leader_of_the_first_epochs(budget, edge):
    found = race(lambda x, e: noisy(x, e, edge), budget, 100)
    leader = min((r for r in found.trials if r.score is not None), key=lambda r: r.score)
    lowest = min(final(edge - step / 50, edge) for step in range(200))
    lost = final(math.log10(found.rate), edge) - lowest
    assert lost <= 0.02
    assert lost <= final(math.log10(leader.rate), edge) - lowest


def test_after_few_epochs_a_lower_rate_than_the_leader_is_aimed_at():
    shown = curves((0.001, [0.9]), (0.01, [0.5]), (0.1, [0.4]))
    leader, target = aim(shown, 100)
    assert leader is shown[2]
    assert -2 <= target <= -1.4
    assert aim(shown, 1)[1] == -1


def test_on_a_plateau_the_highest_of_equal_rates_leads():
    shown = curves((1e-6, [2.9]), (1e-4, [2.3]), (0.001, [2.3001]), (0.01, [2.3002]), (0.1, [9.0]))
    assert aim(shown, 50)[0] is shown[3]


def test_a_rate_that_recovers_from_an_explosion_does_not_lead():
    shown = curves((1e-6, [2.3, 2.3]), (0.01, [0.9, 0.5]), (0.1, [1.0, 0.8]), (10.0, [900.0, 2.4]))
    assert aim(shown, 40)[0] is shown[1]


def test_a_full_training_decides_by_its_score():
    shown = curves((0.01, [0.9, 0.8, 0.7, 0.6]), (0.03, [0.8, 0.7, 0.6, 0.5]), (0.1, [0.7, 0.7]))
    assert choose([Rate("0.01"), Rate("0.03"), Rate("0.1")], shown, 4)[0] == Rate("0.03")


def test_a_dead_trial_is_not_recommended_however_near_the_aim():
    shown = curves((0.003, [0.9, 0.6, 0.5]), (0.03, [1.0, 1.0, 1.0]), (0.1, [0.5, 0.4, 0.35]))
    assert choose([Rate("0.003"), Rate("0.03"), Rate("0.1")], shown, 100)[-1] == Rate("0.03")


@pytest.mark.parametrize("first", [DECADES, [Rate.power(e) for e in range(1, -9, -1)]])
def test_a_budget_of_one_epoch_a_decade_gives_a_rate(first):
    found = race(noisy, max(10, len(first)), 100, first=first)
    assert found.spent == max(10, len(first))
    assert -3 <= math.log10(found.rate) <= -1


@pytest.mark.parametrize(("edge", "most"), [(-5.0, 6), (-3.0, 5), (-1.0, 6), (1.0, 7)])
def test_a_budget_that_does_not_pay_each_decade_twice_is_not_spent_on_all_of_them(edge, most):
    found = race(lambda x, e: noisy(x, e, edge), 12, 100)
    decades = {r.rate for r in found.trials if r.rate.coefficient == 1}
    assert len(decades) <= most
    assert edge - 2.5 <= math.log10(found.rate) <= edge


@pytest.mark.parametrize("prior", [None, "0.001"])
@pytest.mark.parametrize("max_epochs", [1, 2])
def test_trainings_of_one_and_two_epochs_can_be_raced(max_epochs, prior):
    found = race(noisy, 10, max_epochs, prior=prior)
    assert found.spent <= 10
    assert -2.1 <= math.log10(found.rate) <= -1


# A prior


def test_a_race_begins_at_its_prior():
    search = DigitRace(20, 50, prior="0.003")
    rates = [trial.rate for trial in iter(search.ask, None)][:4]
    assert rates[0] == Rate("0.003")
    assert rates == beginning(DECADES, Rate("0.003"))


def test_a_right_prior_leaves_more_epochs_for_the_rates_that_matter():
    plain, believed = (race(lambda x, e: noisy(x, e, -4), 25, 100, prior=p) for p in (None, "1e-5"))
    near = [
        sum(r.epoch for r in found.trials if 3e-6 <= r.rate <= 1e-4) for found in (plain, believed)
    ]
    assert near[1] > near[0]


@pytest.mark.parametrize("edge", [-3.5, -2.0, -0.3])
@pytest.mark.parametrize("off", [-3, 3])
def test_a_prior_three_decades_off_costs_little(off, edge):
    prior = Rate(f"1e{min(1, max(-6, round(edge - 0.7) + off))}")
    found = race(lambda x, e: noisy(x, e, edge), 25, 100, prior=prior)
    lowest = min(final(edge - step / 50, edge) for step in range(200))
    assert final(math.log10(found.rate), edge) - lowest <= 0.03


def test_scores_that_say_little_leave_the_choice_to_the_prior():
    shown = curves((0.0001, [0.9]), (0.001, [0.5]), (0.01, [0.4]))
    without, below = aim(shown, 100)[1], aim(shown, 100, -3.4)[1]
    assert -3.4 < below < without
    assert aim(shown, 100, without - 2)[1] == without
    assert aim(shown, 1, -3.4)[1] == aim(shown, 1)[1]


def test_a_prior_may_have_digits():
    found = race(noisy, 25, 100, prior=0.00123)
    assert found.trials[0].rate == Rate("0.00123")
    assert len({r.rate for r in found.trials}) == len(found.trials)


def test_all_rates_diverge_but_the_priors():
    def loss(x, epoch):
        return 1 / epoch if abs(x + 3) < 0.01 else math.nan

    assert race(loss, 25, 100, prior="0.001").rate == Rate("0.001")


def test_all_rates_about_the_prior_diverge():
    found = race(lambda x, e: noisy(x, e, -5.2), 50, 100, prior="0.1")
    assert math.log10(found.rate) <= -5.2


def test_a_prior_too_low_is_left_while_nothing_has_been_learnt():
    """What moves a little only gets worse: 0/1 errors of an untrained classifier."""

    def loss(x, epoch):
        return 0.9 if x < -4 else 0.9 + 0.02 * (x + 4) if x < -2 else max(0.2, 0.8 - 0.1 * epoch)

    assert race(loss, 25, 100, prior="0.0001").rate >= Rate("0.01")


@pytest.mark.parametrize("prior", ["100", "1e-7", 0])
def test_a_prior_outside_first_is_an_error_that_says_what_to_do(prior):
    with pytest.raises(ValueError, match=r"prior has to lie within first, 1e-6 to 10, got "):
        DigitRace(100, 10, prior=prior)


@pytest.mark.parametrize("prior", ["-0.1", "nan", "a rate"])
def test_what_is_no_rate_is_no_prior(prior):
    with pytest.raises(ValueError, match="rate"):
        DigitRace(100, 10, prior=prior)


def test_a_race_without_a_prior_is_stored_as_before():
    assert "prior" not in DigitRace(100, 10).config()
    search = from_config(DigitRace(100, 10, prior="0.0020").config())
    assert search.prior == Rate("0.002")


@pytest.mark.parametrize("every", [2, 3, 5])
@pytest.mark.parametrize("budget", [12, 25, 50])
def test_not_every_epoch_has_to_be_validated(every, budget):
    search = DigitRace(budget, 100)
    for trial in search.iterate(resume=True):
        for epoch in range(trial.start_epoch + 1, trial.stop_epoch + 1):
            score = noisy(math.log10(trial.rate), epoch)
            shown = score if epoch % every == 0 or math.isnan(score) else None
            if not search.report(trial, shown):
                break
    assert search.spent <= budget
    assert -3.1 <= math.log10(search.rate) <= -1


# Noise


def on_rows(rows, seed, x, epoch, edge):
    """The accuracy on so many held-out rows; a rate's rows stay the same, its errors wander."""
    if x > edge:
        return 0.1
    right = 0.1 + 0.8 * max(0.0, 1 - noisy(x, epoch, edge))
    return np.random.default_rng([seed, abs(round(1e6 * x)), epoch]).binomial(rows, right) / rows


@pytest.mark.parametrize("prior", [None, "0.001"])
@pytest.mark.parametrize("edge", [-3.2, -0.9])
@pytest.mark.parametrize("rows", [100, 10])
def test_few_rows_and_their_equal_accuracies_find_a_good_rate(rows, edge, prior):
    """Ten rows have eleven accuracies: most trials share one."""
    lost = []
    for seed in range(10):
        search = DigitRace(50, 100, direction="maximize", prior=prior)
        run(search, lambda trial, e, s=seed: -on_rows(rows, s, math.log10(trial.rate), e, edge))
        lowest = min(final(edge - step / 50, edge) for step in range(200))
        lost.append(1 if search.rate > 10**edge else final(math.log10(search.rate), edge) - lowest)
    assert max(lost) <= 0.05


def test_rates_that_are_all_equal_are_answered_by_one_of_them():
    found = race(lambda x, e: 0.5, 25, 100, prior="0.001")
    assert found.rate in {record.rate for record in found.trials}
    assert found.evidence().digits == 0

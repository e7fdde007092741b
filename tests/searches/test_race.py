"""DigitRace: the contract, the budget, several workers, and the scores that mislead."""

import itertools
import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lrsearch
from lrsearch.evidence.curves import curve, finals, scatter
from lrsearch.rate import Rate
from lrsearch.searches.levels import between, fills, gap, levels, middle_out, plan, share
from lrsearch.searches.race import DigitRace
from lrsearch.searches.window import window
from lrsearch.testing import SearchContract, run, state


class TestContract(SearchContract):
    def make(self, direction):
        return DigitRace(300, 60, direction=direction)


class TestContractOnLittle(SearchContract):
    def make(self, direction):
        return DigitRace(120, 60, direction=direction, first=["0.1", "0.01", "0.001", "0.0001"])


def race(loss, budget, max_epochs, **kwargs):
    """Run a race on a loss of log10 rate and epoch."""
    search = DigitRace(budget, max_epochs, **kwargs)
    return run(search, lambda trial, epoch: loss(math.log10(trial.rate), epoch))


def progress(x, epoch, edge, floor=0.0, wait=0.0):
    """The loss after epochs of steps of 10**x, which diverges above 10**edge."""
    if x > edge:
        return math.nan
    moved = max(0.0, 30 * epoch * 10 ** (x - edge) - wait)
    return (1 + moved) ** -0.7 + floor * 10 ** (x - edge)


# What a race is for


@pytest.mark.parametrize("edge", [-4.2, -2.0, -0.3, 1.4])
@pytest.mark.parametrize("floor", [0.0, 0.05, 0.5])
@pytest.mark.parametrize("max_epochs", [10, 50, 350])
def test_two_trainings_find_a_rate_that_is_nearly_as_good_as_any(edge, floor, max_epochs):
    found = race(lambda x, e: progress(x, e, edge, floor), 2 * max_epochs, max_epochs)

    def final(x):
        return min(progress(x, e, edge, floor) for e in range(1, max_epochs + 1))

    best = min(final(edge - step / 50) for step in range(200))
    assert final(math.log10(found.rate)) - best < (0.03 if max_epochs > 10 else 0.06)


def test_a_rate_that_leads_early_does_not_win_by_it():
    def loss(x, epoch):
        fast, slow = 1 / (1 + epoch * 10 ** (x + 2)), 0.3 * 10 ** (0.5 * (x + 1))
        return fast + slow if x <= -1 else math.nan

    found = race(loss, 200, 100)
    tried = [-6 + step / 10 for step in range(50)]
    leader = min(tried, key=lambda x: loss(x, 4))
    final = min(tried, key=lambda x: loss(x, 100))
    assert abs(math.log10(found.rate) - final) < abs(leader - final) / 3


def test_a_plateau_that_only_a_high_rate_leaves_early_is_noticed():
    def loss(x, epoch):
        return 5 + 5 * progress(x, epoch, -1.3, wait=150)

    found = race(loss, 100, 50)
    assert -2.3 < math.log10(found.rate) <= -1.3


def test_an_island_between_two_dead_regions_is_kept():
    def loss(x, epoch):
        return 2 + 0.01 * math.sin(40 * x) if abs(x + 2.5) > 0.7 else 2 / (1 + 0.2 * epoch)

    assert abs(math.log10(race(loss, 100, 50).rate) + 2.5) <= 0.7


@pytest.mark.parametrize("optimum", [-8.0, 3.0])
def test_the_best_rate_at_an_end_moves_the_range(optimum):
    found = race(lambda x, e: (x - optimum) ** 2 + 1 / e, 400, 100)
    assert abs(math.log10(found.rate) - optimum) <= 1


def test_more_budget_means_more_digits():
    def loss(x, epoch):
        return (x + 2.63) ** 2 + 1 / epoch

    distances = [abs(math.log10(race(loss, 50 * b, 50).rate) + 2.63) for b in (1, 4, 16)]
    assert distances[0] >= distances[-1]
    assert distances[-1] < 0.05


def test_the_unit_and_the_offset_of_the_score_do_not_matter():
    def loss(x, epoch):
        return progress(x, epoch, -1.0, 0.1)

    plain = race(loss, 150, 50)
    other = race(lambda x, e: 1024 * loss(x, e) - 8, 150, 50)
    assert [record.rate for record in other.trials] == [record.rate for record in plain.trials]


def test_rates_are_short_decimals():
    found = race(lambda x, e: progress(x, e, -1.0, 0.1), 400, 50)
    assert max(record.rate.digits for record in found.trials) <= 2
    assert len({record.rate for record in found.trials}) == len(found.trials)


# The budget


@settings(deadline=None, max_examples=150)
@given(
    budget=st.integers(10, 600),
    max_epochs=st.integers(1, 400),
    workers=st.integers(1, 64),
    seed=st.integers(0, 10**6),
)
def test_it_never_overspends_and_always_ends(budget, max_epochs, workers, seed):
    generator = random.Random(seed)
    search = DigitRace(budget, max_epochs)
    held = []
    for _ in range(20_000):
        trial = search.ask(resume=generator.random() < 0.8) if len(held) < workers else None
        if trial is not None:
            assert 0 <= trial.start_epoch < trial.stop_epoch <= max_epochs
            held.append(trial)
        elif held:
            trial = held.pop(generator.randrange(len(held)))
            fate = generator.random()
            if fate < 0.1:
                search.release(trial)
            elif fate < 0.2:
                search.report(trial, generator.random())
                if trial in search.out:
                    search.release(trial)
            elif fate < 0.3:
                search.tell(trial, [math.nan])
            elif fate < 0.4:
                search.tell(trial, [generator.random()])
            else:
                search.tell(trial, [generator.random() for _ in range(trial.epochs)])
        else:
            break
        assert search.spent <= budget
    assert search.done
    copy = lrsearch.from_config(search.config())
    copy.replay(search.events)
    assert state(copy) == state(search)


@pytest.mark.parametrize("budget", [10, 11, 25, 100])
@pytest.mark.parametrize("max_epochs", [1, 10, 100])
def test_without_checkpoints_the_budget_holds_as_well(budget, max_epochs):
    search = DigitRace(budget, max_epochs)
    charged = 0
    while (trial := search.ask(resume=False)) is not None:
        assert trial.start_epoch == 0
        charged += trial.stop_epoch
        search.tell(
            trial, [abs(math.log10(trial.rate) + 2) + 1 / e for e in range(1, trial.epochs + 1)]
        )
    assert search.done
    assert search.spent == charged <= budget
    assert search.rate is not None


def test_the_budget_is_spent_while_it_is_of_use():
    assert race(lambda x, e: progress(x, e, -1.0, 0.1), 300, 100).spent == 300


def test_all_rates_in_full_end_a_race_whose_budget_is_not_needed():
    search = race(lambda x, e: (x + 2) ** 2, 10**4, 1)
    assert search.spent < 10**4
    assert "full training" in search.reason


# Several workers


def test_sixty_four_legs_can_be_out_and_be_told_in_any_order():
    search = DigitRace(2000, 100)
    trials = [search.ask() for _ in range(64)]
    assert all(trial is not None for trial in trials)
    assert len({trial.number for trial in trials}) == 64
    random.Random(0).shuffle(trials)
    for trial in trials:
        search.tell(
            trial, [progress(math.log10(trial.rate), e, -1.0) for e in range(1, trial.epochs + 1)]
        )
    run(search, lambda trial, epoch: progress(math.log10(trial.rate), epoch, -1.0))
    assert search.spent <= 2000
    assert -2 <= math.log10(search.rate) <= -1


@pytest.mark.parametrize("workers", [2, 4, 8])
def test_no_worker_waits_while_there_is_budget_for_the_next_level(workers):
    search = DigitRace(400, 100)
    held, waits, asks = [], 0, 0
    while not search.done:
        while len(held) < workers and (trial := search.ask()) is not None:
            held.append(trial)
            asks += 1
        free = 400 - search.spent - sum(trial.epochs for trial in held)
        waits += (workers - len(held)) * (free > 50)
        if not held:
            break
        trial = held.pop(0)
        search.tell(
            trial,
            [
                progress(math.log10(trial.rate), e, -1.0, 0.1)
                for e in range(trial.start_epoch + 1, trial.stop_epoch + 1)
            ],
        )
    assert waits <= 0.1 * asks * workers
    assert -2.5 <= math.log10(search.rate) <= -1


# What callers get wrong


@pytest.mark.parametrize("budget", [9, 0, -5])
def test_a_budget_below_the_least_useful_one_is_an_error(budget):
    with pytest.raises(ValueError, match=f"budget has to be at least 10, got {budget}"):
        DigitRace(budget, 10)


@pytest.mark.parametrize("max_epochs", [0, -1])
def test_less_than_one_epoch_is_an_error(max_epochs):
    with pytest.raises(ValueError, match=f"max_epochs has to be at least 1, got {max_epochs}"):
        DigitRace(100, max_epochs)


@pytest.mark.parametrize("first", [[], ["0"], ["0.1", "0"]])
def test_it_needs_rates_above_zero_to_begin_with(first):
    with pytest.raises(ValueError, match="above 0"):
        DigitRace(100, 10, first=first)


def test_a_race_in_which_all_trials_diverge_looks_below_and_ends_without_a_rate():
    search = race(lambda x, e: math.nan, 100, 20)
    assert search.rate is None
    assert min(record.rate for record in search.trials) == Rate("1e-10")
    assert "finite" in search.reason
    assert search.evidence() is None


def test_only_rates_below_the_range_that_do_not_diverge_are_found():
    found = race(lambda x, e: progress(x, e, -7.5), 200, 50)
    assert -9 <= math.log10(found.rate) <= -7.5


def test_equal_scores_recommend_a_rate_and_support_no_digit():
    search = race(lambda x, e: 1.0, 100, 20)
    assert search.rate is not None
    assert search.evidence().digits == 0


@pytest.mark.parametrize(("budget", "max_epochs"), [(10, 40), (20, 40), (60, 30), (400, 100)])
@pytest.mark.parametrize("prior", [None, "0.001"])
def test_where_nothing_is_learnt_no_rate_at_an_end_is_recommended(budget, max_epochs, prior):
    search = race(lambda x, e: 1.0, budget, max_epochs, prior=prior)
    assert 1e-4 <= search.rate <= 0.1
    if prior is not None:
        assert search.rate == Rate(prior)


def test_a_score_a_leg_is_enough():
    search = DigitRace(200, 50)
    for trial in search.iterate(resume=True):
        search.tell(trial, progress(math.log10(trial.rate), trial.stop_epoch, -1.0))
    assert -2 <= math.log10(search.rate) <= -1


def test_a_trial_that_its_worker_ended_is_not_continued():
    search = DigitRace(200, 50)
    trial = search.ask()
    search.tell(trial, [1.0])
    legs = [other for other in iter(search.ask, None) if other.number == trial.number]
    assert not legs


# The pieces


def test_levels_double_up_to_a_full_training():
    for max_epochs in (1, 2, 3, 10, 50, 99, 350):
        rising = levels(max_epochs, 10**6)
        assert rising[-1] == max_epochs
        assert all(low < high <= 2 * low for low, high in itertools.pairwise(rising))
        assert rising[0] <= max(1, max_epochs / 20)


@given(left=st.integers(1, 5000), above=st.lists(st.integers(1, 500), min_size=1, max_size=9))
def test_a_level_gets_no_more_than_what_is_left(left, above):
    assert 0 < share(left, sorted(above)) <= left


def test_gaps_narrow_as_the_levels_rise():
    widths = [gap(level, 100) for level in levels(100, 100)]
    assert widths == sorted(widths, reverse=True)


@given(st.integers(-8, 2), st.integers(1, 99), st.integers(1, 99), st.integers(1, 3))
def test_a_rate_between_two_others_has_no_more_digits_than_asked(place, one, two, digits):
    low, high = sorted((Rate(f"{one}e{place}"), Rate(f"{two}e{place}")))
    found = between(low, high, digits)
    if found is not None:
        assert low < found < high
        assert found.digits <= digits


def test_fills_close_the_widest_gaps_first_and_stop():
    rates = [Rate.power(e) for e in range(-4, 0)]
    filled = list(fills(rates, -3, -2, 0.35, -2.5, 2))
    assert [str(rate) for rate in filled[:1]] == ["0.003"]
    assert all(Rate("0.001") < rate < Rate("0.01") for rate in filled)


def test_middle_out_begins_in_the_middle():
    rates = [Rate.power(e) for e in range(-6, 2)]
    assert [int(math.log10(r)) for r in middle_out(rates)] == [-3, -2, -4, -1, -5, 0, -6, 1]


def shown(x, losses, first_epoch=1):
    return curve(10.0**x, dict(enumerate(losses, first_epoch)))


def test_a_diverged_trial_has_no_curve():
    assert shown(-1, [1.0, math.nan]) is None
    assert curve(0.1, {}) is None


def test_the_gain_of_a_doubling_is_unknown_from_one_score():
    assert math.isnan(shown(-1, [1.0]).gain)
    assert shown(-1, [4.0, 3.0, 2.5, 2.0]).gain == 1.0


def test_scatter_sees_noise_and_not_the_trend():
    generator = random.Random(1)
    trend = [10 / e for e in range(20, 80)]
    noisy = [value + generator.gauss(0, 0.1) for value in trend]
    assert scatter([shown(-1, trend)]) < 0.002
    assert scatter([shown(-1, noisy)]) == pytest.approx(0.1, rel=0.4)


def test_trials_are_compared_at_equal_epochs():
    deep, shallow = shown(-2, [8, 6, 5, 4]), shown(-1.9, [9, 7])
    assert finals([deep, shallow]).tolist() == [4, 5]
    assert finals([shallow, deep], 0).tolist() == [7, 4]


def test_the_window_reaches_down_by_the_epochs_to_come():
    curves = [shown(x, [10 - e * 10 ** (x + 1) for e in range(1, 5)]) for x in (-4, -3, -2, -1)]
    early = window(curves, [-4, -3, -2, -1, 0], 8, 400)
    late = window(curves, [-4, -3, -2, -1, 0], 8, 8)
    assert early.low == pytest.approx(-3)
    assert late.low > early.low
    assert early.high == 0


def test_a_rate_that_only_recovers_from_an_explosion_gets_no_epochs():
    slow = [shown(-5, [2.4, 2.4]), shown(-4, [2.4, 2.3]), shown(-3, [2.3, 2.1])]
    curves = [*slow, shown(-2, [1.9, 1.2]), shown(0, [900, 2.4]), shown(1, [99, 9])]
    seen = window(curves, [-5, -4, -3, -2, 0, 1], 4, 40)
    assert seen.best == 3
    assert seen.high == 0
    assert not {4, 5} & {*seen.inside, *seen.sweep}


def test_a_plan_of_a_race_without_a_finite_score_looks_a_decade_lower():
    found = plan([], [Rate("0.001"), Rate("0.01")], [1, 2, 4], 0, 100)
    assert found.jobs == [Rate("0.0001")]
    assert not found.climbs

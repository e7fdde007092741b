"""The paper's exploration, and what was added to it."""

import itertools
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lrsearch
from lrsearch import DECADES, DigitSearch, Rate
from lrsearch.searches.digits import leading_digits, refinements
from lrsearch.testing import run
from tests.paper_log import ROUNDS


def texts(rates):
    return [str(rate) for rate in rates]


def tell_all(search, score):
    for trial in search:
        search.tell(trial, score(trial.rate))
    return search


def log_distance(optimum):
    return lambda rate: abs(math.log10(rate / optimum)) if rate else 99.0


# The paper's log


def test_the_papers_log_replayed_gives_its_rates_in_its_order():
    search = DigitSearch.paper(first=["0.003", "0.002", "0.001", "0"])
    logged = iter([(n, rate, score) for n, round in enumerate(ROUNDS, 1) for rate, score in round])
    for trial in search:
        number, rate, score = next(logged)
        assert (trial.round, str(trial.rate)) == (number, rate)
        search.tell(trial, score)
    assert next(logged, None) is None
    assert [len(round.rates) for round in search.rounds] == [4, 25, 30]
    assert [texts(round.rates) for round in search.rounds] == [
        [rate for rate, _ in round] for round in ROUNDS
    ]
    assert [texts(round.kept) for round in search.rounds] == [
        ["0.001", "0.002"], ["0.0007", "0.0004"], ["0.00041", "0.00038"],
    ]  # fmt: skip
    assert search.spent == 2852
    assert str(search.rate) == "0.00041"
    assert [round.place for round in search.rounds] == [-3, -4, -5]


def test_the_papers_first_rates_are_its_ten():
    first = texts(DigitSearch.paper().first)
    assert first == [*(f"0.00{n}" for n in range(9, 0, -1)), "0"]
    assert DigitSearch.paper().most_epochs == 50 * (9 + 30 + 30) + 1


def test_in_the_papers_search_every_training_has_an_init_of_its_own():
    search = run(DigitSearch.paper(epochs=1))
    inits = [record.init for record in search.trials]
    assert len(set(inits)) == len(inits)


def test_in_the_papers_search_zero_can_be_kept_and_refined():
    search = DigitSearch.paper(first=["0.002", "0.001", "0"], epochs=1, digits=2)
    tell_all(search, lambda rate: float(rate))
    assert search.rounds[0].kept == (0, Rate("0.001"))
    assert texts(search.rounds[1].rates)[-5:] == ["0.0004", "0.0003", "0.0002", "0.0001", "0"]


# The rules


def test_it_starts_from_eight_decades():
    assert texts(DECADES) == ["10", "1", "0.1", "0.01", "0.001", "0.0001", "0.00001", "1e-6"]
    assert DigitSearch().first == DECADES


def test_after_the_decades_come_the_nine_leading_digits_of_each_kept_decade():
    search = tell_all(DigitSearch(epochs=1, digits=1), log_distance(0.002))
    decades, leading = search.rounds
    assert texts(decades.kept) == ["0.001", "0.01"]
    assert texts(leading.rates) == [*(f"0.0{n}" for n in range(9, 0, -1)),
                                    *(f"0.00{n}" for n in range(9, 0, -1))]  # fmt: skip
    assert (decades.digit, decades.place, leading.digit, leading.place) == (0, None, 1, -3)
    assert search.rate == 0.002


def test_three_digits_do_not_count_the_decades():
    search = tell_all(DigitSearch(epochs=1), log_distance(0.00217))
    assert [round.digit for round in search.rounds] == [0, 1, 2, 3]
    assert search.rate == 0.00217


def test_a_rate_measured_before_is_not_measured_again_but_keeps_its_place():
    search = tell_all(DigitSearch(epochs=1), log_distance(0.002))
    asked = [record.rate for record in search.trials]
    assert len(set(asked)) == len(asked)
    assert Rate("0.002") in search.rounds[2].rates
    assert search.rounds[3].kept[0] == 0.002


@pytest.mark.parametrize("keep", [1, 2, 5])
def test_so_many_rates_are_kept(keep):
    search = tell_all(DigitSearch(keep=keep, epochs=1, digits=2), log_distance(0.0031))
    assert [len(round.kept) for round in search.rounds] == [keep] * 3


def test_the_kept_rates_produce_in_descending_order_or_best_first():
    first = ["0.003", "0.002", "0.001"]
    for order, parents in (("descending", [0.0034, 0.0024]), ("best", [0.0024, 0.0034])):
        search = DigitSearch(first, 2, epochs=1, order=order, offsets=[4], extend=0)
        tell_all(search, log_distance(0.0021))
        assert [float(rate) for rate in search.rounds[1].rates] == parents


def test_kept_rates_of_different_places_are_refined_each_at_its_own():
    search = DigitSearch(["1e-3", "1e-4"], digits=2, offsets=[1, -1], epochs=1)
    scores = {0.002: 1.0, 0.0007: 2.0}
    tell_all(search, lambda rate: scores.get(float(rate), 9.0))
    assert texts(search.rounds[2].rates) == ["0.0021", "0.0019", "0.00071", "0.00069"]


def test_zero_is_one_epoch_and_never_kept_unless_the_paper_is_followed():
    search = DigitSearch(["0.002", "0.001", "0"], digits=2, epochs=7)
    trials = [search.ask() for _ in range(3)]
    assert [trial.epochs for trial in trials] == [7, 7, 1]
    for trial in trials:
        search.tell(trial, float(trial.rate))
    assert 0 not in search.rounds[0].kept
    tell_all(search, float)
    assert [record.rate for record in search.trials].count(0) == 1


def test_zero_is_not_asked_unless_the_first_list_names_it():
    search = tell_all(DigitSearch(["0.001", "0.002"], epochs=1), float)
    assert 0 not in [record.rate for record in search.trials]


def test_repeats_train_each_rate_from_so_many_inits_and_rank_by_the_mean():
    search = DigitSearch(["0.003", "0.002", "0.001"], 1, 1, epochs=1, repeats=2, extend=0)
    scores = {0.003: [1.0, 9.0], 0.002: [4.0, 4.0], 0.001: [6.0, 6.0]}
    for trial in search:
        search.tell(trial, scores[float(trial.rate)][trial.init])
    assert [(str(r.rate), r.init) for r in search.trials] == [
        (rate, init) for rate in ("0.003", "0.002", "0.001") for init in (0, 1)
    ]
    assert search.kept == (0.002,)


def test_the_score_of_a_rate_is_the_best_of_its_epochs():
    search = DigitSearch(["0.002", "0.001"], 1, 1, epochs=3, extend=0)
    search.tell(search.ask(), [5.0, 1.0, 9.0])
    search.tell(search.ask(), [4.0, 3.0, 2.0])
    assert search.kept == (0.002,)


def test_scores_may_be_told_in_any_order():
    for order in itertools.permutations(range(3)):
        search = DigitSearch(["0.003", "0.002", "0.001"], 1, 2, epochs=1, extend=0)
        trials = [search.ask() for _ in range(3)]
        assert search.ask() is None
        assert not search.done
        for index in order:
            search.tell(trials[index], log_distance(0.0019)(trials[index].rate))
        assert texts(search.kept) == ["0.002", "0.003"]


# Beyond the ends


def test_a_best_decade_at_the_end_moves_the_range():
    search = tell_all(DigitSearch(epochs=1), log_distance(3.1e-9))
    assert search.rate == 3.1e-9
    search = tell_all(DigitSearch(epochs=1), log_distance(4200.0))
    assert search.rate == 4200


def test_it_is_extended_a_step_at_a_time():
    search = DigitSearch(["0.1", "0.01"], 1, epochs=1)
    for _ in range(2):
        trial = search.ask()
        search.tell(trial, log_distance(1.0)(trial.rate))
    trial = search.ask()
    assert trial.rate == 1
    assert trial.round == 1
    assert search.ask() is None


def test_at_most_ten_steps_are_added():
    search = DigitSearch(["0.02", "0.01"], 1, epochs=1)
    tell_all(search, lambda rate: -float(rate))
    assert len(search.rounds[0].rates) == 2 + 10


def test_below_the_lowest_step_of_a_place_the_next_place_is_used():
    search = DigitSearch(["0.002", "0.001"], 1, epochs=1)
    tell_all(search, log_distance(0.0007))
    assert texts(search.rounds[0].rates) == ["0.002", "0.001", "0.0009", "0.0008", "0.0007",
                                             "0.0006"]  # fmt: skip


def test_equal_scores_do_not_extend():
    search = tell_all(DigitSearch(epochs=1, digits=1), lambda rate: 1.0)
    assert search.rounds[0].rates == list(DECADES)


def test_of_equal_scores_the_middle_is_recommended():
    search = tell_all(DigitSearch(epochs=1, digits=1), lambda rate: 1.0)
    assert 1e-4 <= search.rate <= 1e-2
    shelf = tell_all(DigitSearch(epochs=1, digits=1), lambda rate: 1.0 if 0.009 < rate < 2 else 9.0)
    assert 0.03 <= shelf.rate <= 0.6


def test_diverging_rates_at_the_high_end_do_not_stop_the_search():
    search = tell_all(
        DigitSearch(epochs=1), lambda r: math.nan if r > 0.05 else log_distance(0.031)(r)
    )
    assert search.rate == 0.031


def test_when_every_rate_diverges_the_reason_says_what_to_do():
    search = tell_all(DigitSearch(epochs=1), lambda rate: math.nan)
    assert search.rate is None
    assert "lower rates" in search.reason


def test_no_digit_beyond_the_first_list():
    search = tell_all(DigitSearch(["0.003", "0.002", "0.001"], digits=0, epochs=1, extend=0), float)
    assert len(search.rounds) == 1
    assert search.rate == 0.001
    assert search.most_epochs == 3


def test_steps_that_lead_nowhere_end_the_search():
    search = DigitSearch(["0.001", "0.002", "0"], 3, 1, offsets=[-1], epochs=1, refine_zero=True)
    tell_all(search, float)
    assert "offsets" in search.reason


def test_zero_among_decades_is_refined_below_them():
    search = DigitSearch(["0.01", "0.001", "0"], 1, 1, epochs=1, refine_zero=True, extend=0)
    tell_all(search, float)
    assert texts(search.rounds[1].rates) == [*(f"0.000{n}" for n in range(9, 0, -1)), "0"]


def test_a_range_is_not_extended_beyond_what_floats_hold():
    search = tell_all(DigitSearch(["1e303", "1e302"], 0, epochs=1), lambda rate: -float(rate))
    assert search.rate == 1e303


# Exactness


@settings(deadline=None, max_examples=60)
@given(
    optimum=st.floats(1e-7, 30),
    keep=st.integers(1, 3),
    digits=st.integers(1, 3),
    order=st.sampled_from(["descending", "best"]),
)
def test_refining_never_yields_noise_digits_duplicates_or_negative_rates(
    optimum, keep, digits, order
):
    search = tell_all(DigitSearch(epochs=1, keep=keep, digits=digits, order=order),
                      log_distance(optimum))  # fmt: skip
    for round in search.rounds:
        assert len(set(round.rates)) == len(round.rates)
        for rate in round.rates:
            assert rate > 0
            assert rate.digits <= max(1, round.digit) + 1
            assert float(str(rate)) == rate
    assert abs(math.log10(search.rate / optimum)) < math.log10(2)


@given(st.integers(1, 999), st.integers(-12, 1), st.integers(0, 3))
def test_refinements_are_exact_distinct_and_not_negative(coefficient, exponent, finer):
    rate = Rate(f"{coefficient}e{exponent}")
    place = exponent - finer
    children = [child for child, _ in refinements(rate, place, range(4, -11, -1))]
    assert len(set(children)) == len(children)
    assert children == sorted(children, reverse=True)
    assert all(child >= 0 for child in children)
    steps = {child.exponent for child in children if child}
    assert min(steps) >= place - 1
    assert [place for _, place in leading_digits(Rate.power(exponent))] == [exponent] * 9


# Bad input


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"first": []}, ValueError, "first"),
        ({"first": ["0"]}, ValueError, "above 0"),
        ({"first": ["-0.1"]}, ValueError, "-0.1"),
        ({"first": "0.1"}, TypeError, "list"),
        ({"first": 0.1}, TypeError, "list"),
        ({"first": b"0.1"}, TypeError, "list"),
        ({"digits": -1}, ValueError, "digits"),
        ({"digits": 1.5}, TypeError, "digits"),
        ({"keep": 0}, ValueError, "keep"),
        ({"epochs": 0}, ValueError, "epochs"),
        ({"repeats": 0}, ValueError, "repeats"),
        ({"offsets": []}, ValueError, "offsets"),
        ({"offsets": [0.5]}, TypeError, "0.5"),
        ({"order": "up"}, ValueError, "up"),
        ({"direction": "min"}, ValueError, "min"),
        ({"extend": -1}, ValueError, "extend"),
    ],
)
def test_bad_settings_are_refused_by_name(settings, error, message):
    with pytest.raises(error, match=message):
        DigitSearch(**settings)


def test_first_rates_given_twice_are_tried_once():
    assert texts(DigitSearch(["0.1", 0.1, "0.10", "0.01"]).first) == ["0.1", "0.01"]


def test_settings_survive_the_configuration():
    search = DigitSearch.paper(keep=5, digits=2, offsets=[1, 0], epochs=7, direction="maximize")
    again = lrsearch.from_config(search.config())
    assert again.config() == search.config()
    assert again.keep == 5


@pytest.mark.parametrize(
    ("digits", "reason"),
    [(0, "the first rates are"), (1, "one digit is"), (2, "all 2 digits are")],
)
def test_the_end_says_what_was_searched(digits, reason):
    search = run(DigitSearch(digits=digits, epochs=1), lambda trial, _: abs(trial.rate - 0.03))
    assert search.reason == f"{reason} searched"


def test_offsets_are_a_list():
    with pytest.raises(TypeError, match="offsets has to be a list of whole numbers, got 3"):
        DigitSearch(offsets=3)

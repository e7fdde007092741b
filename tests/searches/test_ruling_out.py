"""The race's rule for one trial at a time."""

import math

import pytest

from lrsearch import DigitRace, ruled_out


def curve(rate: float, epochs: int) -> list[float]:
    """Training that gets as far as its rate times its epochs."""
    return [1 / (1 + epoch * rate) for epoch in range(1, epochs + 1)]


def others(epochs: int, *rates: float) -> list[tuple[float, list[float]]]:
    return [(rate, curve(rate, epochs)) for rate in rates]


def judged(rate: float, epochs: int, max_epochs: int, *rates: float) -> bool:
    return ruled_out(rate, curve(rate, epochs), others(epochs, *rates), max_epochs)


def test_a_rate_too_slow_for_the_epochs_left_is_ruled_out_and_the_best_is_not() -> None:
    assert judged(0.0001, 4, 8, 0.1, 1.0)
    assert not judged(1.0, 4, 8, 0.1, 0.0001)


def test_the_same_rate_goes_on_where_enough_epochs_are_left() -> None:
    assert judged(0.01, 2, 4, 0.1, 1.0)
    assert not judged(0.01, 2, 4000, 0.1, 1.0)


def test_nothing_is_ruled_out_between_levels_at_the_end_or_beside_one_other() -> None:
    assert [e for e in range(1, 9) if judged(0.0001, e, 8, 0.1, 1.0)] == [1, 2, 4]
    assert not judged(0.0001, 4, 8, 1.0)
    assert not ruled_out(0.1, [], others(4, 0.1, 1.0), 8)


def test_its_first_level_is_that_of_a_race_with_a_large_budget() -> None:
    first = DigitRace(budget=10**6, max_epochs=64).ask().stop_epoch
    assert first == next(e for e in range(1, 65) if judged(1e-6, e, 64, 0.1, 1.0))


def test_only_the_others_first_epochs_count() -> None:
    long = [(rate, [*scores, 0.0]) for rate, scores in others(2, 0.01, 0.02)]
    short = others(2, 0.01, 0.02)
    assert ruled_out(0.03, curve(0.03, 2), long, 8) == ruled_out(0.03, curve(0.03, 2), short, 8)


def test_a_diverged_trial_is_ruled_out_at_any_epoch_and_bounds_the_rest() -> None:
    assert ruled_out(1.0, [2.0, math.nan, 1.0], [], 8)
    diverged = [(1.0, [math.nan, math.nan]), *others(2, 0.01, 0.001)]
    assert not ruled_out(0.1, curve(0.1, 2), diverged, 8)


def test_maximize_is_minimize_of_the_negatives() -> None:
    for rate in (0.0001, 0.01, 0.1):
        negative = [(r, [-s for s in scores]) for r, scores in others(4, 0.1, 1.0)]
        found = ruled_out(rate, [-s for s in curve(rate, 4)], negative, 8, "maximize")
        assert found == judged(rate, 4, 8, 0.1, 1.0)


@pytest.mark.parametrize(
    ("rate", "given", "max_epochs", "direction", "words"),
    [
        (0.0, [(0.1, [1.0])], 4, "minimize", "above 0, got 0.0"),
        (0.1, [(-0.1, [1.0])], 4, "minimize", "above 0, got -0.1"),
        (0.1, [(0.1, [1.0])], 0, "minimize", "max_epochs has to be at least 1"),
        (0.1, [(0.1, [1.0])], 4, "min", 'direction has to be "minimize" or "maximize"'),
    ],
)
def test_bad_input_is_named(rate, given, max_epochs, direction, words) -> None:
    with pytest.raises(ValueError, match=words):
        ruled_out(rate, [1.0], given, max_epochs, direction)

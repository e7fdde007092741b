"""What a training says at its end."""

import pytest

from lrsearch import Epoch, Rate
from lrsearch.training.closing import closing_text, overfitted, untrained


def phase(scores):
    length = len(scores)
    return [Epoch("exploit", 0, -1, 0.1, n, length, s) for n, s in enumerate(scores, 1)]


@pytest.mark.parametrize(
    "scores",
    [
        [0.9, 0.5, 0.4, 0.3, 0.2, 0.2],  # best at the end
        [0.9, 0.3, 0.31, 0.3, 0.31, 0.302],  # flat from early on
        [0.9, 0.4, 0.42, 0.3, 0.41, 0.43, 0.4, 0.42, 0.41],  # noise, and one lucky epoch
        [0.9, 0.3, None, None, None, None],  # one score, and no later one
        [0.3],
        [],
    ],
)
def test_what_does_not_overfit_is_not_said_to(scores):
    assert overfitted(phase(scores), "loss", 1.0) == []


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_what_overfits_is_told_by_how_much_and_from_where(sign):
    scores = [sign * s for s in (0.9, 0.5, 0.175, 0.25, 0.4, 0.499)]
    (text,) = overfitted(phase(scores), "l", sign)
    assert "its 3rd of 6" in text
    assert f"from {sign * 0.175:.4g} to {sign * 0.499:.4g}" in text


def explored(losses, sign):
    return [
        Epoch("explore", 1, number, Rate(rate), epoch, 2, sign * score)
        for number, (rate, scores) in enumerate(losses.items())
        for epoch, score in enumerate(scores, 1)
    ]


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_where_every_training_only_does_harm_it_is_told(sign):
    losses = {"0.1": [9.0], "0.001": [0.9, 1.1], "1e-6": [0.83, 0.83]}
    (text,) = untrained(explored(losses, sign), Rate("1e-6"), "val_loss", sign)
    assert f"worse than its {sign * 0.83:.4g}" in text
    assert text in closing_text(
        explored(losses, sign), None, Rate("1e-6"), None, None, "val_loss", sign
    )


@pytest.mark.parametrize(
    ("losses", "rate"),
    [
        ({"0.1": [9.0], "0.001": [0.9, 0.8], "1e-6": [0.83, 0.79]}, "1e-6"),  # 0.001 helps
        ({"0.1": [9.0], "0.001": [0.9, 1.1], "1e-6": [0.83, 0.83]}, "0.001"),
        ({"0.003": [9.0], "0.002": [0.9], "0.001": [0.8]}, "0.001"),  # a narrow search
        ({"0.001": [0.9]}, "0.001"),
        ({"0": [0.9]}, "0"),
    ],
)
def test_where_a_rate_trains_nothing_is_told(losses, rate):
    assert untrained(explored(losses, 1.0), Rate(rate), "loss", 1.0) == []


def test_a_training_without_a_rate_says_so():
    assert closing_text([], None, None, None, None, "loss", 1.0) == "no rate was found"

"""A rate is an exact decimal, and a float wherever one is wanted."""

import copy
import json
import math
import pickle
import subprocess
import sys
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrsearch import Rate


def test_every_coefficient_below_1000_at_every_exponent_is_correctly_rounded():
    for exponent in range(-12, 2):
        for coefficient in range(1000):
            rate = Rate(f"{coefficient}e{exponent}")
            exact = Fraction(coefficient) * Fraction(10) ** exponent
            assert float(rate) == exact.numerator / exact.denominator
            assert float(str(rate)) == rate
            assert (
                Rate.power(exponent).step(coefficient - 1, exponent) == rate if coefficient else 1
            )


def test_one_step_equals_the_literal():
    assert Rate("0.0003").step(1, place=-4) == Rate("0.0004") == 0.0004
    assert str(Rate("0.0003").step(1, place=-4)) == "0.0004"
    assert 0.0003 + 0.0001 != 0.0004


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("0.00410", "0.0041"),
        ("1e-3", "0.001"),
        (0.1 + 0.2, "0.30000000000000004"),
        (1e-6, "1e-6"),
        ("0.00000123", "1.23e-6"),
        ("0.00001", "0.00001"),
        (Decimal("0.00050"), "0.0005"),
        (np.float32(0.001), "0.001"),
        (np.float64(0.001), "0.001"),
        (np.int64(10), "10"),
        (12, "12"),
        ("12.5", "12.5"),
        (".5", "0.5"),
        ("0", "0"),
        ("-0.0", "0"),
        ("-0.000", "0"),
        ("0e999999999", "0"),
    ],
)
def test_it_is_read_and_written_without_noise_digits(value, text):
    assert str(Rate(value)) == text
    assert f"{Rate(value)}" == text
    assert repr(Rate(value)) == f"Rate('{text}')"


@pytest.mark.parametrize("value", [-0.001, "-1e-3", math.nan, math.inf, -math.inf, "nan", "inf"])
def test_negative_and_not_finite_values_are_refused_by_name(value):
    with pytest.raises(ValueError, match=str(value).lstrip("-")):
        Rate(value)


@pytest.mark.parametrize("value", ["", ".", "abc", "1e", "1 2", "0x10", "1_0", "1e400", "1e-400"])
def test_what_is_no_decimal_a_float_can_hold_is_refused_by_name(value):
    with pytest.raises(ValueError, match=value.replace(".", r"\.") or "''"):
        Rate(value)


@pytest.mark.parametrize("value", [None, True, 1j, [0.1], b"0.1", np.array([0.1])])
def test_other_types_are_refused(value):
    with pytest.raises(TypeError):
        Rate(value)


def test_it_works_wherever_a_float_does():
    rate = Rate("0.00041")
    assert isinstance(rate, float)
    assert json.dumps({"rate": rate}) == '{"rate": 0.00041}'
    assert np.asarray([rate]).dtype == np.float64
    assert f"{rate:.1e}" == "4.1e-04"
    assert {rate: 1}[0.00041] == 1
    assert rate * 2 == 0.00082


def test_it_pickles_and_copies():
    for value in ("0.00041", "0", "1e-6", "10"):
        rate = Rate(value)
        for copied in (pickle.loads(pickle.dumps(rate)), copy.copy(rate), copy.deepcopy(rate)):
            assert type(copied) is Rate
            assert (copied.coefficient, copied.exponent) == (rate.coefficient, rate.exponent)


def test_steps_are_whole_and_may_be_numpys():
    with pytest.raises(TypeError):
        Rate("0.003").step(1.5, -4)
    assert Rate("0.003").step(np.int64(1), np.int64(-25)).exponent == -25
    assert type(Rate.power(np.int64(-3)).exponent) is int


def test_an_integer_beyond_floats_is_refused():
    with pytest.raises(ValueError, match="hold"):
        Rate(10**5000)


def test_a_step_below_zero_is_refused():
    with pytest.raises(ValueError, match="not negative"):
        Rate("0.001").step(-11, place=-4)
    assert Rate("0.001").step(-10, place=-4) == 0


def test_zero_has_no_leading_digit():
    with pytest.raises(ValueError, match="zero"):
        _ = Rate(0).leading_place


def test_rounding_needs_a_digit():
    with pytest.raises(ValueError, match="digits=0"):
        Rate("0.12").rounded(0)


rates = st.builds(
    lambda coefficient, exponent: Rate(f"{coefficient}e{exponent}"),
    st.integers(1, 999),
    st.integers(-12, 1),
)


@given(rates, st.integers(-20, 20), st.integers(-14, 1))
def test_steps_are_exact(rate, count, place):
    exact = Fraction(rate.coefficient) * Fraction(10) ** rate.exponent
    exact += count * Fraction(10) ** place
    if exact < 0:
        with pytest.raises(ValueError, match="negative"):
            rate.step(count, place)
    else:
        stepped = rate.step(count, place)
        assert Fraction(stepped.coefficient) * Fraction(10) ** stepped.exponent == exact
        assert stepped == float(exact)


@given(st.floats(min_value=0, max_value=1e300, allow_nan=False))
def test_any_float_survives_by_its_shortest_repr(number):
    assert float(Rate(number)) == number
    assert float(str(Rate(number))) == number


@given(rates, st.integers(1, 4))
def test_rounding_gives_the_nearest_rate_of_so_many_digits(rate, digits):
    rounded = rate.rounded(digits)
    assert rounded.digits <= digits
    unit = 10.0 ** (rate.leading_place - digits + 1)
    assert abs(rounded - rate) <= unit / 2 * (1 + 1e-9)


# PyTorch's files

SAVES = """
import sys
{imports}
search = lrsearch.GridSearch(["0.003"], epochs=1)
model = torch.nn.Linear(2, 1)
optimizer = torch.optim.AdamW(model.parameters(), lr=search.ask().rate)
torch.save(optimizer.state_dict(), sys.argv[1])
optimizer.load_state_dict(torch.load(sys.argv[1], weights_only=True))
print(repr(optimizer.param_groups[0]["lr"]))
"""
LOADS = """
import sys
{imports}
search = lrsearch.GridSearch(lrsearch.DECADES, epochs=1)
print(repr(torch.load(sys.argv[1], weights_only=True)["param_groups"][0]["lr"]))
"""


@pytest.mark.parametrize("imports", ["import lrsearch, torch", "import torch, lrsearch"])
def test_an_optimizer_of_pytorchs_that_has_a_rate_is_saved_and_loaded(tmp_path, imports):
    pytest.importorskip("torch")
    for program in (SAVES, LOADS):
        result = subprocess.run(
            [sys.executable, "-c", program.format(imports=imports), tmp_path / "optimizer.pt"],
            capture_output=True,
            text=True,
        )
        assert result.stdout == "Rate('0.003')\n", result.stderr

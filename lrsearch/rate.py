"""A learning rate as an exact decimal."""

from __future__ import annotations

import math
import operator
import re
import sys
from decimal import Decimal
from typing import Any

import numpy as np

__all__ = ["Rate"]

_DECIMAL = re.compile(
    r"\+?(?P<whole>[0-9]*)(?:\.(?P<fraction>[0-9]*))?(?:[eE](?P<exponent>[+-]?[0-9]+))?"
)
_LOWEST_PLAIN_EXPONENT = -5
_HIGHEST_PLAIN_EXPONENT = 6


class Rate(float):
    """A learning rate: a float that remembers the decimal it was written as.

    ``coefficient * 10**exponent`` is held in integers, so that a step at a decimal place is
    integer arithmetic, and the float is the correctly rounded value of that decimal.

    Parameters
    ----------
    value : str, int, float, decimal.Decimal, numpy number or Rate
        A float is read by its shortest repr: ``Rate(0.1 + 0.2)`` is 0.30000000000000004, what
        the float says, while ``Rate(0.3)`` is 0.3.

    Notes
    -----
    An optimizer of PyTorch's takes a rate as it is, and its state then holds it. That
    ``torch.load(weights_only=True)`` reads it back, this class is entered among
    ``torch.serialization``'s safe globals, by the first rate that is made or saved after PyTorch
    was imported. Its unpickler rebuilds no float subclass as a plain float, so a program that
    never imports lrsearch cannot load such a file: pass ``float(rate)`` for it.

    Attributes
    ----------
    coefficient : int
        The significant digits as an integer that does not end in 0; 0 for a rate of zero.
    exponent : int
        The power of ten that the coefficient is multiplied by.

    Raises
    ------
    ValueError
        If the value is negative, nan, infinite, no decimal number, or beyond what a float holds.
    TypeError
        If the value is none of the types above.

    Examples
    --------
    >>> Rate("0.0003").step(1, place=-4)
    Rate('0.0004')
    >>> Rate("0.0003").step(1, place=-4) == 0.0004
    True
    >>> Rate("0.00410").digits
    2
    """

    __slots__ = ("coefficient", "exponent")

    coefficient: int
    exponent: int

    def __new__(cls, value: Any) -> Rate:
        _enter_at_torch()
        if isinstance(value, Rate):
            return value
        return cls._of(*_parse(value), value)

    @classmethod
    def _of(cls, coefficient: int, exponent: int, shown: Any = None) -> Rate:
        """Make a rate from a whole coefficient and an exponent; `shown` is named in errors."""
        if coefficient == 0:
            exponent = 0
        else:
            while coefficient % 10 == 0:
                coefficient //= 10
                exponent += 1
        number = float(f"{coefficient}e{exponent}")
        if math.isinf(number) or (number == 0.0 and coefficient != 0):
            named = f"{coefficient}e{exponent}" if shown is None else repr(shown)
            raise ValueError(f"a rate has to be a number that a float can hold, got {named}")
        self = super().__new__(cls, number)
        self.coefficient = coefficient
        self.exponent = exponent
        return self

    @classmethod
    def power(cls, exponent: int) -> Rate:
        """The rate ``10**exponent``, exactly.

        Examples
        --------
        >>> Rate.power(-3)
        Rate('0.001')
        """
        return cls._of(1, operator.index(exponent))

    @property
    def digits(self) -> int:
        """How many significant digits the rate is written with, for people to read."""
        return len(str(self.coefficient))

    @property
    def leading_place(self) -> int:
        """The decimal exponent of the first significant digit: -4 for 0.00041.

        Raises
        ------
        ValueError
            For a rate of zero, which has no leading digit.
        """
        if self.coefficient == 0:
            raise ValueError("a rate of zero has no leading digit")
        return self.exponent + self.digits - 1

    def step(self, count: int, place: int) -> Rate:
        """The rate ``self + count * 10**place``, exactly.

        Parameters
        ----------
        count : int
            How many steps, negative for downwards.
        place : int
            The decimal exponent of one step.

        Raises
        ------
        ValueError
            If the result would be negative.

        Examples
        --------
        >>> Rate("0.003").step(-10, place=-4)
        Rate('0.002')
        """
        count, place = operator.index(count), operator.index(place)
        low = min(self.exponent, place)
        coefficient = self.coefficient * 10 ** (self.exponent - low) + count * 10 ** (place - low)
        if coefficient < 0:
            raise ValueError(
                f"a rate is not negative: {self} and {count} steps at place {place} would be"
            )
        return Rate._of(coefficient, low)

    def rounded(self, digits: int) -> Rate:
        """The nearest rate of so many significant digits (halves away from zero).

        Examples
        --------
        >>> Rate(0.000412345).rounded(2)
        Rate('0.00041')
        """
        if digits < 1:
            raise ValueError(f"a rate has at least 1 significant digit, got digits={digits}")
        surplus = self.digits - digits
        if surplus <= 0:
            return self
        unit: int = 10**surplus
        return Rate._of((self.coefficient + unit // 2) // unit, self.exponent + surplus)

    def __str__(self) -> str:
        if self.coefficient == 0:
            return "0"
        text = str(self.coefficient)
        leading = self.leading_place
        if not _LOWEST_PLAIN_EXPONENT <= leading <= _HIGHEST_PLAIN_EXPONENT:
            mantissa = text[0] + ("." + text[1:] if len(text) > 1 else "")
            return f"{mantissa}e{leading}"
        if self.exponent >= 0:
            return text + "0" * self.exponent
        if leading < 0:
            return "0." + "0" * (-leading - 1) + text
        return text[: leading + 1] + "." + text[leading + 1 :]

    def __repr__(self) -> str:
        return f"Rate({str(self)!r})"

    def __reduce__(self) -> tuple[type[Rate], tuple[str]]:
        _enter_at_torch()
        return Rate, (f"{self.coefficient}e{self.exponent}",)

    def __copy__(self) -> Rate:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Rate:
        return self


_entered = False


def _enter_at_torch() -> None:
    """Let ``torch.load(weights_only=True)`` read rates, once PyTorch is imported."""
    global _entered
    if not _entered and "torch.serialization" in sys.modules:
        enter = getattr(sys.modules["torch.serialization"], "add_safe_globals", None)
        if enter is not None:
            enter([Rate])
            _entered = True


def _parse(value: Any) -> tuple[int, int]:
    """Read a non-negative decimal as (coefficient, exponent)."""
    if isinstance(value, str):
        text = value.strip()
    elif isinstance(value, (bool, np.bool_)):
        raise TypeError(f"a rate has to be a number, got {value!r}")
    elif isinstance(value, (int, np.integer)):
        whole = int(value)
        if abs(whole) >= 10**400:
            raise ValueError("a rate has to be a number that a float can hold, got a larger one")
        text = str(whole)
    elif isinstance(value, float):
        text = float.__repr__(value)
    elif isinstance(value, (Decimal, np.floating)):
        text = str(value)
    else:
        raise TypeError(
            f"a rate has to be a number or a string, got {type(value).__name__}: {value!r}"
        )
    if text.startswith("-") and not text.strip("-0."):
        text = text[1:]
    match = _DECIMAL.fullmatch(text)
    if match is None or not (match["whole"] or match["fraction"]):
        raise ValueError(f"a rate has to be a finite number that is not negative, got {value!r}")
    fraction = match["fraction"] or ""
    exponent = int(match["exponent"] or 0)
    if abs(exponent) > 400 + len(text):
        if int((match["whole"] or "") + fraction) == 0:
            return 0, 0
        raise ValueError(f"a rate has to be a number that a float can hold, got {value!r}")
    return int(match["whole"] + fraction), exponent - len(fraction)

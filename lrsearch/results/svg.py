"""Small charts as SVG text, with no library."""

from __future__ import annotations

import html
import math
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field

from lrsearch.rate import Rate

__all__ = ["Axis", "Chart", "linear_ticks", "log_ticks", "upper_limit"]

WIDTH, HEIGHT = 440, 290
_FAR, _FAR_RATE = 5e307, 1e250
LEFT, RIGHT, TOP, BOTTOM = 88, 12, 14, 46


@dataclass(frozen=True)
class Axis:
    """One axis of a chart.

    Attributes
    ----------
    low, high : float
        The range shown.
    name : str
        What stands beside it.
    log : bool
        Whether it is logarithmic.
    whole : bool
        Whether its ticks are whole numbers.
    """

    low: float
    high: float
    name: str
    log: bool = False
    whole: bool = False

    @classmethod
    def around(cls, values: Sequence[float], name: str, log: bool = False) -> Axis:
        """An axis that shows all values, with some room beside them."""
        low, high = (max(-_FAR, min(_FAR, end)) for end in (min(values), max(values)))
        if log:
            low, high = (max(1 / _FAR_RATE, min(_FAR_RATE, end)) for end in (low, high))
            room = math.exp(0.06 * (math.log(high) - math.log(low))) if high > low else 1.5
            return cls(low / room, high * room, name, True)
        room = 0.06 * (high - low) if high > low else abs(high) * 0.1 or 1.0
        return cls(low - room, high + room, name)

    def part(self, value: float) -> float:
        """Where a value lies: 0 at the low end, 1 at the high end."""
        if self.log:
            low = math.log(self.low)
            return (math.log(value) - low) / (math.log(self.high) - low)
        return (value - self.low) / (self.high - self.low)

    def ticks(self) -> list[tuple[float, str]]:
        """Positions and labels."""
        if self.log:
            return log_ticks(self.low, self.high)
        ticks = linear_ticks(self.low, self.high)
        if self.whole:
            ticks = [(value, label) for value, label in ticks if value == int(value)]
        return ticks


@dataclass
class Chart:
    """A chart that grows by marks; `svg` gives its text. All text is escaped.

    Examples
    --------
    >>> chart = Chart("a & b", Axis(0, 1, "x"), Axis(0, 1, "y"))
    >>> chart.dot(0.5, 0.5, "half")
    >>> "<title>a &amp; b</title>" in chart.svg(), "<title>half</title>" in chart.svg()
    (True, True)
    """

    title: str
    x: Axis
    y: Axis
    _marks: list[str] = field(default_factory=list)

    def dot(self, x: float, y: float, label: str, kind: str = "") -> None:
        """A point; one beyond the chart becomes a triangle at its edge."""
        part = self.y.part(y)
        if not 0 <= part <= 1:
            self._mark(x, "▵" if part > 1 else "▿", label, kind, upper=part > 1)
            return
        self._marks.append(
            f'<circle class="dot {kind}" cx="{self._x(x):.1f}" cy="{self._y(y):.1f}" r="4">'
            f"<title>{html.escape(label)}</title></circle>"
        )

    def cross(self, x: float, label: str, upper: bool) -> None:
        """A cross at an edge: no number."""
        self._mark(x, "×", label, "diverged", upper)

    def ring(self, x: float, y: float) -> None:
        """A ring around a point."""
        self._marks.append(
            f'<circle class="ring" cx="{self._x(x):.1f}" cy="{self._y(y):.1f}" r="8"/>'
        )

    def band(self, low: float, high: float, label: str) -> None:
        """A shaded stretch of the x axis, cut where it leaves the chart."""
        left = self._x(min(max(low, self.x.low), self.x.high))
        right = self._x(min(max(high, self.x.low), self.x.high))
        if right > left:
            self._marks.insert(
                0,
                f'<rect class="band" x="{left:.1f}" y="{TOP}" width="{right - left:.1f}" '
                f'height="{HEIGHT - TOP - BOTTOM}"><title>{html.escape(label)}</title></rect>',
            )

    def line(self, points: Sequence[tuple[float, float]], label: str, style: str = "") -> None:
        """A line through points; beyond the chart it is cut."""
        path = " ".join(f"{self._x(x):.1f},{self._y(y):.1f}" for x, y in points)
        self._marks.append(
            f'<polyline class="line" {style} points="{path}"><title>{html.escape(label)}</title>'
            "</polyline>"
        )

    def svg(self) -> str:
        """The chart as text."""
        name = html.escape(self.title)
        clip = f"c{zlib.crc32(repr((self.title, self.x, self.y)).encode()):x}"
        right, bottom = WIDTH - RIGHT, HEIGHT - BOTTOM
        parts = [
            f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{name}">',
            f"<title>{name}</title>",
            f'<clipPath id="{clip}"><rect x="{LEFT}" y="{TOP - 8}" width="{right - LEFT}" '
            f'height="{bottom - TOP + 16}"/></clipPath>',
        ]
        for value, label in self.y.ticks():
            y = self._y(value)
            parts.append(
                f'<line class="grid" x1="{LEFT}" x2="{right}" y1="{y:.1f}" y2="{y:.1f}"/>'
                f'<text class="tick" x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">'
                f"{html.escape(label)}</text>"
            )
        for value, label in self.x.ticks():
            x = self._x(value)
            parts.append(
                f'<line class="axis" x1="{x:.1f}" x2="{x:.1f}" y1="{bottom}" y2="{bottom + 4}"/>'
                f'<text class="tick" x="{x:.1f}" y="{bottom + 18}" text-anchor="middle">'
                f"{html.escape(label)}</text>"
            )
        middle = (TOP + bottom) / 2
        parts += [
            f'<g clip-path="url(#{clip})">{"".join(self._marks)}</g>',
            f'<path class="axis" d="M{LEFT},{TOP}V{bottom}H{right}"/>',
            f'<text class="name" x="{(LEFT + right) / 2}" y="{HEIGHT - 8}" text-anchor="middle">'
            f"{html.escape(self.x.name)}</text>",
            f'<text class="name" transform="translate(12,{middle}) rotate(-90)" '
            f'text-anchor="middle">{html.escape(self.y.name)}</text>',
            "</svg>",
        ]
        return "".join(parts)

    def _mark(self, x: float, sign: str, label: str, kind: str, upper: bool = True) -> None:
        y = TOP + 6 if upper else HEIGHT - BOTTOM + 4
        self._marks.append(
            f'<text class="sign {kind}" x="{self._x(x):.1f}" y="{y}" text-anchor="middle">'
            f"{sign}<title>{html.escape(label)}</title></text>"
        )

    def _x(self, value: float) -> float:
        return LEFT + self.x.part(value) * (WIDTH - LEFT - RIGHT)

    def _y(self, value: float) -> float:
        part = min(4.0, max(-4.0, self.y.part(value)))
        return HEIGHT - BOTTOM - part * (HEIGHT - TOP - BOTTOM)


def upper_limit(losses: Sequence[float]) -> float:
    """Up to where losses are worth showing: beyond, the bad ones would flatten the good ones.

    Examples
    --------
    >>> upper_limit([1.0, 1.1, 1.2, 1e9])
    1.6
    >>> upper_limit([1.0, 2.0, 3.0])
    3.0
    """
    ordered = sorted(losses)
    best, worst = ordered[0], ordered[-1]
    middle = ordered[(len(ordered) - 1) // 2]
    if len(ordered) < 4 or worst - best <= 8 * (middle - best) or middle == best:
        return worst
    return round(best + 6 * (middle - best), 12)


def linear_ticks(low: float, high: float, most: int = 6) -> list[tuple[float, str]]:
    """Round numbers from low to high, with labels that tell them apart.

    Examples
    --------
    >>> linear_ticks(0, 1)
    [(0.0, '0'), (0.2, '0.2'), (0.4, '0.4'), (0.6, '0.6'), (0.8, '0.8'), (1.0, '1')]
    """
    unit = max(1e-300, 10.0 ** math.floor(math.log10((high - low) / most)))
    step = next(unit * f for f in (1, 2, 5, 10, 20) if (high - low) / (unit * f) <= most)
    first = math.ceil(low / step - 1e-9)
    count = math.floor((high - low) / step + 1e-9) + 1
    values = [round((first + n) * step, 12 - math.floor(math.log10(step))) for n in range(count)]
    digits = max(3, math.ceil(math.log10(max(abs(low), abs(high)) / step)) + 1)
    return [(v, f"{v + 0.0:.{digits}g}") for v in values if v <= high + 1e-9 * step]


def log_ticks(low: float, high: float, most: int = 6) -> list[tuple[float, str]]:
    """Round rates from low to high: decades, or finer where there are too few.

    Examples
    --------
    >>> [label for _, label in log_ticks(0.0001, 0.1)]
    ['0.0001', '0.001', '0.01', '0.1']
    >>> [label for _, label in log_ticks(0.003, 0.004, most=3)]
    ['0.003', '0.0035', '0.004']
    """
    exponents = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for leading in ((1,), (1, 3), (1, 2, 5), (1, 2, 3, 4, 5, 7)):
        rates = [Rate.power(e).step(d - 1, e) for e in exponents for d in leading]
        shown = [rate for rate in rates if low <= rate * (1 + 1e-9) and rate <= high * (1 + 1e-9)]
        if len(shown) >= 3:
            every = math.ceil(len(shown) / most)
            return [(rate, str(rate)) for rate in shown[::every]]
    return [(v, str(Rate(v).rounded(6))) for v, _ in linear_ticks(low, high, most) if v > 0]

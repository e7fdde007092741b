"""Charts as SVG text, with no library. All text is escaped."""

from __future__ import annotations

from lrsearch.escaping import page_text
from lrsearch.results.chart import Band, Chart, Line, Point

__all__ = ["HEIGHT", "LOWER", "svg_text"]

WIDTH, HEIGHT, LOWER = 440, 290, 160
LEFT, RIGHT, TOP, BOTTOM = 88, 12, 14, 46
X_CHARACTERS = (WIDTH - LEFT - RIGHT) / 7
_SIGNS = {1: "▵", -1: "▿"}


def svg_text(chart: Chart, height: int = HEIGHT) -> str:
    """A chart as text.

    Examples
    --------
    >>> from lrsearch.results.axes import Axis
    >>> half = Point(0.5, 0.5, "half")
    >>> chart = Chart("key", "", "a & b", Axis(0, 1, "x"), Axis(0, 1, "y"), "lower", [half])
    >>> "<title>a &amp; b</title>" in svg_text(chart), "<title>half</title>" in svg_text(chart)
    (True, True)
    """
    return _Drawing(chart, height).text()


class _Drawing:
    """A chart on paper of a given height."""

    def __init__(self, chart: Chart, height: int) -> None:
        self.chart = chart
        self.height = height
        self.right, self.bottom = WIDTH - RIGHT, height - BOTTOM

    def text(self) -> str:
        chart, right, bottom = self.chart, self.right, self.bottom
        name = page_text(chart.title)
        clip = page_text(f"clip-{chart.key}")
        parts = [
            f'<svg viewBox="0 0 {WIDTH} {self.height}" role="img" aria-label="{name}">',
            f"<title>{name}</title>",
            f'<clipPath id="{clip}"><rect x="{LEFT}" y="{TOP - 8}" width="{right - LEFT}" '
            f'height="{bottom - TOP + 16}"/></clipPath>',
        ]
        for value, label in chart.y.ticks():
            y = self.y(value)
            parts.append(
                f'<line class="grid" x1="{LEFT}" x2="{right}" y1="{y:.1f}" y2="{y:.1f}"/>'
                f'<text class="tick" x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">'
                f"{page_text(label)}</text>"
            )
        for value, label in chart.x.ticks(X_CHARACTERS):
            x = self.x(value)
            parts.append(
                f'<line class="axis" x1="{x:.1f}" x2="{x:.1f}" y1="{bottom}" y2="{bottom + 4}"/>'
                f'<text class="tick" x="{x:.1f}" y="{bottom + 18}" text-anchor="middle">'
                f"{page_text(label)}</text>"
            )
        marks = [] if chart.band is None else [self.band(chart.band)]
        marks += [self.line(line) for line in chart.lines]
        marks += [self.point(point) for point in chart.points]
        parts += [
            f'<g clip-path="url(#{clip})">{"".join(marks)}</g>',
            f'<path class="axis" d="M{LEFT},{TOP}V{bottom}H{right}"/>',
            f'<text class="name" x="{(LEFT + right) / 2}" y="{self.height - 8}" '
            f'text-anchor="middle">{page_text(chart.x.name)}</text>',
            f'<text class="name" transform="translate(12,{(TOP + bottom) / 2}) rotate(-90)" '
            f'text-anchor="middle">{page_text(chart.y.name)}</text>',
            "</svg>",
        ]
        return "".join(parts)

    def band(self, band: Band) -> str:
        left, right = self.x(band.low), self.x(band.high)
        return (
            f'<rect class="band" x="{left:.1f}" y="{TOP}" width="{right - left:.1f}" '
            f'height="{self.bottom - TOP}">{_title(band.label)}</rect>'
        )

    def line(self, line: Line) -> str:
        if line.best:
            style = ' data-kind="best"'
        elif line.series is not None:
            style = f' data-kind="turn{line.series % 2}"'
        else:
            style = _tint(line.tint)
        path = " ".join(f"{self.x(x):.1f},{self.y(y):.1f}" for x, y in line.points)
        return f'<polyline class="line"{style} points="{path}">{_title(line.label)}</polyline>'

    def point(self, point: Point) -> str:
        """A dot, ringed where it is the best; at an edge a triangle, or a cross if it diverged."""
        x = self.x(point.x)
        beyond = self.chart.beyond(point)
        if point.y is None or beyond:
            sign, kind = ("×", " diverged") if point.y is None else (_SIGNS[beyond], "")
            y = TOP + 6 if beyond > 0 else self.bottom + 4
            return (
                f'<text class="sign{kind}" x="{x:.1f}" y="{y}" text-anchor="middle">'
                f"{sign}{_title(point.label)}</text>"
            )
        place = f'cx="{x:.1f}" cy="{self.y(point.y):.1f}"'
        kind = " kept" if point.kept else ""
        dot = (
            f'<circle class="dot{kind}"{_tint(point.tint)} {place} r="4">'
            f"{_title(point.label)}</circle>"
        )
        if point.error:
            low, high = self.y(point.y - point.error), self.y(point.y + point.error)
            dot = f'<path class="error" d="M{x:.1f},{low:.1f}V{high:.1f}"/>{dot}'
        return dot + (f'<circle class="ring" {place} r="8"/>' if point.best else "")

    def x(self, value: float) -> float:
        return LEFT + self.chart.x.part(value) * (WIDTH - LEFT - RIGHT)

    def y(self, value: float) -> float:
        part = min(4.0, max(-4.0, self.chart.y.part(value)))
        return self.bottom - part * (self.bottom - TOP)


def _title(label: str) -> str:
    return f"<title>{page_text(label)}</title>"


def _tint(tint: float | None) -> str:
    """The attribute by which the page's style colours a line or a dot."""
    return "" if tint is None else f' style="--tint:{tint:.3f}"'

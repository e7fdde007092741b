"""Charts as SVG text, with no library. All text is escaped."""

from __future__ import annotations

from lrsearch.escaping import page_text
from lrsearch.results.chart import Band, Chart, Line, Point

__all__ = ["svg_text"]

WIDTH, HEIGHT = 440, 290
LEFT, RIGHT, TOP, BOTTOM = 88, 12, 14, 46
X_CHARACTERS = (WIDTH - LEFT - RIGHT) / 7
_SIGNS = {1: "▵", -1: "▿"}


def svg_text(chart: Chart) -> str:
    """A chart as text.

    Examples
    --------
    >>> from lrsearch.results.axes import Axis
    >>> half = Point(0.5, 0.5, "half")
    >>> chart = Chart("key", "", "a & b", Axis(0, 1, "x"), Axis(0, 1, "y"), "lower", [half])
    >>> "<title>a &amp; b</title>" in svg_text(chart), "<title>half</title>" in svg_text(chart)
    (True, True)
    """
    name = page_text(chart.title)
    clip = page_text(f"clip-{chart.key}")
    right, bottom = WIDTH - RIGHT, HEIGHT - BOTTOM
    parts = [
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{name}">',
        f"<title>{name}</title>",
        f'<clipPath id="{clip}"><rect x="{LEFT}" y="{TOP - 8}" width="{right - LEFT}" '
        f'height="{bottom - TOP + 16}"/></clipPath>',
    ]
    for value, label in chart.y.ticks():
        y = _y(chart, value)
        parts.append(
            f'<line class="grid" x1="{LEFT}" x2="{right}" y1="{y:.1f}" y2="{y:.1f}"/>'
            f'<text class="tick" x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">'
            f"{page_text(label)}</text>"
        )
    for value, label in chart.x.ticks(X_CHARACTERS):
        x = _x(chart, value)
        parts.append(
            f'<line class="axis" x1="{x:.1f}" x2="{x:.1f}" y1="{bottom}" y2="{bottom + 4}"/>'
            f'<text class="tick" x="{x:.1f}" y="{bottom + 18}" text-anchor="middle">'
            f"{page_text(label)}</text>"
        )
    marks = [] if chart.band is None else [_band(chart, chart.band)]
    marks += [_line(chart, line) for line in chart.lines]
    marks += [_point(chart, point) for point in chart.points]
    parts += [
        f'<g clip-path="url(#{clip})">{"".join(marks)}</g>',
        f'<path class="axis" d="M{LEFT},{TOP}V{bottom}H{right}"/>',
        f'<text class="name" x="{(LEFT + right) / 2}" y="{HEIGHT - 8}" text-anchor="middle">'
        f"{page_text(chart.x.name)}</text>",
        f'<text class="name" transform="translate(12,{(TOP + bottom) / 2}) rotate(-90)" '
        f'text-anchor="middle">{page_text(chart.y.name)}</text>',
        "</svg>",
    ]
    return "".join(parts)


def _band(chart: Chart, band: Band) -> str:
    left, right = _x(chart, band.low), _x(chart, band.high)
    return (
        f'<rect class="band" x="{left:.1f}" y="{TOP}" width="{right - left:.1f}" '
        f'height="{HEIGHT - TOP - BOTTOM}">{_title(band.label)}</rect>'
    )


def _line(chart: Chart, line: Line) -> str:
    if line.best:
        style = 'data-kind="best"'
    elif line.series is not None:
        style = f'data-kind="turn{line.series % 2}"'
    else:
        style = f'stroke="{_colour(line.tint)}"'
    path = " ".join(f"{_x(chart, x):.1f},{_y(chart, y):.1f}" for x, y in line.points)
    return f'<polyline class="line" {style} points="{path}">{_title(line.label)}</polyline>'


def _point(chart: Chart, point: Point) -> str:
    """A dot, ringed where it is the best; at an edge a triangle, or a cross where it diverged."""
    x = _x(chart, point.x)
    beyond = chart.beyond(point)
    if point.y is None or beyond:
        sign, kind = ("×", " diverged") if point.y is None else (_SIGNS[beyond], "")
        y = TOP + 6 if beyond > 0 else HEIGHT - BOTTOM + 4
        return (
            f'<text class="sign{kind}" x="{x:.1f}" y="{y}" text-anchor="middle">'
            f"{sign}{_title(point.label)}</text>"
        )
    place = f'cx="{x:.1f}" cy="{_y(chart, point.y):.1f}"'
    kind = " kept" if point.kept else ""
    dot = f'<circle class="dot{kind}" {place} r="4">{_title(point.label)}</circle>'
    return dot + (f'<circle class="ring" {place} r="8"/>' if point.best else "")


def _title(label: str) -> str:
    return f"<title>{page_text(label)}</title>"


def _colour(tint: float | None) -> str:
    """From blue for low rates to red for high ones; grey where there is none."""
    return "#888" if tint is None else f"hsl({round(225 - 210 * tint)} 75% 52%)"


def _x(chart: Chart, value: float) -> float:
    return LEFT + chart.x.part(value) * (WIDTH - LEFT - RIGHT)


def _y(chart: Chart, value: float) -> float:
    part = min(4.0, max(-4.0, chart.y.part(value)))
    return HEIGHT - BOTTOM - part * (HEIGHT - TOP - BOTTOM)

"""A chart as plain data: what every renderer draws."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from lrsearch.results.axes import Axis

__all__ = ["COLOURS", "Band", "Chart", "Line", "Point", "Scale"]

COLOURS = ("#0d0887", "#cc4778", "#f89540")
"""The low end, the middle and the high end of every scale: dark to light, for all eyes."""


@dataclass(frozen=True)
class Point:
    """One point.

    Attributes
    ----------
    x, y : float
        Where it lies; a `y` of None: it diverged.
    label : str
        What it is.
    kept : bool
        Whether its rate was kept.
    best : bool
        Whether it is the one to use.
    error : float, optional
        The standard error of `y`, where it was told.
    tint : float, optional
        Where its colour lies on the chart's scale, from 0 to 1; None: it has none.
    """

    x: float
    y: float | None
    label: str
    kept: bool = False
    best: bool = False
    error: float | None = None
    tint: float | None = None


@dataclass(frozen=True)
class Line:
    """A line through points.

    Attributes
    ----------
    points : sequence of (float, float)
        In their order.
    label : str
        What it is.
    tint : float, optional
        Where its colour lies on the chart's scale, from 0 to 1; None: it has none.
    series : int, optional
        Which one of several that follow each other.
    best : bool
        Whether it is to stand out.
    """

    points: Sequence[tuple[float, float]]
    label: str
    tint: float | None = None
    series: int | None = None
    best: bool = False


@dataclass(frozen=True)
class Band:
    """A stretch of the x axis."""

    low: float
    high: float
    label: str


@dataclass(frozen=True)
class Scale:
    """What colours mean: ticks from the low end, 0, to the high end, 1."""

    name: str
    ticks: Sequence[tuple[float, str]]


@dataclass(frozen=True)
class Chart:
    """One chart.

    Attributes
    ----------
    key : str
        Its name among the charts of a search, and that of its file.
    section : str
        The heading under which it stands.
    title : str
        What it shows.
    x, y : Axis
        The axes, with their limits.
    better : {"lower", "higher"}, optional
        Which scores are better; None: the y axis has none.
    points, lines, band
        What is drawn.
    scale : Scale, optional
        What colours mean.
    caption, marks : str
        What stands below it; what its marks mean.
    below : Chart, optional
        A lower chart with the same x axis.
    """

    key: str
    section: str
    title: str
    x: Axis
    y: Axis
    better: Literal["lower", "higher"] | None
    points: Sequence[Point] = ()
    lines: Sequence[Line] = ()
    band: Band | None = None
    scale: Scale | None = None
    caption: str = ""
    marks: str = ""
    below: Chart | None = None

    def beyond(self, point: Point) -> int:
        """Whether a point lies above the chart (1), below it (-1) or in it (0).

        What diverged lies beyond the worst scores.
        """
        if point.y is None:
            return 1 if self.better == "lower" else -1
        return (point.y > self.y.high) - (point.y < self.y.low)

    def height(self, point: Point) -> float:
        """Where a point is drawn: at the edge of the chart if it lies beyond it."""
        beyond = self.beyond(point)
        if point.y is None or beyond:
            return self.y.high if beyond > 0 else self.y.low
        return point.y

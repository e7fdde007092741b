"""Charts are described once, and every renderer draws what is described."""

import io
import math
import re

import pytest

import lrsearch
from lrsearch.results import svg
from lrsearch.results.charts import charts_of
from lrsearch.results.page import page
from lrsearch.results.png import figure, figures


def made_search(direction="minimize", **changes):
    """A search with a rate that diverged and one far off the others."""
    search = lrsearch.DigitSearch(**{"digits": 1, "epochs": 3, "direction": direction, **changes})
    turn = 1 if direction == "minimize" else -1
    for trial in search:
        loss = 2 + math.log10(trial.rate / 0.0004) ** 2 + 1e6 * (trial.rate == 1)
        scores = [math.nan] if trial.rate > 1 else [loss + 3, loss + 1, loss]
        search.tell(trial, [turn * score for score in scores], 0.125)
    return search


def made_phase(**changes):
    exploit = lrsearch.Exploit(["0.0004", "0.0003"], budget=9, patience=1, **changes)
    for score in (3.0, 2.0, 2.5, 1.5, None, 1.75, 1.25, math.nan, 1.0):
        exploit.tell(exploit.ask(), score)
    return exploit


def places_in_svg(chart):
    """Where dots, marks at the edges and lines lie, as parts of the chart's width and height."""
    text = svg.svg_text(chart)

    def part(x, y):
        wide, high = svg.WIDTH - svg.LEFT - svg.RIGHT, svg.HEIGHT - svg.TOP - svg.BOTTOM
        return (float(x) - svg.LEFT) / wide, (svg.HEIGHT - svg.BOTTOM - float(y)) / high

    dots = {part(*place) for place in re.findall(r'"dot[^>]*cx="([-\d.]+)" cy="([-\d.]+)"', text)}
    at_edges = {
        (part(x, 0)[0], float(float(y) < svg.HEIGHT / 2))
        for x, y in re.findall(r'"sign[^>]*x="([-\d.]+)" y="([-\d.]+)"', text)
    }
    lines = [
        [part(*place.split(",")) for place in path.split()]
        for path in re.findall(r'<polyline[^>]*points="([^"]*)"', text)
    ]
    return dots | at_edges, lines


def places_in_png(chart):
    """The same of matplotlib's figure."""
    drawn = figure(chart)
    drawn.canvas.draw()
    axes = drawn.axes[0]
    to_parts = axes.transData + axes.transAxes.inverted()
    marks, lines = set(), []
    for line in axes.lines:
        parts = [(round(x, 9), round(y, 9)) for x, y in to_parts.transform(line.get_xydata())]
        if line.get_linestyle() == "None":
            marks |= set(parts)
        else:
            lines.append([(x, min(4.0, max(-4.0, y))) for x, y in parts])
    return marks, lines if chart.lines else []


def flat(places):
    return [number for place in places for number in place]


@pytest.mark.parametrize("direction", ["minimize", "maximize"])
def test_both_renderers_draw_the_same_points_and_lines(direction):
    drawn = charts_of(made_search(direction), made_phase(direction=direction), "NLL")
    assert len(drawn) == (6 if direction == "minimize" else 4)
    for chart in drawn:
        marks, lines = places_in_svg(chart)
        other_marks, other_lines = places_in_png(chart)
        assert len(marks) == len({(point.x, point.y) for point in chart.points})
        assert flat(sorted(marks)) == pytest.approx(flat(sorted(other_marks)), abs=0.002)
        assert len(lines) == len(other_lines) == len(chart.lines)
        for line, other in zip(lines, other_lines, strict=True):
            assert flat(line) == pytest.approx(flat(other), abs=0.002)


def test_the_page_and_the_run_folder_have_the_same_charts():
    search, exploit = made_search(), made_phase()
    titles = [chart.title for chart in charts_of(search, exploit, "NLL")]
    assert [
        made.axes[0].get_title("left") for made in figures(search, exploit, "NLL").values()
    ] == titles
    assert re.findall(r'aria-label="([^"]*)"><title>', page(search, exploit, name="NLL")) == titles


def test_a_rate_far_off_lies_beyond_the_chart_and_one_that_diverged_beyond_the_worst():
    (chart,) = [chart for chart in charts_of(made_search()) if chart.key == "round_1"]
    beyond = {point.x: chart.beyond(point) for point in chart.points}
    assert {rate: side for rate, side in beyond.items() if side} == {10: 1, 1: 1}
    (chart,) = [chart for chart in charts_of(made_search()) if chart.key == "round_1_inverse"]
    assert {point.x: chart.beyond(point) for point in chart.points if point.y is None} == {10: -1}


def test_an_annealed_turn_is_called_by_its_peak():
    exploit = lrsearch.Exploit(["0.0004"], 6, lrsearch.CosineAnnealing(1, epochs=6, warmup=3))
    while (step := exploit.ask()) is not None:
        exploit.tell(step, 1.0)
    (chart,) = charts_of(lrsearch.GridSearch(), exploit)
    assert [line.label for line in chart.lines] == ["turn 0, peak 0.0004"]
    assert "<td>0.0004</td>" in page(lrsearch.GridSearch(), exploit)


def test_only_the_best_of_many_learning_curves_are_drawn():
    search = lrsearch.RandomSearch(70, digits=6, epochs=2, seed=1)
    for trial in search:
        search.tell(trial, [2.0, 1.0 + trial.number])
    (chart,) = [chart for chart in charts_of(search) if chart.key == "learning_curves"]
    assert len(chart.lines) == 60
    assert "the 10 worst of 70 are left out" in chart.caption
    assert [line.best for line in chart.lines] == [False] * 59 + [True]


@pytest.mark.parametrize(
    "scores",
    [[1.0, 1.0, 1.0], [1e300, -1e300, 0.0], [5e-324, 1e-300, 1.0], [1.7e308, -1.7e308, math.inf]],
)
def test_extreme_scores_become_pictures(scores):
    search = lrsearch.GridSearch(["10", "1e-300", "0"], epochs=1)
    for trial, score in zip(search, scores, strict=False):
        search.tell(trial, score)
    for made in figures(search).values():
        made.savefig(io.BytesIO())

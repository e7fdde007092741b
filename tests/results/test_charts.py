"""Charts are described once, and every renderer draws what is described."""

import io
import itertools
import math
import re

import pytest

import lrsearch
from lrsearch.results import svg
from lrsearch.results.charts import charts_of
from lrsearch.results.page import page
from lrsearch.results.png import figure, figures
from lrsearch.results.table import turns_of


def made_search(direction="minimize", **changes):
    """A search with a rate that diverged and one far off the others."""
    search = lrsearch.DigitSearch(**{"digits": 1, "epochs": 3, "direction": direction, **changes})
    turn = 1 if direction == "minimize" else -1
    for trial in search:
        loss = 2 + math.log10(trial.rate / 0.0004) ** 2 + 1e6 * (trial.rate == 1)
        scores = [math.nan] if trial.rate > 1 else [loss + 3, loss + 1, loss]
        search.tell(trial, [turn * score for score in scores], 0.125)
    return search


def made_race(direction="minimize"):
    race = lrsearch.DigitRace(budget=40, max_epochs=9, direction=direction)
    turn = 1 if direction == "minimize" else -1
    for trial in race.iterate(resume=True):
        best = 2 + math.log10(trial.rate / 0.004) ** 2 if trial.rate < 1 else math.nan
        epochs = range(trial.start_epoch + 1, trial.stop_epoch + 1)
        race.tell(trial, [turn * (best + 1 / epoch) for epoch in epochs])
    return race


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
    drawn += charts_of(made_race(direction), name="NLL")
    assert len(drawn) == (9 if direction == "minimize" else 7)
    for chart in drawn:
        marks, lines = places_in_svg(chart)
        other_marks, other_lines = places_in_png(chart)
        assert len(marks) == len({(point.x, chart.height(point)) for point in chart.points})
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
    drawn = re.findall(r'aria-label="([^"]*)"><title>', page(search, exploit, name="NLL"))
    assert drawn == [*titles, "Phase 2: rate against epoch"]


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


def test_an_annealed_turn_is_called_by_its_peak_from_its_first_epoch_on():
    exploit = lrsearch.Exploit(["0.021"], 40, lrsearch.CosineAnnealing(1, epochs=40, warmup=2))
    exploit.tell(exploit.ask(), 1.0)
    assert exploit.history[0][0].rate == 0.0105
    (chart,) = charts_of(lrsearch.GridSearch(), exploit)
    assert chart.points[0].label == "turn 0, peak 0.021"
    assert "<td>0.021</td>" in page(lrsearch.GridSearch(), exploit)


def test_a_turn_that_is_over_is_called_by_the_highest_rate_that_it_had():
    exploit = lrsearch.Exploit(["0.02", "0.01"], 40, lrsearch.CosineAnnealing(1, 40, warmup=2))
    exploit.tell(exploit.ask(), math.nan)
    exploit.tell(exploit.ask(), 1.0)
    assert [turn.peak for turn in turns_of(exploit)] == [0.01, 0.01]


def test_the_rate_is_drawn_below_the_score_of_the_second_phase():
    exploit = lrsearch.Exploit(["0.021"], 40, lrsearch.CosineAnnealing(1, epochs=40, warmup=2))
    while (step := exploit.ask()) is not None:
        exploit.tell(step, 1.0)
    made = figures(lrsearch.GridSearch(), exploit)["exploit"]
    score, rate = made.axes
    assert rate.get_ylabel() == "learning rate"
    assert rate.get_xlim() == score.get_xlim()
    assert max(rate.lines[0].get_ydata()) == 0.021


def test_a_race_is_one_chart_with_its_epochs_as_colour_and_the_best_marked():
    race = made_race()
    keys = [chart.key for chart in charts_of(race)]
    assert keys == ["race", "learning_curves"]
    chart = charts_of(race)[0]
    assert [label for _, label in chart.scale.ticks] == ["1", "2", "9"]
    after = {line.label: line for line in chart.lines}
    assert set(dict(after["after 9 epochs"].points)) < set(dict(after["after 1 epochs"].points))
    assert [point.x for point in chart.points if point.best] == [race.best.rate]
    assert [line.label for line in chart.lines if line.best] == [
        f"rate {race.best.rate}, the best, as it trained"
    ]


def test_all_rounds_of_digits_are_one_chart_besides_each_of_its_own():
    search = made_search()
    chart = charts_of(search)[0]
    assert chart.key == "rounds"
    assert {point.x for point in chart.points} == {record.rate for record in search.trials}
    assert [label for _, label in chart.scale.ticks] == ["1", "2"]


def test_standard_errors_that_were_told_are_drawn():
    search = made_search()
    chart = next(chart for chart in charts_of(search) if chart.key == "round_2")
    assert {point.error for point in chart.points} == {0.125}
    assert 'class="error"' in svg.svg_text(chart)
    bars = [made.get_segments()[0] for made in figure(chart).axes[0].collections]
    assert len(bars) == sum(chart.beyond(point) == 0 for point in chart.points)
    assert bars[0][1][1] - bars[0][0][1] == pytest.approx(0.25)


def test_no_chart_says_place():
    titles = [chart.title for chart in charts_of(made_search(), made_phase(), "NLL")]
    assert "Round 2, digit 1: NLL against rate" in titles
    assert "place" not in " ".join(titles)


def test_learning_curves_have_whole_epochs_and_trials_of_a_single_one():
    search = lrsearch.GridSearch(["0.1", "0.01", "0.001"], epochs=2)
    for trial in search:
        search.tell(trial, [1 + trial.rate] if trial.rate == 0.1 else [1.0, 0.5])
    chart = next(chart for chart in charts_of(search) if chart.key == "learning_curves")
    assert [point.x for point in chart.points] == [1]
    assert len(chart.lines) == 2
    assert all("." not in label for _, label in chart.x.ticks())


def test_learning_curves_of_near_rates_have_colours_far_apart():
    search = lrsearch.GridSearch(["10", *[f"0.00{n}" for n in range(41, 50)]], epochs=2)
    for trial in search:
        search.tell(trial, [9.0, 8.0] if trial.rate == 10 else [1.0, trial.rate])
    chart = next(chart for chart in charts_of(search) if chart.key == "learning_curves")
    tints = sorted(line.tint for line in chart.lines)
    assert min(b - a for a, b in itertools.pairwise(tints)) > 0.1


def test_only_the_best_of_many_learning_curves_are_drawn():
    search = lrsearch.RandomSearch(70, digits=6, epochs=2, seed=1)
    for trial in search:
        search.tell(trial, [2.0, 1.0 + trial.number])
    (chart,) = [chart for chart in charts_of(search) if chart.key == "learning_curves"]
    assert len(chart.lines) == 60
    assert sum(line.tint is not None for line in chart.lines) == 10
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

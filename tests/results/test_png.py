"""The pictures that matplotlib draws."""

import lrsearch
from lrsearch import results
from lrsearch.testing import bowl, run


def test_the_inverse_picture_is_left_out_where_it_would_mislead():
    search = lrsearch.GridSearch(["0.1", "0.01"], epochs=1)
    for trial in search:
        search.tell(trial, -1.0)
    assert set(results.figures(search)) == {"round_1"}


def test_the_score_axis_shows_what_the_scores_are(paper):
    axes = results.figures(paper, name="NLL")["round_2"].axes[0]
    assert axes.get_xscale() == "log"
    assert "NLL" in axes.get_ylabel()
    line = axes.lines[0]
    assert dict(zip(line.get_xdata(), line.get_ydata(), strict=True))[0.0007] == 234.72
    assert 0 not in line.get_xdata()


def test_one_diverging_score_does_not_flatten_the_picture():
    search = lrsearch.GridSearch([f"0.{n}" for n in range(1, 10)], epochs=1)
    for trial in search:
        search.tell(trial, 1e30 if trial.rate == 0.9 else 1 + trial.rate)
    low, high = results.figures(search)["round_1"].axes[0].get_ylim()
    assert high - low < 10


def test_learning_curves_are_drawn_where_there_are_any():
    search = run(lrsearch.GridSearch(["0.1", "0.01"], epochs=3), bowl)
    assert "learning_curves" in results.figures(search)


def test_a_search_without_a_score_has_no_pictures():
    assert results.figures(lrsearch.GridSearch()) == {}

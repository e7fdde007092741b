"""The pictures that matplotlib draws."""

import io

import pytest
from matplotlib import pyplot

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


@pytest.fixture
def _closed():
    yield
    pyplot.close("all")


@pytest.mark.usefixtures("_closed")
def test_plot_returns_axes_and_draws_on_those_that_it_is_given(paper):
    axes = paper.plot(name="NLL")
    assert axes.get_ylabel() == "NLL (lower is better)"
    assert axes.figure.number in pyplot.get_fignums()
    mine = pyplot.subplots(1, 2)[1]
    assert paper.plot(mine[0]) is mine[0]
    assert paper.evidence().plot(mine[1]) is mine[1]
    assert len(mine[1].lines[1].get_xdata()) == sum(bool(record.rate) for record in paper.trials)
    mine[0].figure.savefig(io.BytesIO())


def test_there_is_nothing_to_plot_before_a_score():
    with pytest.raises(RuntimeError, match="no rate above 0 has a finite score"):
        lrsearch.DigitSearch().plot()


@pytest.mark.usefixtures("_closed")
def test_the_scores_of_the_evidence_are_drawn_as_they_were_told():
    rates, scores = ["0.1", "0.03", "0.01", "0"], [0.7, 0.9, 0.8, 0.1]
    evidence = lrsearch.Evidence.of_scores(rates, scores, errors=[0.1] * 4, direction="maximize")
    axes = evidence.plot(name="accuracy")
    assert axes.get_ylabel() == "accuracy (higher is better)"
    assert sorted(axes.lines[1].get_ydata()) == [0.7, 0.8, 0.9]
    assert len(axes.collections) == 3


@pytest.mark.usefixtures("_closed")
def test_a_study_is_drawn_like_its_search(tmp_path):
    search = lrsearch.GridSearch(["0.1", "0.01"], epochs=1)
    with lrsearch.Study(tmp_path / "s.db", search) as study:
        for trial in study:
            study.tell(trial, float(trial.rate))
        assert study.plot().get_xlabel() == "learning rate"

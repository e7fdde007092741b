"""Loops that go wrong without an error are warned of, and right ones are not."""

import json
import math
import random
import warnings

import pytest

import lrsearch

ANEW = "were to be continued"
DIRECTION = 'direction="maximize"'


def loop(search, asked, scores):
    """Tell whatever is asked, a training from its start each time."""
    for trial in asked:
        search.tell(trial, scores(trial.rate, trial.epochs))


def losses(rate, epochs):
    """A loss an epoch, of a training from the start."""
    return [1 / (1 + 5 * rate * epoch) + rate / 10 for epoch in range(1, epochs + 1)]


def accuracies(rate, epochs):
    """An accuracy an epoch: chance at low rates, and above 3."""
    learnt = [0.8 * (1 - math.exp(-200 * min(rate, 0.3) * e)) for e in range(1, epochs + 1)]
    return [0.1 + (value if rate < 3 else 0.0) for value in learnt]


@pytest.fixture
def no_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


# No rate


@pytest.mark.parametrize(
    "make",
    [
        lambda: lrsearch.DigitSearch(epochs=2),
        lambda: lrsearch.DigitRace(budget=20, max_epochs=4),
        lambda: lrsearch.Study("nothing.db", lrsearch.DigitSearch(epochs=2)),
    ],
)
def test_a_loop_that_ends_without_a_rate_says_why(make, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    search = make()
    with pytest.warns(RuntimeWarning, match="without a rate: no rate .*: check the data") as w:
        loop(search, search, lambda rate, epochs: math.nan)
    assert [record.filename for record in w] == [__file__]


def test_what_is_no_search_is_not_used():
    with pytest.raises(TypeError, match=r"a search such as DigitSearch\(\), or a study, got 3"):
        lrsearch.use(3)


# Legs that start anew


def test_a_loop_over_a_race_that_knows_no_checkpoints_records_what_was_trained(no_warning):
    race = lrsearch.DigitRace(60, 8)
    for trial in race:
        race.tell(trial, losses(trial.rate, trial.epochs))
    for record in race.trials:
        assert [*record.scores.values()] == losses(record.rate, len(record.scores))
    assert race.spent == 60


def test_a_loop_that_asked_for_continued_legs_and_starts_anew_is_warned_once():
    race = lrsearch.DigitRace(60, 8)
    with pytest.warns(RuntimeWarning, match=ANEW) as caught:
        loop(race, race.iterate(resume=True), losses)
    assert len(caught) == 1
    assert caught[0].filename == __file__


def test_so_is_one_that_reports_each_epoch():
    race = lrsearch.DigitRace(60, 8)

    def run():
        while (trial := race.ask()) is not None:
            scores = iter(losses(trial.rate, trial.epochs))
            while race.report(trial, next(scores)):
                pass

    with pytest.warns(RuntimeWarning, match=ANEW):
        run()


def test_and_one_over_a_study_whose_file_is_then_opened_without_a_warning(tmp_path, no_warning):
    with lrsearch.Study(tmp_path / "s.db", lrsearch.DigitRace(60, 8)) as study:
        with pytest.warns(RuntimeWarning, match=ANEW):
            loop(study, study.iterate(resume=True), losses)
        events = json.loads(json.dumps(study.events))
    assert lrsearch.Study.open(tmp_path / "s.db").done
    race = lrsearch.DigitRace(60, 8)
    race.replay(events)
    assert race.done


@pytest.mark.parametrize("seed", range(20))
def test_legs_that_go_on_are_not_warned_of(no_warning, seed):
    generator = random.Random(seed)
    steps = generator.choice([0, 0.05, 0.02, 0.001])  # coarse scores, as small test sets give
    race = lrsearch.DigitRace(150, 20, direction="maximize")
    for trial in race.iterate(resume=True):
        scores = accuracies(trial.rate, trial.stop_epoch)[trial.start_epoch :]
        scores = [score + generator.gauss(0, 0.02) for score in scores]
        race.tell(trial, [round(s / steps) * steps if steps else s for s in scores])


def test_trials_on_one_plateau_are_not_taken_for_started_anew(no_warning):
    race = lrsearch.DigitRace(150, 20, direction="maximize")
    for trial in race.iterate(resume=True):
        epochs = range(trial.start_epoch + 1, trial.stop_epoch + 1)
        race.tell(trial, [0.1 + (e > 5 and trial.rate > 1e-3) * trial.rate / 20 for e in epochs])


# The direction

SEARCHES = [
    lambda **given: lrsearch.DigitSearch(epochs=5, **given),
    lambda **given: lrsearch.DigitRace(100, 20, **given),
    lambda **given: lrsearch.GridSearch(epochs=5, **given),
]


@pytest.mark.parametrize("make", SEARCHES)
@pytest.mark.parametrize("told", [list, max], ids=["each epoch", "one a leg"])
@pytest.mark.parametrize("highest", [10, 2])
def test_accuracies_told_to_a_search_that_minimises_are_hinted_at(make, told, highest):
    search = make()
    with pytest.warns(RuntimeWarning, match=DIRECTION) as caught:
        loop(search, search, lambda rate, n: told(accuracies(min(rate, highest), n)))
    assert len(caught) == 1
    assert caught[0].filename == __file__


@pytest.mark.parametrize("make", SEARCHES)
@pytest.mark.parametrize("told", [list, max], ids=["each epoch", "one a leg"])
def test_told_the_direction_there_is_no_hint(no_warning, make, told):
    search = make(direction="maximize")
    for trial in search:
        search.tell(trial, told(accuracies(trial.rate, trial.epochs)))
    assert 1e-3 <= search.rate <= 3


@pytest.mark.parametrize("make", SEARCHES)
@pytest.mark.parametrize("told", [list, min], ids=["each epoch", "one a leg"])
@pytest.mark.parametrize("best", [1e-3, 1.0, 1e3])
def test_losses_in_the_unit_interval_are_not_hinted_at(no_warning, make, told, best):
    search = make()
    for trial in search:
        shown = [1 - accuracy for accuracy in accuracies(trial.rate / best, trial.epochs)]
        search.tell(trial, told(shown))


def test_scores_outside_the_unit_interval_are_not_hinted_at(no_warning):
    search = lrsearch.GridSearch(epochs=2)
    for trial in search:
        search.tell(trial, [float(trial.rate), 1 + float(trial.rate)])

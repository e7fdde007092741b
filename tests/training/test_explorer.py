"""Both phases in a plain loop: what it trains, keeps, shows, and what it says of mistakes."""

import json
import math

import numpy as np
import pytest

import lrsearch
from lrsearch import DigitRace, Exploit, Explorer, GridSearch, Rate
from lrsearch.testing import Quadratic


def grid(**options):
    return GridSearch(["0.1", "0.01"], epochs=2, **options)


def train(explorer, loss=None):
    for _ in explorer:
        explorer.trainee.train()
        explorer.report(explorer.trainee.loss() if loss is None else loss(explorer.trainee))
    return explorer


def explored(trainee=None, epochs=8, search=None, exploit=None, loss=None, **options):
    trainee = Quadratic() if trainee is None else trainee
    search = grid() if search is None else search
    return train(Explorer(trainee, epochs, search, exploit, verbose=0, **options), loss)


def test_it_explores_then_exploits_and_ends_with_the_best_weights():
    explorer = explored()
    best = f"best score {explorer.best_score:.6g}"
    assert repr(explorer) == f"<Explorer: 8 of 8 epochs, rate 0.1, {best}>"
    assert [e.phase for e in explorer.history] == ["explore"] * 4 + ["exploit"] * 4
    assert [e.rate for e in explorer.history[:4]] == [Rate("0.1")] * 2 + [Rate("0.01")] * 2
    assert explorer.rate == Rate("0.1")
    assert explorer.best_score == min(e.score for e in explorer.history)
    assert explorer.trainee.loss() == explorer.best_score
    assert explorer.evidence.rate == explorer.rate
    assert np.array_equal(explorer.trainee.momentum, np.zeros(4))


def test_an_epoch_says_what_it_is_before_it_is_trained():
    explorer = Explorer(Quadratic(), 6, grid(), verbose=0)
    seen = []
    for epoch in explorer:
        assert explorer.trainee.rate == float(epoch.rate)
        assert epoch.score is None
        seen.append((epoch.phase, epoch.round, epoch.trial, epoch.epoch, epoch.epochs))
        explorer.trainee.train()
        explorer.report(explorer.trainee.loss())
    assert seen == [
        ("explore", 1, 0, 1, 2), ("explore", 1, 0, 2, 2), ("explore", 1, 1, 1, 2),
        ("explore", 1, 1, 2, 2), ("exploit", 0, -1, 1, 2), ("exploit", 0, -1, 2, 2),
    ]  # fmt: skip


def test_in_the_second_phase_the_rate_moves_with_every_batch():
    schedule = lrsearch.CosineAnnealing(1, 4, warmup=0.5)
    explorer = Explorer(Quadratic(), 8, grid(), Exploit(["0.1"], 4, schedule), verbose=0)
    trained = []
    for epoch in explorer:
        for batch in range(10):
            rate = explorer.begin_batch(batch, 10)
            assert explorer.trainee.rate == float(epoch.rate if rate is None else rate)
            assert (rate is None) is (epoch.phase == "explore")
            explorer.trainee.train()
            trained.append(explorer.trainee.rate)
        explorer.report(explorer.trainee.loss())
        assert explorer.begin_batch(0, 10) is None, "no epoch is in hand"
    assert trained[:40] == [0.1] * 20 + [0.01] * 20
    moves = trained[40:]
    assert moves == [pytest.approx(0.1 * schedule.at(n / 10, 1 / 10)) for n in range(40)]
    assert moves[:6] == sorted(moves[:6])
    assert moves[5:] == sorted(moves[5:], reverse=True)
    assert len(set(moves)) > 35, "no staircase of epochs"


def test_batches_that_nobody_knows_are_counted_in_the_epoch_before(tmp_path):
    schedule = lrsearch.CosineAnnealing(1, 4, warmup=0)

    def rates(explorer, most=None):
        trained = []
        for epoch in explorer:
            moves = [explorer.begin_batch(batch) for batch in range(5)]
            trained.append((epoch.phase, moves))
            explorer.trainee.train()
            explorer.report(explorer.trainee.loss())
            if len(trained) == most:
                break
        return trained

    def explorer(folder):
        exploit = Exploit(["0.1"], 4, schedule)
        return Explorer(Quadratic(), 8, grid(), exploit, directory=tmp_path / folder, verbose=0)

    whole = rates(explorer("whole"))
    assert whole[4][1] == [pytest.approx(0.1 * schedule.at(n / 5, 1 / 5)) for n in range(5)]
    first = rates(explorer("two"), most=5)
    assert first + rates(explorer("two")) == whole
    phase_alone = Explorer(
        Quadratic(), 4, lrsearch.GridSearch(["0.1"], epochs=1), Exploit(["0.1"], 3, schedule),
        verbose=0,
    )  # fmt: skip
    assert rates(phase_alone)[0] == ("explore", [None] * 5)


def test_a_loop_that_was_left_is_not_entered_again():
    explorer = Explorer(Quadratic(), 8, grid(), verbose=0)
    for _ in explorer:
        explorer.trainee.train()
        explorer.report(explorer.trainee.loss())
        if len(explorer.history) == 5:
            break
    best = explorer.trainee.loss()
    with pytest.raises(RuntimeError, match="make a new Explorer"):
        next(iter(explorer))
    assert explorer.trainee.loss() == best == explorer.best_score


def test_an_epoch_of_more_batches_than_were_told_ends_at_its_last_rate():
    explorer = Explorer(
        Quadratic(), 4, GridSearch(["0.1"], epochs=1),
        Exploit(["0.1"], 3, lrsearch.CosineAnnealing(1, 3, warmup=0)), verbose=0,
    )  # fmt: skip
    for epoch in explorer:
        if epoch.phase == "exploit":
            assert explorer.begin_batch(7, 4) == explorer.begin_batch(3, 4)
        explorer.report(1.0)


def test_without_arguments_a_tenth_races_and_the_rest_anneals():
    explorer = train(Explorer(Quadratic(), 60, verbose=0))
    assert isinstance(explorer.search, DigitRace)
    assert explorer.search.budget == 10
    assert len(explorer.history) == 60
    assert explorer.trainee.loss() == explorer.best_score < 0.01


def test_an_accuracy_is_maximised():
    explorer = explored(search=grid(direction="maximize"), loss=lambda trainee: 1 / trainee.loss())
    assert explorer.best_score == max(e.score for e in explorer.history)
    assert 1 / explorer.trainee.loss() == explorer.best_score


def test_each_trial_has_an_init_of_its_own_where_it_is_fresh():
    def first_scores(**options):
        search = GridSearch(["0.01", "0.010000001"], epochs=1)
        explorer = explored(search=search, exploit=False, **options)
        return [e.score for e in explorer.history]

    same, fresh = first_scores(), first_scores(initial="fresh")
    assert same[0] == pytest.approx(same[1], rel=1e-6)
    assert fresh[0] == same[0] != pytest.approx(fresh[1], rel=1e-2)


def test_a_race_is_as_it_would_be_without_pauses():
    explorer = explored(search=DigitRace(40, 10), epochs=40, exploit=False)
    record = max(explorer.search.trials, key=lambda record: record.legs)
    assert record.legs > 2
    trainee = Quadratic()
    trainee.rate = float(record.rate)
    scores = {}
    for epoch in range(1, record.epoch + 1):
        trainee.train()
        scores[epoch] = trainee.loss()
    assert record.scores == scores


@pytest.mark.parametrize("interrupt", [KeyboardInterrupt, ZeroDivisionError, None])
def test_a_loop_that_is_left_has_the_best_weights_and_goes_on_where_it_was(interrupt, tmp_path):
    def leave(explorer, at):
        for _ in explorer:
            explorer.trainee.train()
            if len(explorer.history) == at and interrupt is None:
                break
            if len(explorer.history) == at:
                raise interrupt
            explorer.report(explorer.trainee.loss())

    whole = explored(epochs=12)
    for at in (1, 6):
        trainee = Quadratic()
        explorer = Explorer(trainee, 12, grid(), verbose=0, directory=tmp_path)
        if interrupt is None:
            leave(explorer, at)
        else:
            with pytest.raises(interrupt):
                leave(explorer, at)
        assert trainee.loss() == explorer.best_score
        assert json.loads((tmp_path / "summary.json").read_text())["epochs"] == at
    resumed = explored(epochs=12, directory=tmp_path)
    assert resumed.history == whole.history
    assert resumed.trainee.loss() == whole.trainee.loss()
    again = explored(epochs=12, directory=tmp_path)
    assert again.history == whole.history
    assert again.trainee.loss() == whole.trainee.loss()


def test_a_folder_of_another_trainee_or_another_length_is_told_apart(tmp_path):
    class Other(Quadratic):
        pass

    explorer = Explorer(Quadratic(), 12, grid(), verbose=0, directory=tmp_path)
    for _ in explorer:
        explorer.trainee.train()
        explorer.report(explorer.trainee.loss())
        if len(explorer.history) == 3:
            break
    with pytest.raises(ValueError, match=r'trainee was "Quadratic", is "Other".*to Explorer'):
        explored(Other(), epochs=12, directory=tmp_path)
    with pytest.raises(ValueError, match="epochs was 12, is 13"):
        explored(epochs=13, directory=tmp_path)


def test_predictions_are_written_for_the_best_epoch(tmp_path):
    trainee = Quadratic()
    explored(trainee, directory=tmp_path, predict=lambda: trainee.weights_now)
    rows = (tmp_path / "best_predictions.csv").read_text().splitlines()
    assert rows[1] == f"0,{trainee.weights_now[0]}"


def test_an_epoch_that_is_never_reported_is_an_error_that_says_how():
    def silent(explorer):
        for _ in explorer:
            explorer.trainee.train()

    explorer = Explorer(Quadratic(), 8, grid(), verbose=0)
    with pytest.raises(ValueError, match=r"epoch 1 was not reported: call explorer.report"):
        silent(explorer)
    assert explorer.trainee.loss() == Quadratic().loss()


def test_an_epoch_that_is_reported_twice_is_an_error():
    explorer = Explorer(Quadratic(), 8, grid(), verbose=0)
    with pytest.raises(RuntimeError, match="no epoch is in hand"):
        explorer.report(0.5)
    for _ in explorer:
        explorer.trainee.train()
        explorer.report(0.5)
        with pytest.raises(RuntimeError, match="call report\\(\\) once for each epoch"):
            explorer.report(0.5)
        break


@pytest.mark.parametrize("score", ["0.5", True, [0.5], {}])
def test_a_score_that_is_no_number_is_an_error_and_the_weights_are_put_back(score):
    trainee = Quadratic()
    with pytest.raises(TypeError, match="a score has to be a number"):
        explored(trainee, loss=lambda trainee: score)
    assert trainee.loss() == Quadratic().loss()


def test_a_trial_that_diverges_does_no_harm_to_the_next():
    search = GridSearch(["1e30", "0.1"], epochs=2)
    with np.errstate(over="ignore", invalid="ignore"):
        explorer = explored(search=search)
    assert search.trials[0].state == "diverged"
    assert explorer.rate == Rate("0.1")
    assert math.isfinite(explorer.trainee.loss())


def test_too_few_epochs_are_said_in_the_words_of_the_loop():
    with pytest.raises(ValueError, match=r"GridSearch needs at least 4 .* pass .* to Explorer"):
        explored(epochs=3)
    search = lrsearch.DigitSearch(["0.1", "0.01"], digits=0, epochs=2, extend=2)
    with (
        pytest.warns(RuntimeWarning, match=r"the training has 5: pass more epochs to Explorer"),
        pytest.warns(RuntimeWarning, match="the training's 5 epochs were over before the search"),
    ):
        explored(epochs=5, search=search)
    with pytest.warns(RuntimeWarning, match=r"0\.01, which the optimizer was built with"):
        train(Explorer(Quadratic(), 4, verbose=0))


def test_a_direction_that_contradicts_the_search():
    with pytest.raises(ValueError, match='build the search with direction="maximize"'):
        explored(direction="maximize")
    exploit = Exploit(["0.1"], 3, direction="maximize")
    with pytest.raises(ValueError, match='build it with direction="minimize"'):
        explored(exploit=exploit)


def test_progress_is_shown_a_line_a_leg(capsys):
    train(Explorer(Quadratic(), 8, grid()))
    shown = capsys.readouterr()
    assert "explore · round 1 · trial 0 · rate 0.1" in shown.err
    assert "round 1" in shown.err


def test_the_public_names_are_at_the_root():
    assert lrsearch.Explorer is Explorer
    assert {"Epoch", "Explorer", "State", "Trainee"} <= set(lrsearch.__all__)


class Averaging(Quadratic):
    """Its average is a made-up copy of the weights, halved."""

    def keep_average(self):
        self.other = self.weights_now / 2
        return True

    def swap_average(self):
        self.weights_now, self.other = self.other, self.weights_now


def test_a_number_that_is_reported_is_of_the_weights_and_no_average_is_kept(tmp_path):
    """Neither are its best weights the average's, nor is the peak an averaged training's."""

    def run(report, most=40, **options):
        explorer = Explorer(Averaging(), 40, verbose=0, **options)
        for _ in explorer:
            explorer.trainee.train()
            report(explorer)
            if len(explorer.history) == most:
                break
        return explorer

    def by_number(explorer):
        explorer.report(explorer.trainee.loss())

    def by_function(explorer):
        explorer.report(explorer.trainee.loss)

    number, function = run(by_number), run(by_function)
    without = run(by_function, average=False)
    assert number.history == without.history != function.history
    assert number.trainee.loss() == number.best_score == without.best_score
    assert function.peak != number.peak == without.peak
    for most in (9, 10, 11, 40):
        resumed = run(by_number, most, directory=tmp_path)
    assert resumed.history == number.history


def test_what_is_validated_with_the_average_in_place_may_be_reported_as_a_number():
    explorer = Explorer(Averaging(), 8, grid(), verbose=0)
    for _ in explorer:
        explorer.trainee.train()
        explorer.show_average()
        explorer.report(explorer.trainee.loss())
    again = explored(Averaging(), loss=lambda trainee: trainee.loss)
    assert explorer.history == again.history


def test_the_same_trainee_goes_on_after_a_loop_that_was_left(tmp_path):
    """As a cell that is run again does: its optimizer was left at another rate."""
    trainee = Quadratic()
    for most in (3, 12, 30):
        explorer = Explorer(trainee, 30, directory=tmp_path, verbose=0)
        for _ in explorer:
            trainee.train()
            explorer.report(trainee.loss())
            if len(explorer.history) == most:
                break
    assert explorer.history == train(Explorer(Quadratic(), 30, verbose=0)).history

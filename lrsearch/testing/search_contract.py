"""The contract tests that every search has to pass, for third parties too.

Derive a class from `SearchContract` in a test module, and pytest runs the contract against your
strategy::

    class TestMySearch(lrsearch.testing.SearchContract):
        def make(self, direction):
            return MySearch(budget=100, direction=direction)
"""

from __future__ import annotations

import itertools
import json
import math
import random
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from lrsearch.checks import sign
from lrsearch.rate import Rate
from lrsearch.registry import from_config
from lrsearch.search import Direction, Search
from lrsearch.trial import LegState, StaleTrial, Trial, TrialRecord

__all__ = ["SearchContract", "bowl", "run", "state"]

_LIMIT = 20_000


def bowl(trial: Trial, epoch: int, optimum: float = 0.002) -> float:
    """A score to minimise that is best at one rate and gets better with the epochs.

    Examples
    --------
    >>> bowl(Trial(0, 0, Rate("0.002"), 1, 0, 0, 5), epoch=4)
    1.25
    """
    distance = math.log10(trial.rate / optimum) if trial.rate else 9.0
    return 1 + distance**2 + 1 / epoch


def run(search: Search, score: Callable[[Trial, int], float] = bowl) -> Search:
    """Run a search to its end, telling one score an epoch."""
    for trial in itertools.islice(search.iterate(resume=True), _LIMIT):
        search.tell(trial, [sign(search.direction) * score(trial, e) for e in _epochs(trial)])
    if not search.done:
        raise RuntimeError(f"the search is not done after {_LIMIT} legs")
    return search


def state(search: Search) -> dict[str, Any]:
    """All that a search shows, to compare two of them by."""
    return {
        "trials": [repr(record) for record in search.trials],
        "rounds": [repr(round) for round in search.rounds],
        "out": search.out,
        "kept": search.kept,
        "rate": search.rate,
        "done": search.done,
        "reason": search.reason,
        "spent": search.spent,
        "best": repr(search.best),
    }


class SearchContract(ABC):
    """The contract, as tests; `make` gives a new search of the strategy under test."""

    @abstractmethod
    def make(self, direction: Direction) -> Search:
        """A search that hands out at least two trials, of at least two epochs, before any tell."""

    def search(self) -> Search:
        return self.make("minimize")

    # Asking

    def test_a_trial_is_an_exact_decimal_rate_with_epochs_to_train(self) -> None:
        trial = self.search().ask()
        assert isinstance(trial, Trial)
        assert isinstance(trial.rate, Rate)
        assert trial.number == 0
        assert trial.start_epoch == 0
        assert trial.epochs == trial.stop_epoch - trial.start_epoch >= 1

    def test_several_trials_can_be_out_at_once_and_none_is_handed_out_twice(self) -> None:
        search = self.search()
        trials = [_ask(search), _ask(search)]
        assert None not in trials
        assert trials[0].number != trials[1].number
        assert search.out == tuple(trials)

    def test_it_comes_to_an_end_and_recommends_one_of_its_rates(self) -> None:
        search = run(self.search())
        assert search.reason
        assert search.rate in {record.rate for record in search.trials}
        assert search.ask() is None
        assert search.ask() is None

    def test_the_recommended_rate_is_near_the_best_one(self) -> None:
        search = run(self.search())
        assert abs(math.log10(_rate(search) / _best(search).rate)) <= 1

    def test_it_charges_the_epochs_it_hands_out_and_no_more_than_it_said(self) -> None:
        search = self.search()
        handed_out = 0
        for trial in search.iterate(resume=True):
            handed_out += trial.epochs
            search.tell(trial, [bowl(trial, e) for e in _epochs(trial)])
        assert search.spent == handed_out == sum(record.spent for record in search.trials)
        assert search.most_epochs is None or search.spent <= search.most_epochs

    def test_a_loop_that_says_nothing_of_checkpoints_gets_every_leg_from_0(self) -> None:
        search = self.search()
        spent = 0
        for trial in search:
            assert trial.start_epoch == 0
            search.tell(trial, [bowl(trial, e) for e in _epochs(trial)])
            spent += trial.stop_epoch
        assert search.done
        assert search.spent == spent

    def test_without_checkpoints_every_leg_starts_at_0_and_is_charged_in_full(self) -> None:
        search = self.search()
        spent = 0
        while (trial := search.ask(resume=False)) is not None:
            assert trial.start_epoch == 0
            search.tell(trial, [bowl(trial, e) for e in _epochs(trial)])
            spent += trial.stop_epoch
        assert search.done
        assert search.spent == spent

    # Rounds

    def test_every_trial_belongs_to_a_round_that_has_its_rate(self) -> None:
        search = self.search()
        for trial in search:
            rounds = {round.number: round for round in search.rounds}
            assert list(rounds) == list(range(1, len(rounds) + 1))
            assert trial.round in rounds, f"trial {trial.number}: there is no round {trial.round}"
            assert trial.rate in rounds[trial.round].rates
            search.tell(trial, [bowl(trial, e) for e in _epochs(trial)])

    # Telling

    def test_a_number_charges_the_whole_leg(self) -> None:
        search = self.search()
        trial = _ask(search)
        search.tell(trial, 0.5)
        assert search.spent == trial.epochs
        assert search.trials[trial.number].score == 0.5

    def test_a_shorter_sequence_ends_the_leg_early_and_charges_its_length(self) -> None:
        search = self.search()
        trial = _ask(search)
        search.tell(trial, [0.5])
        assert search.spent == 1
        assert search.trials[trial.number].state == "stopped"

    def test_reporting_each_epoch_equals_telling_the_leg(self) -> None:
        told, reported = self.search(), self.search()
        for _ in range(2):
            trial = _ask(told)
            told.tell(trial, [bowl(trial, e) for e in _epochs(trial)])
            same = _ask(reported)
            epoch = itertools.count(1)
            while state := reported.report(same, bowl(same, next(epoch))):
                pass
            assert state == reported.trials[same.number].state
        assert [r.scores for r in reported.trials] == [r.scores for r in told.trials]
        assert reported.spent == told.spent

    def test_epochs_without_validation_are_spent_without_a_score(self) -> None:
        search = self.search()
        trial = _ask(search)
        assert bool(search.report(trial, None)) is (trial.epochs > 1)
        if trial.epochs > 1:
            search.report(trial, 0.5, epoch=trial.stop_epoch)
        assert search.spent == trial.epochs
        assert list(search.trials[trial.number].scores) == [trial.stop_epoch][: trial.epochs - 1]

    def test_numpy_numbers_are_numbers(self) -> None:
        search = self.search()
        search.tell(_ask(search), np.float32(0.5))
        search.tell(_ask(search), np.array([0.5]))
        assert [record.score for record in search.trials][:2] == [0.5, 0.5]

    @pytest.mark.parametrize(
        "score",
        ["0.5", bytearray(b"0.5"), None, True, {}, 1j, [[0.5]], ["0.5"], object()],
    )
    def test_what_is_no_number_is_a_type_error_and_changes_nothing(self, score: Any) -> None:
        search = self.search()
        trial = _ask(search)
        before = state(search)
        with pytest.raises(TypeError):
            search.tell(trial, score)
        assert state(search) == before

    def test_an_empty_sequence_and_too_many_scores_are_value_errors(self) -> None:
        search = self.search()
        trial = _ask(search)
        before = state(search)
        with pytest.raises(ValueError, match="empty"):
            search.tell(trial, [])
        with pytest.raises(ValueError, match=str(trial.epochs)):
            search.tell(trial, [0.5] * (trial.epochs + 1))
        assert state(search) == before

    def test_a_second_tell_is_a_value_error_unless_skipped(self) -> None:
        search = self.search()
        trial = _ask(search)
        search.tell(trial, 0.5)
        before = state(search)
        with pytest.raises(ValueError, match="ended"):
            search.tell(trial, 0.4)
        search.tell(trial, 0.4, skip_if_told=True)
        assert state(search) == before

    def test_a_tell_after_a_report_is_a_value_error(self) -> None:
        search = self.search()
        while (trial := _ask(search)).epochs < 2:
            search.tell(trial, 0.5)
        search.report(trial, 0.5)
        with pytest.raises(ValueError, match="report"):
            search.tell(trial, 0.4)

    def test_an_unknown_trial_is_a_key_error(self) -> None:
        search = self.search()
        trial = _ask(search)
        another = trial._replace(rate=trial.rate.step(1, trial.rate.exponent))
        for unknown in (trial._replace(number=10**6), trial._replace(leg=7), another):
            with pytest.raises(KeyError):
                search.tell(unknown, 0.5)
            with pytest.raises(KeyError):
                search.report(unknown, 0.5)

    @pytest.mark.parametrize("standard_error", [-1.0, math.nan, math.inf])
    def test_a_standard_error_is_finite_and_not_negative(self, standard_error: float) -> None:
        search = self.search()
        trial = _ask(search)
        with pytest.raises(ValueError, match="standard error"):
            search.tell(trial, 0.5, standard_error)
        search.tell(trial, 0.5, 0.1)
        assert search.trials[trial.number].standard_error == 0.1

    def test_an_epoch_out_of_order_is_a_value_error(self) -> None:
        search = self.search()
        trial = _ask(search)
        for epoch in (0, -1, trial.stop_epoch + 1):
            with pytest.raises(ValueError, match="epoch"):
                search.report(trial, 0.5, epoch)

    # Diverging

    @pytest.mark.parametrize("score", [math.nan, math.inf, -math.inf])
    def test_a_score_that_is_not_finite_is_a_result(self, score: float) -> None:
        search = self.search()
        first, second = _ask(search), _ask(search)
        search.tell(first, [score])
        search.tell(second, 1e9)
        assert search.trials[first.number].state == "diverged"
        assert _best(search).number == second.number

    def test_a_trial_that_diverges_late_ranks_after_all_others(self) -> None:
        search = self.search()
        first, second = _ask(search), _ask(search)
        search.tell(second, [1e9])
        if first.epochs > 1:
            assert search.report(first, 0.1)
        assert search.report(first, math.nan) is LegState.DIVERGED
        assert _best(search).number == second.number

    def test_a_search_whose_trials_all_diverge_ends_without_a_rate(self) -> None:
        search = self.search()
        for trial in itertools.islice(search, _LIMIT):
            search.tell(trial, math.nan)
        assert search.done
        assert search.rate is None
        assert search.best is None

    # Releasing

    def test_a_released_leg_is_handed_out_again_and_its_late_tell_is_stale(self) -> None:
        search = self.search()
        trial = _ask(search)
        search.report(trial, 0.5)
        if search.trials[trial.number].state != "asked":
            return
        search.release(trial)
        assert search.trials[trial.number].state == "released"
        assert search.spent == 1
        again = _ask(search)
        assert (again.number, again.rate, again.init) == (trial.number, trial.rate, trial.init)
        with pytest.raises(StaleTrial):
            search.tell(trial, 0.4)
        with pytest.raises(StaleTrial):
            search.report(trial, 0.4)
        search.tell(again, 0.3)
        assert search.trials[trial.number].score == 0.3
        assert search.spent == 1 + trial.epochs

    def test_leaving_the_loop_releases_the_trial_in_hand(self) -> None:
        search = self.search()
        for _ in search:
            break
        assert search.out == ()
        with pytest.raises(ZeroDivisionError):
            run(search, lambda trial, epoch: 1 / 0)
        assert search.out == ()
        assert search.trials[0].state == "released"

    def test_a_loop_that_never_tells_is_an_error_that_names_the_trials(self) -> None:
        search = self.search()
        with pytest.raises(RuntimeError, match=r"\b0, 1\b"):
            for _ in itertools.islice(search, _LIMIT):
                pass

    # Determinism

    def test_the_log_replayed_over_the_configuration_gives_the_same_state(self) -> None:
        search = self.search()
        _shuffled_run(search, seed=1)
        config = json.loads(json.dumps(search.config()))
        events = json.loads(json.dumps(search.events))
        copy = from_config(config)
        copy.replay(events)
        assert state(copy) == state(search)
        assert copy.config() == search.config()

    def test_a_search_interrupted_anywhere_goes_on_as_if_it_had_not_been(self) -> None:
        whole = run(self.search())
        events = list(whole.events)
        for cut in {len(events) // 3, 2 * len(events) // 3}:
            copy = from_config(whole.config())
            copy.replay(events[:cut])
            for trial in copy.out:
                copy.tell(trial, [bowl(trial, e) for e in _epochs(trial)])
            run(copy)
            assert state(copy) == state(whole)

    def test_any_order_of_tells_leads_to_an_end_with_every_trial_accounted_for(self) -> None:
        for seed in range(5):
            search = self.search()
            _shuffled_run(search, seed)
            assert search.done
            assert search.out == ()
            assert search.spent == sum(record.spent for record in search.trials)

    def test_maximizing_the_negated_score_is_the_same_search(self) -> None:
        minimized, maximized = run(self.make("minimize")), run(self.make("maximize"))
        assert [r.rate for r in maximized.trials] == [r.rate for r in minimized.trials]
        assert maximized.rate == minimized.rate

    def test_the_configuration_is_json(self) -> None:
        config = self.search().config()
        assert json.loads(json.dumps(config, allow_nan=False)) == config


def _ask(search: Search) -> Trial:
    trial = search.ask()
    assert trial is not None
    return trial


def _best(search: Search) -> TrialRecord:
    assert search.best is not None
    return search.best


def _rate(search: Search) -> Rate:
    assert search.rate is not None
    return search.rate


def _epochs(trial: Trial) -> range:
    return range(trial.start_epoch + 1, trial.stop_epoch + 1)


def _shuffled_run(search: Search, seed: int) -> None:
    """Run with several workers that come back in any order, diverge, and die now and then."""
    generator = random.Random(seed)
    held: list[Trial] = []
    for _ in range(_LIMIT):
        trial = search.ask() if len(held) < 4 else None
        if trial is not None:
            held.append(trial)
            continue
        if not held:
            break
        trial = held.pop(generator.randrange(len(held)))
        fate = generator.random()
        if fate < 0.1:
            search.release(trial)
        elif fate < 0.2:
            search.report(trial, bowl(trial, trial.start_epoch + 1))
            if trial in search.out:
                search.release(trial)
        elif fate < 0.3 and trial.rate > 0.1:
            search.tell(trial, math.nan)
        else:
            search.tell(trial, [bowl(trial, e) for e in _epochs(trial)])

"""Where the next trial starts from, and what happens where its checkpoint is gone."""

from typing import Any

import pytest

import lrsearch
from lrsearch.training.trials import next_trial


def paused() -> lrsearch.DigitRace:
    """A race in which every first leg has been told."""
    race = lrsearch.DigitRace(budget=100, max_epochs=20)
    while race.trials == () or not any(record.state == "paused" for record in race.trials):
        trial = race.ask()
        race.tell(trial, [abs(trial.rate - 0.01) + 1 / e for e in range(1, trial.epochs + 1)])
    while race.trials[0].state != "asked":
        trial = race.ask()
        if trial.start_epoch:
            race.release(trial)
            return race
        race.tell(trial, [abs(trial.rate - 0.01) + 1 / e for e in range(1, trial.epochs + 1)])
    return race


def from_the_start_only(trial: lrsearch.Trial) -> Any:
    return "state" if trial.start_epoch == 0 else None


def test_a_trial_whose_checkpoint_is_gone_starts_anew() -> None:
    race = paused()
    trial, state = next_trial(race, from_the_start_only)
    assert (trial.start_epoch, state) == (0, "state")
    assert race.out == (trial,)


def test_a_trial_that_has_no_state_at_all_is_an_error_and_nothing_stays_out() -> None:
    race = paused()
    with pytest.raises(RuntimeError, match="weights are not here"):
        next_trial(race, lambda trial: None)
    assert race.out == ()


def test_a_search_with_nothing_to_hand_out_gives_none() -> None:
    search = lrsearch.GridSearch(["0.1"], epochs=1)
    search.ask()
    assert next_trial(search, from_the_start_only) is None

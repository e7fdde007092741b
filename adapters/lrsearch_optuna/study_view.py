"""A study's trials as a dealer sees them, read once each."""

from __future__ import annotations

import json
import math
import zlib
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from optuna import Study
from optuna.storages import BaseStorage
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState

from lrsearch import Direction, Search
from lrsearch_optuna.attempts import FAILED, OUT, STALE, Outcome
from lrsearch_optuna.dealer import Deal, Dealer

__all__ = ["KEY", "StudyView", "direction_of", "feasible", "outcome"]

KEY = "lrsearch"
"""The user attribute that holds a trial's deal, and the study's that holds the search."""

_ABOUT_TO = timedelta(seconds=30)
"""A running trial without a deal, no older than this, is about to be dealt to."""


class StudyView:
    """What was read of one study.

    Parameters
    ----------
    search : Search
        A search without events.
    param : str
    low, high : float
        The range of the parameter.
    retries : int
        As for `Dealer`.
    """

    def __init__(self, search: Search, param: str, low: float, high: float, retries: int) -> None:
        self.param = param
        settings = {"param": param, "low": low, "high": high, "search": search.config()}
        self.settings: dict[str, Any] = json.loads(json.dumps(settings))
        self._mark = f"{zlib.crc32(json.dumps(self.settings, sort_keys=True).encode()):08x}"
        self.dealer = Dealer(search, low, high, retries)
        self._deals: dict[int, Deal] = {}
        self._open: set[int] = set()
        self._seen = 0

    # Whose study it is ------------------------------------------------------------------------

    def check_study(self, storage: BaseStorage, study_id: int) -> None:
        """Enter the search in the study, or compare it with what is there.

        Raises
        ------
        ValueError
            If the study is another search's; shows both.
        """
        stored = storage.get_study_user_attrs(study_id).get(KEY)
        if stored is None:
            storage.set_study_user_attr(study_id, KEY, self.settings)
        elif stored != self.settings:
            raise ValueError(
                "the study holds the trials of another search, or of another range: take a new "
                f"study, or the same search.\n  in the study: {json.dumps(stored)}\n"
                f"  given here:   {json.dumps(self.settings)}"
            )

    def check_range(self, low: float, high: float) -> None:
        """Raise a ValueError if the range is not the study's."""
        known = self.settings["low"], self.settings["high"]
        if (low, high) != known:
            raise ValueError(
                f"the range of {self.param!r} cannot change within a study: it was {known[0]} to "
                f"{known[1]}, got {low} to {high}"
            )

    # Reading trials ---------------------------------------------------------------------------

    def observe(self, trials: Sequence[FrozenTrial]) -> None:
        """Take in what is new in a list of all trials, by number."""
        for number in (*sorted(self._open), *range(self._seen, len(trials))):
            self._take_in(trials[number])
        self._seen = max(self._seen, len(trials))

    def _take_in(self, trial: FrozenTrial) -> None:
        number, record = trial.number, trial.user_attrs.get(KEY)
        if trial.state.is_finished():
            self._open.discard(number)
        else:
            self._open.add(number)
        if record is None or not self._counts(trial, record):
            self._release(number)
            return
        ending = outcome(trial.state, trial.value, trial.intermediate_values)
        self._attempt(number, record, ending if feasible(trial.system_attrs) else FAILED)

    def end(
        self, number: int, record: Mapping[str, Any], state: TrialState, value: float | None,
        intermediate: Mapping[int, float], system_attrs: Mapping[str, Any],
    ) -> None:  # fmt: skip
        """Take in a trial whose end is not stored yet."""
        failed = state == TrialState.FAIL or not feasible(system_attrs)
        self._attempt(number, record, FAILED if failed else outcome(state, value, intermediate))
        self._open.discard(number)

    def _attempt(self, number: int, record: Mapping[str, Any], ending: Outcome) -> None:
        deal = Deal.from_json(record)
        if record["search"] != self._mark:
            raise ValueError(
                f"trial {number} of the study was dealt by another search, or with another range: "
                f"take a new study, or the same search. Given here: {json.dumps(self.settings)}"
            )
        if ending == STALE and record.get("failed"):
            ending = FAILED
        if self._deals.get(number, deal) != deal:
            self._release(number)
        self._deals[number] = deal
        self.dealer.attempt(number, deal, ending)

    def _release(self, number: int) -> None:
        deal = self._deals.pop(number, None)
        if deal is not None:
            self.dealer.release(number, deal)

    def _counts(self, trial: FrozenTrial, record: Mapping[str, Any]) -> bool:
        """Whether the trial has the rate that it was dealt: not where it was set otherwise."""
        rate = float(record["rate"])
        return bool(trial.params.get(self.param, rate) == rate)

    # Dealing ----------------------------------------------------------------------------------

    def deal(self, trial: FrozenTrial, trials: Sequence[FrozenTrial]) -> Deal:
        """What to deal to a trial, given all trials as last observed."""
        self._release(trial.number)
        ahead = sum(self._about_to(trials[n], trial) for n in self._open if n < trial.number)
        return self.dealer.deal(trial.number, ahead)

    def record(self, deal: Deal) -> dict[str, Any]:
        """A deal as the JSON object that is stored with its trial."""
        return {**deal.to_json(), "search": self._mark}

    def _about_to(self, other: FrozenTrial, trial: FrozenTrial) -> bool:
        if other.state != TrialState.RUNNING or KEY in other.user_attrs:
            return False
        begun, now = other.datetime_start, trial.datetime_start
        if self.param in other.params or begun is None or now is None:
            return False
        return abs(now - begun) < _ABOUT_TO


def direction_of(study: Study) -> Direction:
    """A study's direction, as searches call it."""
    return "minimize" if study.direction == StudyDirection.MINIMIZE else "maximize"


def feasible(system_attrs: Mapping[str, Any]) -> bool:
    """Whether a trial keeps to its constraints: Optuna stores them, none above 0 where it does.

    Examples
    --------
    >>> feasible({"constraints": (-0.5, 0.1)}), feasible({"constraints:memory": 0.0}), feasible({})
    (False, True, True)
    """
    values = [*(system_attrs.get("constraints") or ())]
    values += [value for key, value in system_attrs.items() if key.startswith("constraints:")]
    return all(value <= 0 for value in values)


def outcome(state: TrialState, value: float | None, intermediate: Mapping[int, float]) -> Outcome:
    """What became of a trial.

    Examples
    --------
    >>> outcome(TrialState.COMPLETE, 0.5, {0: 0.7})
    0.5
    >>> outcome(TrialState.PRUNED, 0.7, {0: 0.6, 1: 0.7})
    [0.6, 0.7]
    >>> outcome(TrialState.FAIL, None, {0: math.nan})
    nan
    """
    if not state.is_finished():
        return OUT
    if state == TrialState.COMPLETE and value is not None:
        return value
    reported = [intermediate[step] for step in sorted(intermediate)]
    if not all(map(math.isfinite, reported)):
        return math.nan
    if state == TrialState.PRUNED:
        return reported or math.nan
    return STALE

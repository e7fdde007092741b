"""DigitSampler: learning rates digit by digit, as a sampler of Optuna."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Sequence
from contextlib import suppress
from typing import Any
from weakref import WeakKeyDictionary

from optuna import Study
from optuna.distributions import BaseDistribution, FloatDistribution
from optuna.pruners import HyperbandPruner, SuccessiveHalvingPruner
from optuna.samplers import BaseSampler, TPESampler
from optuna.storages import BaseStorage
from optuna.trial import FrozenTrial, TrialState
from optuna.trial import Trial as OptunaTrial

from lrsearch import DigitSearch, Evidence, Search, Trial, from_config
from lrsearch.checks import at_least
from lrsearch_optuna.dealer import Deal
from lrsearch_optuna.study_view import KEY, StudyView, direction_of

__all__ = ["DigitSampler", "dealt"]

_TRIES = 8
"""How often to deal anew where another process was dealt the same at the same time."""
_HASTY = (SuccessiveHalvingPruner, HyperbandPruner)
"""Pruners that decide by few epochs of trials at different rates."""
_FIRST = 3
"""After so many trials the parameter should have come up."""


class DigitSampler(BaseSampler):
    """Deal the rates of a search to the trials of an Optuna study, in any number of processes.

    One float parameter gets exact decimal rates, digit by digit; every other parameter goes to
    another sampler. The state is recomputed from the study's trials, so that processes on any
    machines can share a study through any storage, and any of them may die.

    Parameters
    ----------
    param : str
        The name of the parameter.
    search : Search, optional
        What to search with; by default ``DigitSearch(direction=...)`` of the study's direction.
        Its trials have to be one leg each, so a race cannot be used: see `DigitRacePruner`.
    fallback : BaseSampler, optional
        For the other parameters; by default ``TPESampler()``.
    stop : bool
        Stop the study when the search is over. Otherwise every further trial repeats the rate
        recommended, from another init.
    retries : int
        How often a rate is dealt again whose objective raised or returned nan, which Optuna
        records alike, or whose trial broke a constraint. After that it counts as diverged. (A
        trial that reports nan, is pruned without a report, or returns an infinite value counts as
        diverged at once.)

    Notes
    -----
    The score of a trial is the value that the objective returns, or the best one reported where
    the trial was pruned. All other parameters vary with the fallback: what is found is the rate
    that is best while they do.

    A trial that comes while a round waits for others repeats the round's leading rate, from
    another init. It does not count in the search's ranking, which so does not depend on how many
    workers there are; `evidence` uses it. `dealt` tells an objective what it was dealt.

    Rates outside of the parameter's range are passed over. The range, and the search, stay the
    same for a whole study: another one is a ValueError. So is a range that holds none of the
    search's first rates, a step, an integer or a categorical parameter, another direction, and
    several objectives. A parameter whose range is a single value, or that was enqueued, is set
    by Optuna itself; such trials, and those of another sampler, do not count.

    A trial that breaks a constraint (``trial.set_constraint``, or the fallback's
    `constraints_func`) never counts with its score, so that no rate is recommended for it.

    A pruner that compares trials at few epochs, such as successive halving and Hyperband, ends slow
    rates that would be the best at last, and a higher one is recommended: a warning says so. Use
    `DigitRacePruner`, which judges a trial by the epochs it has left.

    A study has one DigitSampler, which deals one parameter. Of two learning rates, search one in a
    study of its own, fix it, and search the other in the next.

    Where none of the first trials has suggested the parameter, a warning names those that they
    did suggest.

    Where a worker dies, its trial stays "running", and a round waits for it, until Optuna fails
    it: give the storage a `heartbeat_interval` (then ``study.optimize`` does it; a loop of ask
    and tell has to call `optuna.storages.fail_stale_trials`). Its rate is dealt again.

    Examples
    --------
    >>> import optuna
    >>> optuna.logging.set_verbosity(optuna.logging.WARNING)
    >>> sampler = DigitSampler("lr", search=DigitSearch(digits=1), stop=True)
    >>> study = optuna.create_study(sampler=sampler)
    >>> study.optimize(lambda trial: abs(trial.suggest_float("lr", 1e-6, 10, log=True) - 0.003))
    >>> sampler.searched(study).rate
    Rate('0.003')
    """

    def __init__(
        self,
        param: str = "lr",
        search: Search | None = None,
        fallback: BaseSampler | None = None,
        *,
        stop: bool = False,
        retries: int = 1,
    ) -> None:
        if not isinstance(param, str):
            raise TypeError(f"param has to be the name of a parameter, got {param!r}")
        if search is not None and not isinstance(search, Search):
            raise TypeError(f"search has to be an lrsearch.Search, got {type(search).__name__}")
        if search is not None and search.events:
            raise ValueError("search has to be a new one: its state comes from the study")
        self.param = param
        self.fallback = TPESampler() if fallback is None else fallback
        self.stop = stop
        self.retries = at_least(0, "retries", retries)
        self._config = None if search is None else search.config()
        self._clear()

    def _clear(self) -> None:
        self._views: WeakKeyDictionary[BaseStorage, dict[int, StudyView]] = WeakKeyDictionary()
        self._named: WeakKeyDictionary[BaseStorage, set[int]] = WeakKeyDictionary()
        self._pruned = False
        self._lock = threading.RLock()

    def __getstate__(self) -> dict[str, Any]:
        return {
            k: v
            for k, v in self.__dict__.items()
            if k not in ("_views", "_named", "_pruned", "_lock")
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._clear()

    # Results ----------------------------------------------------------------------------------

    def searched(self, study: Study) -> Search:
        """A copy of the search as it stands: its rounds, its trials, the rate recommended.

        Raises
        ------
        ValueError
            If no trial of the study has the parameter, or the study is another search's.
        """
        with self._lock:
            return self._known(study).dealer.searched()

    def evidence(self, study: Study) -> Evidence | None:
        """The evidence of all scores, with the repeats that came while a round waited."""
        with self._lock:
            return self._known(study).dealer.evidence()

    def _known(self, study: Study) -> StudyView:
        trials = study._storage.get_all_trials(study._study_id, deepcopy=False)
        for trial in trials:
            distribution = trial.distributions.get(self.param)
            if isinstance(distribution, FloatDistribution) and KEY in trial.user_attrs:
                view = self._view(study, distribution)
                view.observe(trials)
                return view
        raise ValueError(f"no trial of this study was dealt a rate for {self.param!r}")

    # Sampling ---------------------------------------------------------------------------------

    def infer_relative_search_space(
        self, study: Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        space = self.fallback.infer_relative_search_space(study, trial)
        return {name: value for name, value in space.items() if name != self.param}

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        self._raise_error_if_multi_objective(study)
        return self.fallback.sample_relative(study, trial, search_space)

    def sample_independent(
        self, study: Study, trial: FrozenTrial, param_name: str,
        param_distribution: BaseDistribution,
    ) -> Any:  # fmt: skip
        self._raise_error_if_multi_objective(study)
        if param_name == self.param:
            return float(self._deal(study, trial, param_distribution).trial.rate)
        return self.fallback.sample_independent(study, trial, param_name, param_distribution)

    def before_trial(self, study: Study, trial: FrozenTrial) -> None:
        self.fallback.before_trial(study, trial)

    def after_trial(
        self, study: Study, trial: FrozenTrial, state: TrialState, values: Sequence[float] | None
    ) -> None:
        self.fallback.after_trial(study, trial, state, values)
        record = trial.user_attrs.get(KEY)
        if record is None:
            self._warn_where_never_suggested(study)
            return
        if state == TrialState.FAIL:
            record = {**record, "failed": True}
            study._storage.set_trial_user_attr(trial._trial_id, KEY, record)
        if state == TrialState.PRUNED:
            self._warn_of_hasty_pruner(study)
        if not self.stop:
            return
        with self._lock:
            view = self._known(study)
            value = None if values is None else values[0]
            attrs = study._storage.get_trial(trial._trial_id).system_attrs
            view.end(trial.number, record, state, value, trial.intermediate_values, attrs)
            if view.dealer.done:
                with suppress(RuntimeError):  # outside of optimize(), the loop is the caller's
                    study.stop()

    def _warn_where_never_suggested(self, study: Study) -> None:
        trials = study._storage.get_all_trials(study._study_id, deepcopy=False)
        names = dict.fromkeys(name for trial in trials for name in trial.params)
        with self._lock:
            known = self._named.setdefault(study._storage, set())
            if len(trials) < _FIRST or not names or study._study_id in known:
                return
            known.add(study._study_id)
        if self.param not in names:
            warnings.warn(
                f"DigitSampler deals rates to {self.param!r}, which none of the first "
                f"{len(trials)} trials has suggested; they suggested "
                f"{', '.join(map(repr, names))}, which {type(self.fallback).__name__} samples. "
                "If one of these is the learning rate, name it: DigitSampler(param=...)",
                stacklevel=2,
            )

    def _warn_of_hasty_pruner(self, study: Study) -> None:
        if self._pruned or not isinstance(study.pruner, _HASTY):
            return
        self._pruned = True
        warnings.warn(
            f"{type(study.pruner).__name__} compares trials at few epochs, where high rates are "
            "ahead, and ends slow ones that may be the best at last, so that the rate recommended "
            "is too high: give the study DigitRacePruner(max_epochs), which judges a trial by the "
            "epochs it has left, or optuna.pruners.NopPruner()",
            stacklevel=2,
        )

    def reseed_rng(self) -> None:
        self.fallback.reseed_rng()

    # Dealing ----------------------------------------------------------------------------------

    def _deal(self, study: Study, trial: FrozenTrial, distribution: BaseDistribution) -> Deal:
        storage, study_id = study._storage, study._study_id
        with self._lock:
            view = self._view(study, distribution)
            for _ in range(_TRIES):
                trials = storage.get_all_trials(study_id, deepcopy=False)
                view.observe(trials)
                deal = view.deal(trial, trials)
                record = view.record(deal)
                storage.set_trial_user_attr(trial._trial_id, KEY, record)
                if not deal.repeat:
                    view.observe(storage.get_all_trials(study_id, deepcopy=False))
                if not view.dealer.contested(trial.number, deal):
                    break
            trial.user_attrs[KEY] = record
            return deal

    def _view(self, study: Study, distribution: BaseDistribution) -> StudyView:
        low, high = _range(self.param, distribution)
        of_storage = self._views.setdefault(study._storage, {})
        view = of_storage.get(study._study_id)
        if view is None:
            view = StudyView(self._search(study), self.param, low, high, self.retries)
            view.check_study(study._storage, study._study_id)
            of_storage[study._study_id] = view
        view.check_range(low, high)
        return view

    def _search(self, study: Study) -> Search:
        direction = direction_of(study)
        if self._config is None:
            return DigitSearch(direction=direction)
        if self._config["direction"] != direction:
            raise ValueError(
                f"the study has the direction {direction!r}, the search "
                f"{self._config['direction']!r}: give both the same"
            )
        return from_config(self._config)


def dealt(trial: OptunaTrial | FrozenTrial) -> Trial:
    """What a trial was dealt: the rate, its round, the init to start from, the epochs to train.

    Parameters
    ----------
    trial : optuna.trial.Trial or FrozenTrial
        A trial whose learning rate was suggested.

    Raises
    ------
    ValueError
        If the trial was dealt nothing by `DigitSampler`.

    Examples
    --------
    >>> import optuna
    >>> study = optuna.create_study(sampler=DigitSampler("lr"))
    >>> trial = study.ask({"lr": FloatDistribution(1e-4, 1, log=True)})
    >>> dealt(trial)
    Trial(number=1, leg=0, rate=Rate('1'), round=1, init=0, start_epoch=0, stop_epoch=50)
    """
    record = trial.user_attrs.get(KEY)
    if record is None:
        raise ValueError(
            f"trial {trial.number} was dealt no rate: suggest the learning rate first, with a "
            "study whose sampler is DigitSampler"
        )
    return Deal.from_json(record).trial


def _range(param: str, distribution: BaseDistribution) -> tuple[float, float]:
    """The range of the parameter; a ValueError for what is no plain float."""
    if not isinstance(distribution, FloatDistribution):
        raise ValueError(
            f"{param!r} has to be a float parameter, for suggest_float: rates are decimals; got "
            f"{type(distribution).__name__}"
        )
    if distribution.step is not None:
        raise ValueError(
            f"{param!r} cannot have a step: the search sets the digits; got {distribution.step}"
        )
    return distribution.low, distribution.high

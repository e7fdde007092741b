"""DigitRacePruner: the race's rule for ending a trial early, as a pruner of Optuna."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any
from weakref import WeakKeyDictionary

from optuna import Study
from optuna.pruners import BasePruner
from optuna.trial import FrozenTrial, TrialState

from lrsearch import ruled_out
from lrsearch.checks import at_least
from lrsearch_optuna.study_view import direction_of

__all__ = ["DigitRacePruner"]


class DigitRacePruner(BasePruner):
    """End a trial at a level of the race where its rate is ruled out.

    At a few epochs that double up to a full training, a trial is compared with all others at as
    many epochs. It goes on if its rate can still get to where the best is now: slow rates are
    judged by the epochs they have left, high rates by whether they are behind, and all the higher
    ones go on where scores may lie on a plateau. The rule is that of `lrsearch.DigitRace`.

    Call ``trial.report(score, epoch)`` and ``trial.should_prune()`` after every epoch: a trial's
    epochs are counted by its reports, whatever numbers they carry. Works with any sampler.

    Parameters
    ----------
    max_epochs : int
        Epochs of a full training.
    param : str
        The name of the learning rate.

    Notes
    -----
    A trial without the parameter is never ended. One that reported nan or an infinite score is
    ended at its next report. A study of several objectives is a ValueError.

    Examples
    --------
    >>> import optuna
    >>> from lrsearch_optuna import DigitSampler
    >>> optuna.logging.set_verbosity(optuna.logging.WARNING)
    >>> study = optuna.create_study(sampler=DigitSampler("lr"), pruner=DigitRacePruner(32))
    >>> def objective(trial):
    ...     rate = trial.suggest_float("lr", 1e-6, 10, log=True)
    ...     for epoch in range(1, 33):
    ...         score = rate + 1 / (1 + epoch * rate)  # your training goes here
    ...         trial.report(score, epoch)
    ...         if trial.should_prune():
    ...             raise optuna.TrialPruned
    ...     return score
    >>> study.optimize(objective, n_trials=8)
    >>> [len(trial.intermediate_values) for trial in study.trials]
    [32, 32, 32, 32, 2, 2, 2, 2]
    """

    def __init__(self, max_epochs: int, param: str = "lr") -> None:
        self.max_epochs = at_least(1, "max_epochs", max_epochs)
        self.param = param
        self._clear()

    def _clear(self) -> None:
        self._ended: WeakKeyDictionary[Any, dict[int, dict[int, list[float]]]]
        self._ended = WeakKeyDictionary()
        self._lock = threading.Lock()

    def __getstate__(self) -> dict[str, Any]:
        return {k: v for k, v in self.__dict__.items() if k not in ("_ended", "_lock")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._clear()

    def prune(self, study: Study, trial: FrozenTrial) -> bool:
        if len(study.directions) > 1:
            raise ValueError("DigitRacePruner cannot be used with several objectives")
        rate = trial.params.get(self.param)
        scores = _scores(trial)
        if rate is None or not rate > 0 or not scores:
            return False
        others = self._others(study, trial.number)
        return ruled_out(rate, scores, others, self.max_epochs, direction_of(study))

    def _others(self, study: Study, number: int) -> Iterator[tuple[float, list[float]]]:
        """The rate and the scores of every other trial that has reported, read when needed."""
        trials = study._storage.get_all_trials(study._study_id, deepcopy=False)
        found = []
        with self._lock:
            ended = self._ended.setdefault(study._storage, {}).setdefault(study._study_id, {})
            for other in trials:
                rate = other.params.get(self.param)
                if other.number == number or other.state == TrialState.WAITING:
                    continue
                if rate is None or not rate > 0 or not other.intermediate_values:
                    continue
                scores = ended.get(other.number)
                if scores is None:
                    scores = _scores(other)
                    if other.state.is_finished():
                        ended[other.number] = scores
                found.append((rate, scores))
        yield from found


def _scores(trial: FrozenTrial) -> list[float]:
    return [trial.intermediate_values[step] for step in sorted(trial.intermediate_values)]

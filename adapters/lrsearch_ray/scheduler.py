"""DigitRaceScheduler: trials of Ray Tune paused and continued as a race asks."""

from __future__ import annotations

from typing import Any

from ray.tune.experiment import Trial
from ray.tune.schedulers import FIFOScheduler, TrialScheduler

from lrsearch_ray.searcher import DigitSearcher

__all__ = ["DigitRaceScheduler"]

_DECISIONS = {
    "go on": TrialScheduler.CONTINUE,
    "pause": TrialScheduler.PAUSE,
    "end": TrialScheduler.STOP,
}


class DigitRaceScheduler(FIFOScheduler):
    """Pause a trial when its leg is over, and continue it from its checkpoint when asked.

    It goes with `DigitSearcher`, which holds the search, and takes everything from there::

        tune.TuneConfig(
            metric="loss", mode="min", num_samples=-1,
            search_alg=DigitSearcher(search=lrsearch.DigitRace(budget=400, max_epochs=30)),
            scheduler=DigitRaceScheduler(),
        )

    The trainable trains on until it is stopped, or for ``config["lrsearch"]["epochs"]`` epochs,
    and reports a checkpoint with every epoch. A function that reports none begins at the first
    epoch again when it is continued; those epochs are not counted twice.

    With a `DigitSearch`, it ends a trial once its epochs are in, or once it has diverged.

    Raises
    ------
    ValueError
        When the first trial is added, if the searcher is not a `DigitSearcher`.
    """

    _supports_buffered_results = False

    def on_trial_add(self, tune_controller: Any, trial: Trial) -> None:
        assignments = _searcher(tune_controller).assignments
        if trial.status != Trial.PENDING or assignments.has_leg(trial.trial_id):
            return
        # An experiment was restored, and Ray would continue every trial that had not ended.
        known = assignments.knows(trial.trial_id)
        trial.set_status(Trial.PAUSED if known else Trial.TERMINATED)

    def on_trial_result(self, tune_controller: Any, trial: Trial, result: dict[str, Any]) -> str:
        return _DECISIONS[_searcher(tune_controller).judge(trial.trial_id, result)]

    def choose_trial_to_run(self, tune_controller: Any) -> Trial | None:
        assignments = _searcher(tune_controller).assignments
        trials = list(tune_controller.get_trials())
        paused = [trial for trial in trials if trial.status == Trial.PAUSED]
        for trial in trials:
            if trial.status == Trial.RUNNING and trial.trial_id in assignments.continuing:
                assignments.resume(trial.trial_id)
        for trial in paused:
            if trial.trial_id in assignments.continuing:
                return trial
        if assignments.search.done or tune_controller.search_alg.is_finished():
            for trial in paused:
                tune_controller.stop_trial(trial)
        return next((trial for trial in trials if trial.status == Trial.PENDING), None)

    def debug_string(self) -> str:
        return "DigitRaceScheduler: trials are paused and continued as the search asks."


def _searcher(tune_controller: Any) -> DigitSearcher:
    """The searcher of the experiment, inside of whatever wraps it; it is told of the scheduler."""
    searcher = tune_controller.search_alg
    while not isinstance(searcher, DigitSearcher) and hasattr(searcher, "searcher"):
        searcher = searcher.searcher
    if not isinstance(searcher, DigitSearcher):
        raise ValueError(
            "DigitRaceScheduler takes its legs from the searcher: give TuneConfig "
            f"search_alg=DigitSearcher(...), got {type(searcher).__name__}"
        )
    searcher.assignments.pausing = True
    return searcher

"""DigitSearcher: learning rates digit by digit, as a searcher of Ray Tune."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from ray.tune.experiment import Trial
from ray.tune.result import TRAINING_ITERATION
from ray.tune.search import UNDEFINED_METRIC_MODE, Searcher

from lrsearch import DigitSearch, Direction, Search, from_config
from lrsearch.checks import at_least
from lrsearch.files import write_json
from lrsearch_ray.assignments import Assignments, Verdict
from lrsearch_ray.space import rate_range

__all__ = ["DigitSearcher"]

_DIRECTIONS: dict[str, Direction] = {"min": "minimize", "max": "maximize"}


class DigitSearcher(Searcher):
    """Suggest the rates of a search to Ray Tune.

    A trial of Ray gets the rate under the name of the parameter, and what else the search says
    under "lrsearch": "init", the number of the initialisation to start from, and "epochs", how
    many to train. It reports the metric after every epoch, one report an epoch. Give
    ``TuneConfig`` ``num_samples=-1``: the search ends by itself.

    Parameters
    ----------
    param : str
        The name of the learning rate in the trial's configuration.
    metric : str, optional
        The name of the score; by default that of ``TuneConfig``, which Tune passes on where the
        parameter space is not empty.
    mode : {"min", "max"}, optional
        Whether a smaller or a larger score is better; by default that of ``TuneConfig``.
    search : Search, optional
        What to search with; by default a `DigitSearch` of the mode's direction. A `DigitRace`
        needs `DigitRaceScheduler` beside it, which pauses trials and continues them; without it,
        the first trial that trains on is a ValueError.
    retries : int
        How often a rate is trained anew, in a new trial of Ray, whose trial raised. After that it
        counts as diverged. Ray's own ``FailureConfig`` comes first.

    Notes
    -----
    While a round waits for its trials, nothing is suggested. A trial that ends before its epochs
    are over (by another scheduler, say) counts with the best score it reported, and is charged in
    full. A score that is not finite ends the trial's part in the search.

    In the parameter space, the learning rate may be a float domain, ``tune.loguniform(1e-4, 1)``;
    rates outside of it are passed over. A ValueError follows where it is anything else, where it
    is quantized, where it holds none of the search's first rates, where another parameter is a
    domain, and where mode and direction differ. A metric that is never reported is Ray's own
    ValueError; with Ray's check disabled, such epochs count as not validated.

    ``ResultGrid.get_best_result()`` and ``searcher.search.rate`` answer two questions. The first
    is the trial whose last report is the best: a trained model, with its checkpoint. The second is
    the rate to train anew with: a race ends most trials early, and credits those that have trained
    less with part of what others gained in the epochs between, so that it may recommend another
    rate than that of the best trial. With `DigitSearch`, every trial has all its epochs, and the
    score of a rate is its best report, not its last: ``get_best_result(scope="all")`` is the same.

    `save` and `restore` use JSON; ``Tuner.restore`` goes on where an experiment was interrupted.

    Examples
    --------
    >>> searcher = DigitSearcher(metric="loss", mode="min")
    >>> searcher.suggest("a")
    {'lr': 10.0, 'lrsearch': {'init': 0, 'epochs': 50}}
    """

    CKPT_FILE_TMPL = "searcher-state-{}.json"

    def __init__(
        self,
        param: str = "lr",
        metric: str | None = None,
        mode: str | None = None,
        search: Search | None = None,
        retries: int = 1,
    ) -> None:
        if not isinstance(param, str):
            raise TypeError(f"param has to be the name of a parameter, got {param!r}")
        if metric is not None and not isinstance(metric, str):
            raise TypeError(f"metric has to be the name of one metric, got {metric!r}")
        if mode is not None and mode not in _DIRECTIONS:
            raise ValueError(f'mode has to be "min" or "max", got {mode!r}')
        if search is not None and not isinstance(search, Search):
            raise TypeError(f"search has to be an lrsearch.Search, got {type(search).__name__}")
        super().__init__(metric=metric, mode=mode)
        self.param = param
        self.retries = at_least(0, "retries", retries)
        self._config = None if search is None else search.config()
        self._range = 0.0, math.inf
        self._assignments: Assignments | None = None
        if mode is not None:
            self._check_direction(mode)

    # Results ----------------------------------------------------------------------------------

    @property
    def assignments(self) -> Assignments:
        """The search and the trials of Ray that train its rates."""
        if self._assignments is None:
            if self._metric is None or self._mode is None:
                undefined = UNDEFINED_METRIC_MODE.format(
                    cls=type(self).__name__, metric=self._metric, mode=self._mode
                )
                raise RuntimeError(
                    f"{undefined} Tune passes the latter on only where `param_space` is not empty: "
                    f'{{"{self.param}": tune.loguniform(1e-6, 10)}}, say.'
                )
            direction = _DIRECTIONS[self._mode]
            config = self._config or DigitSearch(direction=direction).config()
            self._assignments = Assignments(from_config(config), *self._range, self.retries)
        return self._assignments

    @property
    def search(self) -> Search:
        """The search as it stands: its rounds, its trials, the rate, the evidence."""
        return self.assignments.search

    # What Ray calls ---------------------------------------------------------------------------

    def set_search_properties(
        self, metric: str | None, mode: str | None, config: dict[str, Any], **spec: Any
    ) -> bool:
        if mode is not None:
            self._check_direction(mode)
        low, high = rate_range(config, self.param)
        self._check_range(low, high)
        self._metric = metric or self._metric
        self._mode = mode or self._mode
        self._range = low, high
        return True

    def suggest(self, trial_id: str) -> dict[str, Any] | str | None:
        leg = self.assignments.suggest(trial_id)
        if leg is None:
            return Searcher.FINISHED if self.search.done else None
        epochs = self.search.trials[leg.number].max_epochs
        return {self.param: float(leg.rate), "lrsearch": {"init": leg.init, "epochs": epochs}}

    def on_trial_result(self, trial_id: str, result: dict[str, Any]) -> None:
        self.judge(trial_id, result)

    def judge(self, trial_id: str, result: dict[str, Any]) -> Verdict:
        """Record a result, and say what its trial is to do; a second time it changes nothing."""
        epoch = result.get(TRAINING_ITERATION)
        if epoch is None or self._metric is None:
            return "go on"
        return self.assignments.report(trial_id, epoch, result.get(self._metric))

    def on_trial_complete(
        self, trial_id: str, result: dict[str, Any] | None = None, error: bool = False
    ) -> None:
        if result is not None and not error:
            self.judge(trial_id, result)
        self.assignments.end(trial_id, error)

    def _check_direction(self, mode: str) -> None:
        direction = _DIRECTIONS[mode]
        if self._config is not None and self._config["direction"] != direction:
            raise ValueError(
                f"mode {mode!r} says {direction!r}, but the search has the direction "
                f"{self._config['direction']!r}: give both the same"
            )

    def _check_range(self, low: float, high: float) -> None:
        search = from_config(self._config or DigitSearch().config())
        first = []
        while (leg := search.ask()) is not None:
            if low <= leg.rate <= high:
                return
            first.append(str(leg.rate))
        raise ValueError(
            f"the range of {self.param!r} from {low} to {high} holds none of the search's first "
            f"rates {', '.join(first)}: widen it, or give the search other first rates"
        )

    # State ------------------------------------------------------------------------------------

    def get_state(self) -> dict[str, Any]:
        """The whole state as a JSON object."""
        return {
            "param": self.param,
            "metric": self._metric,
            "mode": self._mode,
            "retries": self.retries,
            "search": self._config,
            "range": [self._range[0], None if math.isinf(self._range[1]) else self._range[1]],
            "board": None if self._assignments is None else self._assignments.to_json(),
        }

    def set_state(self, state: dict[str, Any]) -> None:
        """Go on from what `get_state` returned."""
        self.param, self.retries = state["param"], state["retries"]
        self._metric, self._mode = state["metric"], state["mode"]
        self._config = state["search"]
        low, high = state["range"]
        self._range = low, math.inf if high is None else high
        stored = state["board"]  # as files that exist call it
        self._assignments = None if stored is None else Assignments.from_json(stored)

    def __getstate__(self) -> dict[str, Any]:
        return self.get_state()

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.set_state(state)

    def restore_from_dir(self, checkpoint_dir: str) -> None:
        """Restore, and take the legs back of trials that the experiment does not know alive.

        Ray writes its own state and the searcher's one after the other: killed in between, it
        leaves two that do not fit.
        """
        super().restore_from_dir(checkpoint_dir)
        experiments = sorted(Path(checkpoint_dir).glob("experiment_state-*.json"))
        if self._assignments is not None and experiments:
            self._assignments.release_all_but(live_trials(experiments[-1]))

    def save(self, checkpoint_path: str) -> None:
        write_json(checkpoint_path, self.get_state())

    def restore(self, checkpoint_path: str) -> None:
        state = json.loads(Path(checkpoint_path).read_text(encoding="utf-8"))
        known = self._config
        if known is not None and state["search"] != known:
            raise ValueError(
                f"{checkpoint_path} holds another search.\n"
                f"  there: {json.dumps(state['search'])}\n  here:  {json.dumps(known)}"
            )
        self.set_state(state)


def live_trials(experiment: Path) -> set[str]:
    """The trials in Ray's record of an experiment that have not ended."""
    record = json.loads(experiment.read_text(encoding="utf-8"))
    states = [json.loads(state) for state, _ in record["trial_data"]]
    ended = (Trial.TERMINATED, Trial.ERROR)
    return {state["trial_id"] for state in states if state["status"] not in ended}

"""One fit that is explored in: its phases, its best weights, its history."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np

from lrsearch import Exploit
from lrsearch.results import rounds_text
from lrsearch_keras.about import about_model, canonical
from lrsearch_keras.building import build_as
from lrsearch_keras.checkpoints import Checkpoints
from lrsearch_keras.checks import check_rate
from lrsearch_keras.defaults import default_exploit, default_search
from lrsearch_keras.endings import warn_of_few_epochs, warn_of_the_end
from lrsearch_keras.inits import Inits
from lrsearch_keras.journal import Journal
from lrsearch_keras.kept import KeptSearch
from lrsearch_keras.monitor import Validation, score_in
from lrsearch_keras.options import Options
from lrsearch_keras.outputs import RunFolder
from lrsearch_keras.phases import Epoch, Exploiting, Exploring, Phase
from lrsearch_keras.show import Show
from lrsearch_keras.snapshot import copied, put, take
from lrsearch_keras.warn import warn

__all__ = ["ExploredFit"]


class ExploredFit:
    """What `LRExplorerCallback` does, epoch by epoch.

    Parameters
    ----------
    options : Options
        What the callback was told.
    folder : RunFolder
        Where its results go.
    direction : {"minimize", "maximize"}
        Whether a smaller or a larger score is better.
    epochs : int
        Epochs of the fit.
    live : bool
        Whether nobody else shows the epochs.
    journal : Journal
        What the run goes on from, and is gone on with.
    about : dict
        What the run is begun with, for its journal.
    usual : float
        The rate that the model was compiled with.
    """

    def __init__(
        self,
        options: Options,
        folder: RunFolder,
        direction: Any,
        epochs: int,
        live: bool,
        journal: Journal,
        about: dict[str, Any],
        usual: float,
    ) -> None:
        self.options = options
        self.folder = folder
        self.direction = direction
        self.epochs = epochs
        self.about = about
        chosen = options.search
        self.search: Any = default_search(epochs, direction, usual) if chosen is None else chosen
        self.exploit: Exploit | None = None
        self._kept = KeptSearch(self.search, journal.study, bool(journal.history))
        self.journal = journal if self._kept.kept else Journal(None)
        self.history = self.journal.history
        self._kept.require(1 + max([epoch.trial for epoch in journal.history], default=-1))
        self.best: Epoch | None = None
        for epoch in self.history:
            self.best = epoch if self._is_better(epoch.score) else self.best
        self._best_weights: list[np.ndarray] | None = None
        self._inits: Inits | None = None
        self._phase: Phase | None = None
        self._epoch: Epoch | None = None
        self._checkpoints = Checkpoints(folder.trials)
        self._set_rate = 0.0
        self._validation = Validation() if options.monitor.startswith("val_") else None
        self._show = Show(epochs, options.verbose, live=live)
        if not journal.over:
            warn_of_few_epochs(self.search, epochs - len(self.history))

    def begin_epoch(self, model: keras.Model) -> None:
        """Put the model into the state that this epoch starts from, and set its rate."""
        inits = self._begin(model) if self._inits is None else self._inits
        with self._putting_back(model):
            phase = self._first_phase(model, inits) if self._phase is None else self._phase
            epoch = None if phase is None else phase.begin(model)
            if phase is None or epoch is None:
                if self.journal.resumed and self.search.done:
                    self._epoch, model.stop_training = None, True
                    return
                raise RuntimeError(
                    "the search has nothing to hand out: pass a new search, or tell() or "
                    "release() the trials that were asked elsewhere"
                )
            self._phase, self._epoch = phase, epoch
            model.optimizer.learning_rate = float(epoch.rate)
            self._set_rate = float(model.optimizer.learning_rate)
            if self._validation is not None:
                self._validation.begin(model, phase.needs_score)

    def end_epoch(self, model: keras.Model, logs: dict[str, Any]) -> None:
        """Report the epoch's score; keep the weights where they are the best so far."""
        if self._epoch is None and self.journal.resumed:
            return
        with self._putting_back(model):
            self._end_epoch(model, logs)

    def end(self, model: keras.Model) -> None:
        """Put the best weights back, and write the run's tables and pictures."""
        if self._phase is not None:
            self._phase.leave()
        elif not self.journal.resumed:
            return
        elif self._inits is None:
            build_as(model, self.journal.build)
            inits = self._begin(model)
            if self.search.done:
                self._first_phase(model, inits)
        self._put_back(model)
        known = self.journal.over
        over = len(self.history) >= self.epochs or self._over()
        self.journal.end(over)
        if over:
            self._kept.end()
        if self.search.done or over:
            self._checkpoints.drop_all()
        self.folder.retry(model)
        self._write_tables()
        self._show.message(rounds_text(self.search))
        if known:
            self._show.message(self._over_text())
        self._show.close()
        if not known:
            warn_of_the_end(self.search, self.exploit, len(self.history), self.epochs)

    def restore(self, model: keras.Model) -> None:
        """Put the best weights back, wherever the fit is; nothing is left in hand."""
        if self._phase is not None:
            self._phase.leave()
        self._show.close()
        if self._inits is not None:
            self._put_back(model)
            self.folder.retry(model)
            self._write_tables()

    def _end_epoch(self, model: keras.Model, logs: dict[str, Any]) -> None:
        phase, epoch, inits = self._phase, self._epoch, self._inits
        if phase is None or epoch is None or inits is None:
            raise RuntimeError("an epoch has ended that had not begun")
        if len(model.variables) != len(inits.first.model):
            raise ValueError(
                "the model made new variables in its first epoch: call it on one batch, "
                "model(x[:1]), before fit"
            )
        self._check_validation(model)
        check_rate(model, self._set_rate)
        epoch = epoch._replace(score=score_in(logs, self.options.monitor))
        self.journal.commit(epoch, model, phase.trial)
        better = self._is_better(epoch.score)
        if better:
            self.best, self._best_weights = epoch, copied(model.variables)
        rounds = len(self.search.rounds)
        phase.end(model, epoch.score, self._best_weights if better else None)
        if better:
            self.folder.best(model)
        if len(self.search.rounds) > rounds or (phase.done and isinstance(phase, Exploring)):
            self._write_tables()
        logs.update(rate=float(epoch.rate), round=epoch.round, trial=epoch.trial)
        self._show.epoch(self.search, epoch, self.best)
        if phase.done:
            second = self._second_phase(inits) if isinstance(phase, Exploring) else None
            if second is None:
                model.stop_training = True
            else:
                self._phase = second

    def _begin(self, model: keras.Model) -> Inits:
        """Take the inits, of an earlier process if there was one, and its best weights."""
        kept = self.journal.directory is not None
        about = {**self.about, **about_model(model)} if kept else self.about
        first = self.journal.begin(about, take(model), model.get_build_config())
        self._inits = Inits(model, self.options.initial, self.options.seed, first)
        if self.best is not None:
            state = self.journal.state
            if state is not None and self.best is self.history[-1]:
                self._best_weights = state.model
                put(model.variables, state.model)
                self.folder.best(model)
            else:
                self._best_weights = self.folder.best_weights(model)
                if self._best_weights is None:
                    self._miss_best_weights()
            put(model.variables, first.model)
        return self._inits

    def _first_phase(self, model: keras.Model, inits: Inits) -> Phase | None:
        """The phase to begin with; where an earlier process was, the phase goes on there."""
        journal = self.journal
        if not self.search.done:
            fresh = self.options.initial == "fresh"
            exploring = Exploring(self._kept, inits, fresh, self._checkpoints)
            if journal.resumed:
                exploring.go_on(model, journal.state, journal.last)
            if not exploring.done:
                return exploring
        second = self._second_phase(inits)
        steps = [epoch for epoch in self.history if epoch.phase == "exploit"]
        if second is not None and steps:
            told = second.exploit.spent
            second.exploit.replay([("step", e.epoch - 1, e.score) for e in steps[told:]])
            best = journal.exploit_best(second.exploit.best_step)
            if journal.state is not None:
                second.go_on(model, journal.state, best)
        return None if second is None or second.done else second

    def _miss_best_weights(self) -> None:
        """The best epoch's weights are gone: the best is sought among the epochs to come."""
        what = f"the run folder {self.folder.directory} lacks the best weights so far"
        if self.journal.over:
            raise ValueError(
                f"{what}, and its run is over: put a copy of them back, or pass another directory "
                "to LRExplorerCallback"
            )
        self.best = None
        warn(f"{what}: those of the best epoch to come are the best of the fit")

    def _over_text(self) -> str:
        best = self.best
        weights = "no epoch had a score, so its weights are as they were"
        if best is not None:
            weights = f"the model has its best weights ({self.options.monitor} {best.score:g})"
        return (
            f"the run in {self.folder.directory} is over, all {len(self.history)} epochs were "
            f"trained before: {weights}"
        )

    def _over(self) -> bool:
        """Whether there is nothing left to train, however many epochs there are."""
        return bool(self.search.done) and (
            self.exploit is None or self.exploit.done or self.options.exploit is False
        )

    def _second_phase(self, inits: Inits) -> Exploiting | None:
        left = self.epochs - sum(epoch.phase == "explore" for epoch in self.history)
        option = self.options.exploit
        if option is False or left < 1:
            return None
        if option is None:
            begun = self.journal.phase
            exploit = Exploit.from_config(begun) if begun else default_exploit(self.search, left)
        elif isinstance(option, Exploit):
            exploit = option
        else:
            exploit = option(self.search, left)
        self.journal.begin_phase(None if exploit is None else canonical(exploit.config()))
        if exploit is None:
            return None
        if exploit.direction != self.direction:
            raise ValueError(
                f"{self.options.monitor!r} is to {self.direction}, and exploit is to "
                f'{exploit.direction}: build it with direction="{self.direction}"'
            )
        self.exploit = exploit
        number = len(self.search.trials) if self.options.initial == "fresh" else 0
        start = inits.state(number)
        if self.options.start == "best" and self._best_weights is not None:
            start = start._replace(model=self._best_weights)
        return Exploiting(exploit, start, inits.new_optimizer, self.journal.keep_best)

    def _check_validation(self, model: keras.Model) -> None:
        if self._validation is not None and self._validation.end(model) is False:
            raise ValueError(
                f"there is no validation data to have {self.options.monitor!r} from: pass "
                "validation_data=(x, y) or validation_split=0.1 to fit"
            )

    def _is_better(self, score: float | None) -> bool:
        if score is None or not math.isfinite(score):
            return False
        if self.best is None or self.best.score is None:
            return True
        best = self.best.score
        return score < best if self.direction == "minimize" else score > best

    def _put_back(self, model: keras.Model) -> None:
        if self._inits is None:
            return
        weights = self._best_weights
        put(model.variables, self._inits.first.model if weights is None else weights)
        put(model.optimizer.variables, self._inits.new_optimizer)
        if self.search.rate is not None:
            model.optimizer.learning_rate = float(self.search.rate)

    @contextmanager
    def _putting_back(self, model: keras.Model) -> Iterator[None]:
        """Whatever raises in here, the model has its best weights back."""
        good = False
        try:
            yield
            good = True
        finally:
            if not good:
                self.restore(model)

    def _write_tables(self) -> None:
        best = None
        if self.best is not None:
            best = self.best._asdict() | {"rate": str(self.best.rate)}
        self.folder.tables(
            self.search,
            self.exploit,
            monitor=self.options.monitor,
            best=best,
            epochs=len(self.history),
        )

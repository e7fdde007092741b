"""One fit that is explored in: its phases, its best weights, its history."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np

from lrsearch import Exploit
from lrsearch.report import rounds_text
from lrsearch_keras.checkpoints import Checkpoints
from lrsearch_keras.defaults import default_exploit, default_search
from lrsearch_keras.inits import Inits
from lrsearch_keras.monitor import ValidationWatch, score_in
from lrsearch_keras.options import Options
from lrsearch_keras.outputs import RunFolder
from lrsearch_keras.phases import Epoch, Exploiting, Exploring, Phase
from lrsearch_keras.show import Show
from lrsearch_keras.snapshot import copied, put

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
    """

    def __init__(
        self, options: Options, folder: RunFolder, direction: Any, epochs: int, live: bool
    ) -> None:
        self.options = options
        self.folder = folder
        self.direction = direction
        self.epochs = epochs
        chosen = options.search
        self.search: Any = default_search(epochs, direction) if chosen is None else chosen
        self.exploit: Exploit | None = None
        self.history: list[Epoch] = []
        self.best: Epoch | None = None
        self._best_weights: list[np.ndarray] | None = None
        self._inits: Inits | None = None
        self._phase: Phase | None = None
        self._epoch: Epoch | None = None
        self._checkpoints = Checkpoints(folder.trials)
        self._watch: ValidationWatch | None = None
        self._show = Show(epochs, options.verbose, live=live)
        self._warn_of_few_epochs()

    def watch(self, model: keras.Model) -> None:
        """Find out during the epoch that begins whether there is validation data."""
        if self.options.monitor.startswith("val_"):
            self._watch = ValidationWatch()
            self._watch.begin(model)

    def begin_epoch(self, model: keras.Model) -> None:
        """Put the model into the state that this epoch starts from, and set its rate."""
        if self._inits is None:
            self._inits = Inits(model, self.options.initial, self.options.seed)
        with self._putting_back(model):
            phase = self._first_phase(self._inits) if self._phase is None else self._phase
            epoch = phase.begin(model)
            if epoch is None:
                raise RuntimeError(
                    "the search has nothing to hand out: pass a new search, or tell() or "
                    "release() the trials that were asked elsewhere"
                )
            self._phase, self._epoch = phase, epoch
            model.optimizer.learning_rate = float(epoch.rate)

    def end_epoch(self, model: keras.Model, logs: dict[str, Any]) -> None:
        """Report the epoch's score; keep the weights where they are the best so far."""
        with self._putting_back(model):
            self._end_epoch(model, logs)

    def end(self, model: keras.Model) -> None:
        """Put the best weights back, and write the run's tables and pictures."""
        if self._phase is None:
            return
        self._phase.leave()
        self._put_back(model)
        if self.search.done:
            self._checkpoints.drop_all()
        self.folder.retry(model)
        self._write_tables()
        self._show.message(rounds_text(self.search))
        self._show.close()
        self._warn_of_the_end()

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
        epoch = epoch._replace(score=score_in(logs, self.options.monitor))
        self.history.append(epoch)
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

    def _first_phase(self, inits: Inits) -> Phase:
        second = self._second_phase(inits) if self.search.done else None
        if second is not None:
            return second
        fresh = self.options.initial == "fresh"
        return Exploring(self.search, inits, fresh, self._checkpoints)

    def _second_phase(self, inits: Inits) -> Phase | None:
        left = self.epochs - len(self.history)
        option = self.options.exploit
        if option is False or left < 1:
            return None
        if option is None:
            exploit = default_exploit(self.search, left)
        elif isinstance(option, Exploit):
            exploit = option
        else:
            exploit = option(self.search, left)
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
        return Exploiting(exploit, start, inits.new_optimizer)

    def _check_validation(self, model: keras.Model) -> None:
        watch, self._watch = self._watch, None
        if watch is not None and watch.end(model) is False:
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

    def _warn_of_few_epochs(self) -> None:
        most = self.search.most_epochs
        if most is not None and self.epochs < most - self.search.spent:
            _warn(
                f"the search needs up to {most - self.search.spent} epochs, and the fit has "
                f"{self.epochs}: pass more epochs to fit, or a search with fewer epochs a trial. "
                "The search goes as far as they last"
            )

    def _warn_of_the_end(self) -> None:
        trained = len(self.history)
        if self.search.done and self.search.rate is not None:
            return
        if self.search.done:
            text = (
                "no rate was found, and the model has the weights from before the fit or the best "
                f"ones seen: {self.search.reason}"
            )
        elif trained < self.epochs:
            text = (
                f"the fit was ended after {trained} of its {self.epochs} epochs, before the "
                "search was done. Another callback did that, most likely EarlyStopping (or "
                "TerminateOnNaN): leave it out, the search ends bad trials itself. The model has "
                "the best weights so far"
            )
        else:
            text = (
                f"the fit's {trained} epochs were over before the search was: "
                f"{self.search.rate} is the best rate so far, and the model has the best weights "
                "so far"
            )
        _warn(text)


def _warn(text: str) -> None:
    warnings.warn(text, RuntimeWarning, stacklevel=3)

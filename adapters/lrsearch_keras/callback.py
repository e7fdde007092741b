"""Both phases inside one ``model.fit``."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable
from typing import Any, Literal

import keras

from lrsearch import Exploit, Explorer
from lrsearch.training import Entrance, Journal, Options, Outcome, RunFolder
from lrsearch_keras import fingerprint
from lrsearch_keras.checks import check_fit, check_others, check_rate
from lrsearch_keras.monitor import Validation, check_mode, direction, score_in
from lrsearch_keras.state import build_as, when_built
from lrsearch_keras.trainee import KerasTrainee, predictions_of

__all__ = ["LRExplorerCallback"]

ENTRANCE = Entrance(
    name="LRExplorerCallback",
    training="the fit",
    taker="fit",
    usual_rate="the model was compiled with",
    left="Another callback did that, most likely EarlyStopping (or TerminateOnNaN): leave it out, "
    "the search ends bad trials itself. The model has the best weights so far, unless that "
    "callback put others back",
)


class LRExplorerCallback(Outcome, keras.callbacks.Callback):
    """Find the learning rate and train with it, in one ``model.fit``.

    The epochs of the fit are shared out. First the search explores: for each of its trials the
    model, with its random-generator states, and the optimizer are put back to the trial's
    initial state, the trial's epochs are trained at its rate, and their scores go to the search.
    When the search is done, the second phase exploits the rates it kept in what epochs there are
    left. At the end the model holds the best weights of the whole fit, and the optimizer is new, at
    a rate that is safe to train on with: a hundredth of the second phase's peak.

    Without arguments, a tenth of the fit's epochs, at least ten, goes to a `DigitRace` of constant
    rates about the one that the model was compiled with; the others anneal from a fresh start with
    warm-up, the rate moved with every batch. Their peak is the race's rate; where that is up to
    five times the rate that the model was compiled with, a longer annealing begins nearer to the
    latter. All epochs are validated with the average of the weights. A fit of 5 to 19 epochs tries
    the compiled rate and ten times it for an epoch each; a shorter one anneals from the compiled
    rate, and says so. Where an epoch is long, ``steps_per_epoch`` over a repeating data set makes
    several of it. docs/keras.md has the measurements behind it.

    Epochs are counted by Keras through the whole fit; `history` says which epoch of which trial
    each was. `rate`, `round` and `trial` stand in the logs (round 0 and trial -1 in the second
    phase) for callbacks that come after this one: put it first in the list. An epoch starts from
    its own state only when it begins, so callbacks that read the model at an epoch's end see what
    that epoch trained. ModelCheckpoint, TensorBoard and CSVLogger so have one line of epochs,
    those of all trials first; `val_loss` jumps where a trial begins. Where `validation_freq` would
    leave a trial, or the end of the second phase, without a score, its last epoch is validated.

    Trials at the same rate and init repeat each other exactly on deterministic data. The order
    that ``shuffle=True`` (the default for arrays) draws for each epoch repeats on PyTorch; on
    TensorFlow and JAX it comes from a generator that goes on from trial to trial, as it does in a
    shuffled ``tf.data`` pipeline: pass ``shuffle=False`` where repetition has to be exact.
    Callbacks that stop a fit (EarlyStopping, TerminateOnNaN) do not go with this one: a trial that
    diverges ends by itself. One that sets the rate of an epoch (LearningRateScheduler) is an
    error; what ReduceLROnPlateau sets after an epoch is set anew before the next.

    Parameters
    ----------
    search : Search, optional
        What to explore with; by default a `DigitRace` in a tenth of the epochs.
    exploit : Exploit, callable, False or None
        The second phase. A callable, ``exploit(search, epochs_left)``, makes it when the search
        is done. By default cosine annealing over the epochs left, as above. False: none.
    monitor : str
        The score's name in the logs.
    mode : {"auto", "min", "max"}
        Whether a smaller or a larger score is better; "auto" goes by the monitor's name.
    initial : {"same", "fresh"} or callable
        "same": all trials of an init start alike, those of init 0 from the weights that the model
        has when the fit begins. "fresh": every trial but the first draws new weights, the paper's
        way. Weights are drawn by building the model's layers again from their configs; what is
        not trained stays as it is; pretrained weights that are trained on are lost in a draw. A
        callable, ``initial(init)``, returns a model or the list of its weights for each init.
    start : {"initial", "best"}
        Where the second phase starts: from an init with a new optimizer, as the paper has it, or
        from the best weights explored.
    seed : int
        What draws of weights depend on, beside their number.
    directory : path, optional
        The run's folder, made if need be: ``best.weights.h5`` and ``best_predictions.csv`` after
        every best epoch so far; ``trials.csv``, ``summary.json`` and pictures after every round
        and at the end. A run that was killed and is started again by the same script goes on
        there: what is lost is the epoch in progress. One that is over trains nothing, says so and
        gives its best weights; what ``fit`` returns has an empty history then, `history` has all
        of it. Keras does not tell how many examples there are, only how many steps.
    x_test : array or data set, optional
        Inputs to predict for after every best epoch so far.
    predict : callable, optional
        ``predict(model, x_test)``, an array of shape (examples, ...); by default
        ``model.predict``.
    average : bool
        Whether epochs are validated with the running average of the weights over about one epoch's
        steps. The best weights are then the average's, and callbacks that read the model at an
        epoch's end see the average that was validated. The optimizer keeps it while the fit
        lasts; an optimizer that keeps its own (``use_ema=True``) is left alone, and so are fits
        that monitor a result of training.
    verbose : int
        0 shows nothing. The display is best seen with ``fit(verbose=0)``.

    Attributes
    ----------
    search : Search or None
        The search; the default one once the fit has begun.
    exploit : Exploit or None
        The second phase, once it has begun.
    history : sequence of Epoch
        Each epoch of the fit: phase, round, trial, rate, epoch and score.
    best : Epoch or None
        The epoch with the best score.
    best_score : float or None
        Its score.
    rate : Rate or None
        The rate that the search recommends.
    peak : Rate or None
        The highest rate of the second phase.
    evidence : Evidence or None
        How many digits of it the scores support.

    Raises
    ------
    ValueError, TypeError
        If parameters are none of the above. By the fit, before training: if the optimizer has a
        schedule, or if the search's direction is not the monitor's. By its first epoch: if the
        logs do not have the monitor.
    FileExistsError, StudyError, OSError
        By the fit, before training: if the folder holds another run (of another model, number of
        steps, search or options: ValueError or StudyError says what differs), is damaged, or
        cannot be written to.
    RuntimeError
        If a second fit is given the same callback.

    Examples
    --------
    >>> import lrsearch
    >>> import numpy as np
    >>> x = np.linspace(-1, 1, 64)[:, None]
    >>> model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    >>> model.compile("sgd", "mse")
    >>> search = lrsearch.DigitSearch(["0.1", "0.01"], digits=0, epochs=8, extend=0)
    >>> explorer = LRExplorerCallback(search, verbose=0)
    >>> _ = model.fit(x, 3 * x, epochs=20, validation_split=0.25, verbose=0, callbacks=[explorer])
    >>> explorer.rate
    Rate('0.1')
    """

    def __init__(
        self,
        search: Any = None,
        exploit: Exploit | Callable[[Any, int], Exploit | None] | Literal[False] | None = None,
        *,
        monitor: str = "val_loss",
        mode: Literal["auto", "min", "max"] = "auto",
        initial: Literal["same", "fresh"] | Callable[[int], Any] = "same",
        start: Literal["initial", "best"] = "initial",
        seed: int = 0,
        directory: str | os.PathLike[str] | None = None,
        x_test: Any = None,
        predict: Callable[[Any, Any], Any] | None = None,
        average: bool = True,
        verbose: int = 1,
    ) -> None:
        super().__init__()
        check_mode(mode)
        if x_test is not None and directory is None:
            raise ValueError("x_test needs a directory to write the predictions to")
        if predict is not None and (x_test is None or not callable(predict)):
            raise ValueError(
                "predict has to be a function of the model and x_test, and needs x_test"
            )
        self.options = Options(search, exploit, initial, start)
        self.monitor, self.mode, self.seed, self.verbose = monitor, mode, seed, verbose
        self.average = bool(average)
        predicted = (
            None if x_test is None else (lambda: predictions_of(self.model, x_test, predict))
        )
        self.folder = RunFolder(directory, predicted, KerasTrainee.weights_file, ENTRANCE)
        self._begun = False
        self._direction: Any = ""
        self._journal = Journal(None)
        self._about: dict[str, Any] = {}
        self._variables = 0
        self._rate = 0.0
        self._validation = Validation() if monitor.startswith("val_") else None

    def on_train_begin(self, logs: Any = None) -> None:
        """Check what can be checked before training."""
        check_fit(self.model, self._begun)
        check_others(inspect.currentframe().f_back)  # type: ignore[union-attr]
        self._direction = direction(self.monitor, self.mode, self.model, self.options.search)
        self._journal = journal = self.folder.prepare()
        self._begun = True
        self._about = {
            "epochs": self.params["epochs"],
            "steps": self.params.get("steps"),
            "seed": self.seed,
            "optimizer": type(self.model.optimizer).__name__,
            **({} if journal.directory is None else fingerprint.of_compiled(self.model)),
        }
        if journal.resumed and journal.about is not None:
            begun_at = journal.about["begun_at"]
            self._start(begun_at)
            last = self.params["epochs"]
            done = last if journal.over else begun_at + len(journal.history)
            self.model._initial_epoch = min(last, done)

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Put the model into the state that this epoch starts from, and set its rate."""
        explorer = self._start(epoch) if self.explorer is None else self.explorer
        if self._journal.resumed:
            self.model._initial_epoch = 0
        when_built(self.model, lambda: self._begin_epoch(explorer))

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        """In the second phase, move the rate with every batch."""
        if self.explorer is None:
            return
        rate = self.explorer.begin_batch(batch, self.params.get("steps"))
        self._rate = self._rate if rate is None else rate
        self.explorer.trainee.begin_batch(batch)

    def on_test_begin(self, logs: Any = None) -> None:
        """Validate with the average of the weights."""
        if self.explorer is not None:
            self.explorer.trainee.end_epoch()
            self.explorer.show_average()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Report the epoch's score."""
        explorer = self.explorer
        if explorer is None or explorer.done:
            return
        model, logs = self.model, {} if logs is None else logs
        with explorer.restoring():
            if len(model.variables) != self._variables:
                raise ValueError(
                    "the model made new variables in its first epoch: call it on one batch, "
                    "model(x[:1]), before fit"
                )
            if self._validation is not None:
                self._validation.check(model, self.monitor)
            check_rate(model, self._rate)
            explorer.end_batches(explorer.trainee.end_epoch())
            score = score_in(logs, self.monitor)
        explorer.report(score)
        ended = explorer.history[-1]
        logs.update(rate=float(ended.rate), round=ended.round, trial=ended.trial)
        if explorer.done:
            model.stop_training = True

    def on_train_end(self, logs: Any = None) -> None:
        """Put the best weights back, and write the run's tables and pictures."""
        journal = self._journal
        if journal.resumed:
            self.model._initial_epoch = 0
        if self.explorer is not None:
            if journal.resumed and not self.explorer.begun:
                build_as(self.model, journal.note("build"))
            self.explorer.end()

    def _start(self, epoch: int) -> Explorer:
        options = self.options
        self.explorer = Explorer(
            KerasTrainee(self.model, options.initial, self.seed, self.params.get("steps")),
            self.params["epochs"] - epoch,
            options.search,
            options.exploit,
            direction=self._direction,
            initial=options.initial,
            start=options.start,
            directory=self.folder,
            average=self.average and self._validation is not None,
            name=self.monitor,
            verbose=self.verbose,
            live=self.params.get("verbose") == 0,
            journal=self._journal,
            about={**self._about, "begun_at": epoch},
            entrance=ENTRANCE,
        )
        return self.explorer

    def _begin_epoch(self, explorer: Explorer) -> None:
        model = self.model
        if explorer.begin() is None:
            model.stop_training = True
            return
        self._variables = self._variables or len(model.variables)
        rate = explorer.begin_batch(0, self.params.get("steps"))
        self._rate = float(model.optimizer.learning_rate) if rate is None else rate
        if self._validation is not None:
            self._validation.begin(model, explorer.needs_score)

"""One training that is explored in: its phases, its best weights, its history."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any, Literal

from lrsearch.checks import at_least, number, sign
from lrsearch.evidence import Evidence
from lrsearch.exploit import Exploit
from lrsearch.rate import Rate
from lrsearch.results import plot_phases, rounds_text
from lrsearch.search import Direction
from lrsearch.training.average import AfterEpoch, Average
from lrsearch.training.checkpoints import Checkpoints
from lrsearch.training.closing import closing_text
from lrsearch.training.defaults import default_exploit, default_search
from lrsearch.training.display import Display
from lrsearch.training.entrance import (
    LOOP,
    Entrance,
    require_epochs,
    warn_of_few_epochs,
    warn_of_the_end,
)
from lrsearch.training.journal import Journal
from lrsearch.training.mirrored_search import MirroredSearch
from lrsearch.training.options import Options
from lrsearch.training.phases import Epoch, Exploiting, Exploring, Phase
from lrsearch.training.run_folder import RunFolder
from lrsearch.training.state import Arrays, State, check_state
from lrsearch.training.trainee import Trainee, check_trainee
from lrsearch.training.trials import Trials
from lrsearch.training.warning import warn

__all__ = ["Explorer", "improves"]


class Explorer:
    """Find the learning rate and train with it, in one training.

    The epochs are shared out. First the search explores: for each of its trials the trainee is
    put into the trial's initial state, the trial's epochs are trained at its rate, and their
    scores go to the search. When the search is done, the second phase exploits what it found in
    what epochs there are left. At the end the trainee holds the best weights of the whole
    training, and its optimizer is new, at a rate that is safe to train on with: a hundredth of the
    second phase's peak, or the rate found where there was none.

    In a loop::

        explorer = lrsearch.Explorer(trainee, epochs=200)
        for epoch in explorer:
            train_one_epoch()
            explorer.report(validate())

    An adapter for a framework that has the loop itself calls `begin`, `report` and `end`.

    Parameters
    ----------
    trainee : Trainee
        What is trained.
    epochs : int
        Epochs of the whole training, both phases.
    search : Search, optional
        What to explore with; by default a `DigitRace` in a tenth of the epochs.
    exploit : Exploit, callable, False or None
        The second phase. A callable, ``exploit(search, epochs_left)``, makes it when the search
        is done. By default cosine annealing over the epochs left. False: none.
    direction : {"minimize", "maximize"}, optional
        Whether a smaller or a larger score is better; by default the search's, or "minimize".
    initial : {"same", "fresh"}
        "same": trials start from the inits that the search names. "fresh": each from one of its
        own, the paper's way.
    start : {"initial", "best"}
        Where the second phase starts: from an init with a new optimizer, as the paper has it, or
        from the best weights explored.
    directory : path or RunFolder, optional
        The run's folder, made if need be: the best weights and predictions after every best epoch
        so far; ``trials.csv``, ``summary.json`` and pictures after every round and at the end. A
        run that was killed and is started again by the same script goes on there: what is lost is
        the epoch in progress.
    predict : callable, optional
        ``predict()`` returns an array, shape (examples, ...), after every best epoch so far.
    average : bool
        Whether epochs are validated with the running average of the trainee's weights, where it
        keeps one. The best weights are then the average's.
    name : str
        What the score is called.
    verbose : int
        0 shows nothing.
    live : bool
        Whether to show each epoch; False where another display does.
    journal : Journal, optional
        What `directory`, a `RunFolder`, gave when it was prepared.
    about : mapping, optional
        What else the run is begun with, a JSON object; another run with the folder has to agree.
    entrance : Entrance
        What messages call the training.

    Attributes
    ----------
    search : Search
        The search; the default one where none was given.
    exploit : Exploit or None
        The second phase, once it has begun.
    history : list of Epoch
        Each epoch that is over.
    best : Epoch or None
        The epoch with the best score.

    Raises
    ------
    TypeError, ValueError
        If parameters are none of the above, or the trainee lacks something.
    FileExistsError, StudyError, OSError
        If the folder holds another run, is damaged, or cannot be written to.

    Examples
    --------
    >>> import lrsearch
    >>> from lrsearch.testing import Quadratic
    >>> trainee = Quadratic()
    >>> search = lrsearch.GridSearch(["0.1", "0.01"], epochs=2)
    >>> explorer = lrsearch.Explorer(trainee, 8, search, verbose=0)
    >>> for epoch in explorer:
    ...     trainee.train()
    ...     explorer.report(trainee.loss())
    >>> explorer.rate, len(explorer.history), explorer.best.score == trainee.loss()
    (Rate('0.1'), 8, True)
    """

    def __init__(
        self,
        trainee: Trainee,
        epochs: int,
        search: Any = None,
        exploit: Exploit | Callable[[Any, int], Exploit | None] | Literal[False] | None = None,
        *,
        direction: Direction | None = None,
        initial: Any = "same",
        start: Literal["initial", "best"] = "initial",
        directory: str | os.PathLike[str] | RunFolder | None = None,
        predict: Callable[[], Any] | None = None,
        average: bool = True,
        name: str = "score",
        verbose: int = 1,
        live: bool = True,
        journal: Journal | None = None,
        about: Mapping[str, Any] | None = None,
        entrance: Entrance = LOOP,
    ) -> None:
        check_trainee(trainee)
        self.trainee = trainee
        self.options = Options(search, exploit, initial, start)
        self.epochs = at_least(1, "epochs", epochs)
        self.direction: Direction = _direction(direction, search)
        self.name = name
        self.entrance = entrance
        self.folder = (
            directory
            if isinstance(directory, RunFolder)
            else RunFolder(directory, predict, trainee.weights_file, entrance)
        )
        with ExitStack() as failed:
            failed.callback(self.folder.release)
            journal = self.folder.prepare() if journal is None else journal
            usual = journal.note("usual")  # an optimizer that was explored with before has another
            self._usual = float(trainee.rate if usual is None else usual)
            self.about = {
                "monitor": name, "direction": self.direction, "epochs": epochs, "begun_at": 0,
                "average": bool(average), **self.options.identity(), **(about or {}),
            }  # fmt: skip
            if journal.resumed:
                journal.check(self.about)
            else:
                require_epochs(entrance, search, epochs)
            self.search: Any = search
            if search is None:
                self.search = default_search(epochs, self.direction, self._usual, entrance)
            self.exploit: Exploit | None = None
            begun = bool(journal.history)
            self._mirrored = MirroredSearch(self.search, journal.study, begun, entrance.name)
            self.journal = journal if self._mirrored.resumable else Journal(None)
            self.history: list[Epoch] = self.journal.history
            self._mirrored.require(journal.history)
            self._sign = sign(self.direction)
            self.best: Epoch | None = None
            for epoch in self.history:
                self.best = epoch if self._is_better(epoch.score) else self.best
            self._best_weights: Arrays | None = None
            self._last_weights: Arrays = ()
            self._first: State | None = None
            self._new_optimizer: Arrays = ()
            wanted = bool(average) and (not journal.resumed or journal.note("average") is True)
            self._average = Average(trainee, wanted)
            self._phase: Phase | None = None
            self._epoch: Epoch | None = None
            self._batch = 0
            self._batches: int | None = self.journal.last.get("batches")
            self._finished = self._left = False
            self._checkpoints = Checkpoints(self.folder.manifest, self._mirrored.shared)
            self._display = Display(epochs, verbose, live=live, trained=len(self.history))
            if not journal.over:
                warn_of_few_epochs(entrance, self.search, epochs - len(self.history))
            failed.pop_all()

    # What it found ----------------------------------------------------------------------------

    @property
    def rate(self) -> Rate | None:
        """The rate that the search recommends; None while no score supports one."""
        rate: Rate | None = self.search.rate
        return rate

    @property
    def evidence(self) -> Evidence | None:
        """How many digits of it the scores support, and which rates they cannot tell apart."""
        evidence: Evidence | None = self.search.evidence()
        return evidence

    @property
    def peak(self) -> Rate | None:
        """The highest rate of the second phase's first turn; None where none has begun."""
        return None if self.exploit is None else self.exploit.peak

    @property
    def best_score(self) -> float | None:
        """The best score; None while there is none."""
        return None if self.best is None else self.best.score

    @property
    def done(self) -> bool:
        """Whether there is no further epoch to train."""
        return self._finished

    @property
    def begun(self) -> bool:
        """Whether the trainee's state was taken, which it is when the first epoch begins."""
        return self._first is not None

    @property
    def needs_score(self) -> bool:
        """Whether the epoch in hand has to be validated, or its leg would have no score."""
        return self._phase is not None and self._phase.needs_score

    @property
    def batches(self) -> int | None:
        """How many batches an epoch has, as far as one was told or counted."""
        return self._batches

    def plot(self) -> Any:
        """Draw what was explored and exploited so far.

        Returns
        -------
        array of matplotlib.axes.Axes
            All rates of the search; once the second phase has a score, its score and its rate
            against the epoch, too. `lrsearch.results.figures` has every chart.

        Raises
        ------
        RuntimeError
            If no rate above 0 has a finite score yet.
        ImportError
            If matplotlib is not installed.
        """
        return plot_phases(self.search, self.exploit, self.name)

    def show_average(self) -> None:
        """Put the average into the trainee, to be validated; it is there until the next epoch.

        Where no average is kept, the weights stay as they are. `report` calls this where it is
        given a function.
        """
        self._average.show()

    # The loop ---------------------------------------------------------------------------------

    def __repr__(self) -> str:
        """What it is, and how far it has come."""
        return f"<{type(self).__name__}: {self.progress()}>"

    def progress(self) -> str:
        """How far the training has come, in one line for people."""
        parts = [f"{len(self.history)} of {self.epochs} epochs"]
        if self.rate is not None:
            parts.append(f"rate {self.rate}")
        if self.best_score is not None:
            parts.append(f"best {self.name} {self.best_score:.6g}")
        return ", ".join(parts)

    def __iter__(self) -> Iterator[Epoch]:
        """Each epoch to train; a loop that is left puts the best weights back."""
        good = False
        try:
            while len(self.history) < self.epochs and (epoch := self.begin()) is not None:
                yield epoch
                if self._epoch is not None:
                    raise ValueError(
                        f"epoch {len(self.history) + 1} was not reported: call "
                        "explorer.report(score) after each epoch, or report(None) for one that "
                        "was not validated"
                    )
            good = True
        finally:
            if not good:
                self.restore()
        self.end()

    def begin(self) -> Epoch | None:
        """Put the trainee into the state that the next epoch starts from, and set its rate.

        Returns
        -------
        Epoch or None
            The epoch to train; None where there is none.

        Raises
        ------
        RuntimeError
            If the search has nothing to hand out.
        """
        if self._finished:
            return None
        self.folder.own()
        if self._left:
            raise RuntimeError(
                f"{self.entrance.training} was left, and what it trains has the best weights: make "
                "a new Explorer, with a new search or the same directory, to train again"
            )
        with self.restoring():
            self._average.show(False)
            if self._first is None:
                self._first = self._begin_run()
            phase = self._first_phase(self._first) if self._phase is None else self._phase
            epoch = None if phase is None else phase.begin()
            if phase is None or epoch is None:
                if self.journal.resumed and self.search.done:
                    self._epoch, self._finished = None, True
                    return None
                raise RuntimeError(
                    "the search has nothing to hand out: pass a new search, or tell() or "
                    "release() the trials that were asked elsewhere"
                )
            self._phase, self._epoch, self._batch = phase, epoch, 0
            self.trainee.rate = float(epoch.rate)
            self.trainee.begin_epoch()
            return epoch

    def begin_batch(self, batch: int, batches: int | None = None) -> float | None:
        """Set the rate of a batch: in the second phase it moves with every one.

        A loop that does not call this trains each epoch at the rate which it began with.

        Parameters
        ----------
        batch : int
            Which batch of the epoch begins, from 0.
        batches : int, optional
            How many there are in an epoch. By default as many as the epoch before had; the first
            epoch of a training keeps its rate.

        Returns
        -------
        float or None
            The rate; None where it stays as it is.
        """
        self._batch = batch + 1
        batches = batches or self._batches
        if self._phase is None or self._epoch is None or batches is None:
            return None
        passed = min(batch, batches - 1) / batches
        rate = self._phase.rate_within(passed, 1 / batches)
        if rate is not None:
            self.trainee.rate = rate
        return rate

    def end_batches(self, batches: int) -> None:
        """Say how many batches the epoch had, where more or fewer began than were trained."""
        self._batch = batches

    def report(self, score: float | Callable[[], float] | None) -> None:
        """Take the score of the epoch in hand, which is over; its weights are kept if the best.

        Parameters
        ----------
        score : number, callable or None
            The validation result; None where the epoch was not validated. A function is called
            to validate, with the average of the weights in place. A number is the score of the
            weights as they are, unless `show_average` was called before they were validated: then
            this training, its peak included, goes without an average.

        Raises
        ------
        RuntimeError
            If no epoch has begun.
        """
        phase, epoch, first = self._phase, self._epoch, self._first
        if phase is None or epoch is None or first is None:
            raise RuntimeError(
                "no epoch is in hand: call report() once for each epoch, after its training"
            )
        with self.restoring():
            if callable(score):
                self.show_average()
                score = score()
            elif score is not None and not self._average.shown:
                self._average.forgo()
            exploring = isinstance(phase, Exploring)
            epoch = epoch._replace(score=None if score is None else number(score))
            after = AfterEpoch(self._average, first)
            self._batches = self._batch or self._batches
            self.journal.commit(epoch, phase.trial, after, self._batches)
            better = self._is_better(epoch.score)
            if better:
                self.best, self._best_weights = epoch, after.weights()
            rounds = len(self.search.rounds)
            phase.end(epoch.score, after)
            self._epoch = None
            self._average.show(after.averaged)
            if better:
                self.folder.best(self.trainee, len(self.history))
            if len(self.search.rounds) > rounds or (phase.done and exploring):
                self._write_tables()
            self._display.epoch(self.search, epoch, self.best)
            if phase.done:
                second = self._second_phase(first) if exploring else None
                self._finished = second is None
                self._phase = phase if second is None else second

    def end(self) -> None:
        """Put the best weights back, and write the run's tables and pictures."""
        if self._phase is not None:
            self._phase.release()
        elif not self.journal.resumed:
            return
        elif self._first is None:
            self._first = self._begin_run()
            if self.search.done:
                self._first_phase(self._first)
        self._put_back()
        self._drop_average()
        known = self.journal.over
        over = len(self.history) >= self.epochs or self._is_over()
        self.journal.end(over)
        if over:
            self._mirrored.end()
        if self.search.done or over:
            self._checkpoints.drop_all()
        self.folder.retry(self.trainee)
        self._write_tables()
        self._display.message(rounds_text(self.search))
        self._display.message(self._over_text() if known else self._closing_text())
        self._display.close()
        if not known:
            trained = len(self.history)
            warn_of_the_end(self.entrance, self.search, self.exploit, trained, self.epochs)
        self.folder.release()

    def restore(self) -> None:
        """Put the best weights back, wherever the training is; nothing is left in hand.

        Where no epoch had a score, the weights are put back that the trainee had before. With a
        folder the trial in hand stays in hand there, for the same script to go on with, and its
        tables and pictures are brought up to date.
        """
        if self._phase is not None:
            self._phase.release()
        self._epoch = None
        self._left = True
        self._display.close()
        if self._first is not None:
            self._put_back()
            self._drop_average()
            self.folder.retry(self.trainee)
            self._write_tables()
        self.folder.release()

    # Inside -----------------------------------------------------------------------------------

    def _begin_run(self) -> State:
        """Take the state that the run began from, of an earlier process if there was one."""
        trainee, journal = self.trainee, self.journal
        resumable = journal.directory is not None
        about = {**self.about, **trainee.identity()} if resumable else self.about
        notes = {**trainee.notes(), "usual": self._usual}
        self._average.keep()
        if journal.last.get("forgone"):
            self._average.forgo()
        first = journal.begin(about, check_state(trainee.take()), notes)
        self._new_optimizer = trainee.new_optimizer()
        if journal.state is not None:
            trainee.put(journal.state)
            self._average.show(bool(journal.last.get("average")))
            self._last_weights = trainee.weights()
        if self.best is not None:
            if journal.state is not None and self.best is self.history[-1]:
                self._best_weights = self._last_weights
                self.folder.best(trainee, len(self.history))
            else:
                self._average.show(False)
                number = 1 + self.history.index(self.best)
                self._best_weights = self.folder.best_weights(trainee, number)
                if self._best_weights is None:
                    self._miss_best_weights()
        self._average.show(False)
        if journal.resumed:
            trainee.put(first)
        return first

    def _first_phase(self, first: State) -> Phase | None:
        """The phase to begin with; where an earlier process was, the phase goes on there."""
        journal = self.journal
        if not self.search.done:
            trials = Trials(
                self._mirrored,
                lambda init: self.trainee.initial(init, first),
                self.options.fresh,
                self._checkpoints,
            )
            exploring = Exploring(self.trainee, self._mirrored, trials)
            if journal.resumed:
                exploring.resume(journal.state, journal.last)
            if not exploring.done:
                return exploring
        second = self._second_phase(first)
        steps = [epoch for epoch in self.history if epoch.phase == "exploit"]
        if second is not None and steps:
            told = second.exploit.spent
            second.exploit.replay([("step", e.epoch - 1, e.score) for e in steps[told:]])
            best = journal.exploit_best(second.exploit.best_step)
            if journal.state is not None:
                second.resume(journal.state, best, self._last_weights)
        return None if second is None or second.done else second

    def _second_phase(self, first: State) -> Exploiting | None:
        left = self.epochs - sum(epoch.phase == "explore" for epoch in self.history)
        option = self.options.exploit
        if option is False or left < 1:
            return None
        if option is None:
            begun = self.journal.phase
            exploit = (
                Exploit.from_config(begun)
                if begun
                else default_exploit(self.search, left, self._usual, self._average.kept)
            )
        elif isinstance(option, Exploit):
            exploit = option
        else:
            exploit = option(self.search, left)
        config = None if exploit is None else json.loads(json.dumps(exploit.config()))
        self.journal.begin_phase(config)
        if exploit is None:
            return None
        if exploit.direction != self.direction:
            raise ValueError(
                f"{self.name!r} is to {self.direction}, and exploit is to "
                f'{exploit.direction}: build it with direction="{self.direction}"'
            )
        self.exploit = exploit
        init = len(self.search.trials) if self.options.fresh else 0
        start = self.trainee.initial(init, first)._replace(optimizer=self._new_optimizer)
        if self.options.start == "best" and self._best_weights is not None:
            start = start._replace(model=self._best_weights)
        return Exploiting(self.trainee, exploit, start, self.journal.keep_best)

    def _miss_best_weights(self) -> None:
        """The best epoch's weights are gone: the best is sought among the epochs to come."""
        what = f"the run folder {self.folder.directory} lacks the best weights so far"
        if self.journal.over:
            raise ValueError(
                f"{what}, and its run is over: put a copy of them back, or pass another directory "
                f"to {self.entrance.name}"
            )
        self.best = None
        warn(f"{what}: those of the best epoch to come are the best of {self.entrance.training}")

    def _closing_text(self) -> str:
        return closing_text(
            self.history, self.best, self.rate, self.peak, self.evidence, self.name, self._sign
        )

    def _over_text(self) -> str:
        best = self.best
        weights = "no epoch had a score, so its weights are as they were"
        if best is not None:
            weights = f"the model has its best weights ({self.name} {best.score:g})"
        return (
            f"the run in {self.folder.directory} is over, all {len(self.history)} epochs were "
            f"trained before: {weights}"
        )

    def _is_over(self) -> bool:
        """Whether there is nothing left to train, however many epochs there are."""
        return bool(self.search.done) and (
            self.exploit is None or self.exploit.done or self.options.exploit is False
        )

    def _is_better(self, score: float | None) -> bool:
        return improves(score, self.best_score, self._sign)

    def _drop_average(self) -> None:
        if self._average.drop():
            self._new_optimizer = self.trainee.new_optimizer()

    def _put_back(self) -> None:
        if self._first is None:
            return
        self._average.show(False)
        weights = self._first.model if self._best_weights is None else self._best_weights
        self.trainee.put(State(weights, self._new_optimizer))
        rate = self._safe_rate()
        if rate is not None:
            self.trainee.rate = rate

    def _safe_rate(self) -> float | None:
        """The rate to train on with: after a second phase, a hundredth of its peak.

        Weights that were annealed, or averaged, are lost at the rate that the search found.
        """
        if self.peak is not None:
            return float(self.peak) / 100
        return None if self.rate is None else float(self.rate)

    @contextmanager
    def restoring(self) -> Iterator[None]:
        """Whatever raises in here, the trainee has its best weights back."""
        good = False
        try:
            yield
            good = True
        finally:
            if not good:
                self.restore()

    def _write_tables(self) -> None:
        best = None
        if self.best is not None:
            best = self.best._asdict() | {"rate": str(self.best.rate)}
        self.folder.tables(
            self.search,
            self.exploit,
            self.name,
            monitor=self.name,
            best=best,
            epochs=len(self.history),
        )


def improves(score: float | None, best: float | None, sign: float) -> bool:
    """Whether a score is better than the best so far.

    Parameters
    ----------
    score : float or None
        One that is None or not finite never is.
    best : float or None
        None where there is none.
    sign : float
        1 where a smaller score is better, -1 where a larger one is.

    Examples
    --------
    >>> improves(0.5, 0.6, 1.0), improves(float("nan"), None, 1.0), improves(0.5, None, -1.0)
    (True, False, True)
    """
    if score is None or not math.isfinite(score):
        return False
    return best is None or sign * score < sign * best


def _direction(given: Direction | None, search: Any) -> Direction:
    told: Direction | None = getattr(search, "direction", None)
    if given is not None and told is not None and given != told:
        raise ValueError(
            f'the search is to {told}, and direction is "{given}": build the search with '
            f'direction="{given}"'
        )
    return given or told or "minimize"

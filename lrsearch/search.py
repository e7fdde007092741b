"""The ask/tell contract that every strategy keeps."""

from __future__ import annotations

import heapq
import math
import warnings
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from lrsearch.checks import at_least, is_number, number, numbers, sign
from lrsearch.checks import standard_error as checked_error
from lrsearch.evidence import Evidence
from lrsearch.exploit.annealing import annealing
from lrsearch.exploit.schedules import CosineAnnealing
from lrsearch.hints import DIRECTION, NO_RATE, STARTED_ANEW, Repeats, seems_to_minimise_accuracy
from lrsearch.rate import Rate
from lrsearch.trial import (
    Direction,
    Event,
    LegState,
    Round,
    StaleTrial,
    Trial,
    TrialRecord,
    Trials,
)

__all__ = ["Direction", "Event", "Search"]


class Search(ABC):
    """A strategy that hands out learning rates by `ask` and takes scores back by `tell`.

    A search holds no model and trains nothing. Its state is the replay of its ordered log of
    events (`events`) over its configuration (`config`), so it can be stored as JSON and rebuilt
    anywhere.

    A strategy derives from this class and implements `config`, `rate` and `_propose`. It begins
    its rounds by `_begin_round` and `_add_rate`, makes its trials by `_new_record`, and ends by
    `_finish`; `_told`, `_drops` and `_stop_again` are called where something happens to a trial.
    What people and programs have to know of it is said by `most_epochs`, `uneven`, `stops_early`
    and `drawn`. It has to be deterministic, given its configuration. `lrsearch.testing` has the
    tests that it has to pass.

    Parameters
    ----------
    direction : {"minimize", "maximize"}
        Whether a smaller or a larger score is better.

    Attributes
    ----------
    drawn : tuple of str
        Names of the parameters that the search drew itself, a seed say: a study goes on with
        another search whose draw was another one.

    Examples
    --------
    The complete loop, here with a score that is known to be best at 0.002:

    >>> import math
    >>> import lrsearch
    >>> search = lrsearch.DigitSearch(digits=1, epochs=1)
    >>> for trial in search:
    ...     search.tell(trial, abs(math.log10(trial.rate / 0.002)))
    >>> search.rate
    Rate('0.002')
    """

    drawn: tuple[str, ...] = ()

    def __init__(self, direction: Direction) -> None:
        self._sign = sign(direction)
        self.direction: Direction = direction
        self._records: list[TrialRecord] = []
        self._trials = Trials(self._records)
        self._out: dict[int, Trial] = {}
        self._returned: dict[int, Trial] = {}
        self._returned_order: list[int] = []
        self._resume = True
        self._replaying = False
        self._repeats = Repeats()
        self._warned: set[str] = set()
        self._events: list[Event] = []
        self._rounds: list[Round] = []
        self._listed: set[Rate] = set()
        self._best: TrialRecord | None = None
        self._spent = 0
        self._reason: str | None = None

    def __repr__(self) -> str:
        """What it is, and how far it has come.

        Examples
        --------
        >>> import lrsearch
        >>> search = lrsearch.GridSearch(["0.1", "0.01"], epochs=5)
        >>> search.tell(search.ask(), 0.25)
        >>> search
        <GridSearch: round 1, 1 trial, 5 epochs, best 0.25 at 0.1>
        """
        return f"<{type(self).__name__}: {self.progress()}>"

    def progress(self) -> str:
        """How far the search has come, in one line for people."""
        trials, best = len(self._records), self._best
        parts = [
            "done" if self.done else f"round {len(self._rounds)}",
            f"{trials} trial{'' if trials == 1 else 's'}",
            f"{self._spent} epoch{'' if self._spent == 1 else 's'}",
        ]
        if best is not None:
            parts.append(f"best {best.score:.6g} at {best.rate}")
        return ", ".join(parts)

    # What a strategy provides -----------------------------------------------------------------

    @abstractmethod
    def config(self) -> dict[str, Any]:
        """The configuration as a JSON object, from which `lrsearch.from_config` rebuilds it.

        It holds the class name under "search" and every parameter under its own name.
        """

    @property
    @abstractmethod
    def rate(self) -> Rate | None:
        """The rate recommended; None while no score supports one."""

    @abstractmethod
    def _propose(self, resume: bool) -> tuple[TrialRecord, int] | None:
        """The trial to hand out next, and the epoch at which its leg stops; None for nothing now.

        A new trial comes from `_new_record`; a known one has to be paused.
        """

    def _told(self, record: TrialRecord) -> None:  # noqa: B027  (a strategy may need nothing here)
        """A leg of this trial has ended, with its scores in."""

    def _drops(self, record: TrialRecord) -> bool:
        """Whether to end this trial's leg here, after the epoch just reported."""
        return False

    def _stop_again(self, record: TrialRecord, start: int, stop: int) -> int | None:
        """Where a released leg stops when it is handed out again; for budgets.

        It is called when the leg is released, and again before it is handed out. The leg itself
        is then neither in `_out` nor in `_returned`.

        Parameters
        ----------
        record : TrialRecord
            The trial. Just released, it is "paused", or "stopped" where it has no checkpoint, as
            it stays if it is dropped; before it is handed out it is "released".
        start, stop : int
            The leg's epochs: where it starts, and where it would stop.

        Returns
        -------
        int or None
            Where it stops, at the latest at `stop`. None, for a leg just released: it is not
            handed out again.
        """
        return stop

    def _begin_round(
        self, rates: Iterable[Rate] = (), digit: int = 0, place: int | None = None
    ) -> Round:
        """Begin a round; `Round` has the parameters. Further rates come in by `_add_rate`."""
        listed = list(rates)
        self._listed = set(listed)
        self._rounds.append(Round(len(self._rounds) + 1, digit, place, listed))
        return self._rounds[-1]

    def _add_rate(self, rate: Rate) -> None:
        """Add a candidate to the last round, unless it has it."""
        if rate not in self._listed:
            self._listed.add(rate)
            self._rounds[-1].rates.append(rate)

    def _new_record(self, rate: Rate, round: int, init: int, max_epochs: int) -> TrialRecord:
        """A new trial of a rate that the round of this number has."""
        record = TrialRecord(len(self._records), rate, round, init, max_epochs)
        self._records.append(record)
        return record

    def _finish(self, reason: str) -> None:
        """End the search for good."""
        self._reason = reason

    # The state --------------------------------------------------------------------------------

    @property
    def trials(self) -> Trials:
        """A record of each trial, by number."""
        return self._trials

    @property
    def rounds(self) -> tuple[Round, ...]:
        """The rounds begun so far."""
        return tuple(self._rounds)

    @property
    def events(self) -> Sequence[Event]:
        """The ordered log of asks, reports, tells and releases; each event is a JSON list."""
        return self._events

    def take_events(self) -> Sequence[Event]:
        """The events since the last call, which are forgotten here: for who keeps the log."""
        taken, self._events = self._events, []
        return taken

    @property
    def out(self) -> tuple[Trial, ...]:
        """The trials that have been handed out and not ended."""
        return tuple(self._out.values())

    @property
    def handed_out(self) -> Mapping[int, Trial]:
        """The same by number, in the order of asking; always up to date, whatever its length."""
        return MappingProxyType(self._out)

    @property
    def best(self) -> TrialRecord | None:
        """The record with the best score; None where no trial has one."""
        return self._best

    @property
    def kept(self) -> tuple[Rate, ...]:
        """The rates kept by the last round that is over, best first."""
        for round in reversed(self._rounds):
            if round.kept:
                return round.kept
        return ()

    @property
    def done(self) -> bool:
        """Whether the search is over for good."""
        return self._reason is not None

    @property
    def reason(self) -> str | None:
        """Why the search is over; None while it is not."""
        return self._reason

    @property
    def spent(self) -> int:
        """Epochs charged so far."""
        return self._spent

    @property
    def least_epochs(self) -> int:
        """Epochs without which the search cannot end, as long as no trial diverges."""
        return 0

    @property
    def most_epochs(self) -> int | None:
        """How many epochs the search can charge at the most; None where that is unknown."""
        return None

    @property
    def uneven(self) -> str | None:
        """Why legs differ in length, for people; None where each has as many epochs as the others.

        A program that trains the same number of epochs each time does for the latter only.
        """
        return None

    @property
    def stops_early(self) -> bool:
        """Whether the search ends legs before their last epoch, and is to be told each score."""
        return type(self)._drops is not Search._drops

    def evidence(self) -> Evidence | None:
        """Which rates the scores cannot tell apart from the best; None where no trial has one."""
        return Evidence.of(self._records, self.direction, self.rate)

    def plot(self, ax: Any = None, name: str = "score") -> Any:
        """Draw all its rates: score against rate, the round or a race's epochs as colour.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Where to draw; by default on a figure of its own, which a notebook shows.
        name : str
            What the score is called.

        Returns
        -------
        matplotlib.axes.Axes

        Raises
        ------
        RuntimeError
            If no rate above 0 has a finite score yet.
        ImportError
            If matplotlib is not installed.

        Examples
        --------
        >>> import lrsearch
        >>> search = lrsearch.GridSearch(["0.1", "0.01"], epochs=1)
        >>> for trial in search:
        ...     search.tell(trial, abs(trial.rate - 0.02))
        >>> search.plot(name="loss").get_ylabel()
        'loss (lower is better)'
        """
        from lrsearch.results import png

        return png.plot_search(self, ax, name)

    def to_dataframe(self) -> Any:
        """Its trials as a pandas DataFrame, a row each, under the names that `trials.csv` has.

        Raises
        ------
        ImportError
            If pandas is not installed.

        Examples
        --------
        >>> import lrsearch
        >>> search = lrsearch.GridSearch(["0.1", "0.01"], epochs=1)
        >>> for trial in search:
        ...     search.tell(trial, abs(trial.rate - 0.02))
        >>> search.to_dataframe()[["rate", "epochs", "score"]]
           rate  epochs  score
        0  0.10       1   0.08
        1  0.01       1   0.01
        """
        from lrsearch.results import table

        return table.trial_frame(self)

    def schedule(
        self, epochs: int, *, usual: Any = None, averaged: bool = False
    ) -> CosineAnnealing:
        """What to train with now: the peak, warm-up and decay that the rate found stands for.

        Parameters
        ----------
        epochs : int
            Epochs of the training to come.
        usual : rate, optional
            The optimizer's own rate, which longer trainings keep nearer to where `averaged` is
            true.
        averaged : bool
            Whether the search's trainings and the one to come are validated with a running
            average of the weights.

        Returns
        -------
        CosineAnnealing
            Called with an epoch, from 0, it gives the epoch's rate; ``schedule.at(epoch, step)``
            that of a step within it.

        Raises
        ------
        RuntimeError
            If no rate was found yet.
        ValueError, TypeError
            If an argument is none of the above.

        Examples
        --------
        >>> import lrsearch
        >>> search = lrsearch.GridSearch(["0.1", "0.01"])
        >>> for trial in search:
        ...     search.tell(trial, trial.rate)
        >>> schedule = search.schedule(50)
        >>> schedule.peak, [round(schedule(epoch), 5) for epoch in (0, 5, 27.5, 50)]
        (Rate('0.0063'), [0.00126, 0.0063, 0.00315, 0.0])
        """
        rate = self.rate
        if rate is None:
            raise RuntimeError("there is no rate to anneal from yet: tell the search scores first")
        own = 0.0 if usual is None else float(Rate(usual))
        return annealing(rate, epochs, usual=own, averaged=averaged)

    # Ask, report, tell, release ---------------------------------------------------------------

    def ask(self, resume: bool = True) -> Trial | None:
        """Hand out a trial's next leg.

        Parameters
        ----------
        resume : bool
            Whether the caller keeps checkpoints. Without them every leg starts at epoch 0, and
            is charged in full.

        Returns
        -------
        Trial or None
            None where nothing can be handed out now; `done` tells whether for good.
        """
        if self._reason is not None:
            return None
        resume = bool(resume)
        if self._returned:
            record, stop = self._take_back(resume)
        else:
            proposal = self._propose(resume)
            if proposal is None:
                return None
            record, stop = proposal
        return self._hand_out(record, stop, resume)

    def _take_back(self, resume: bool) -> tuple[TrialRecord, int]:
        """The trial to hand out of those released, and where its leg stops."""
        record = self._records[heapq.heappop(self._returned_order)]
        stop = self._returned.pop(record.number).stop_epoch
        again = self._stop_again(record, record.checkpoint if resume else 0, stop)
        return record, stop if again is None else again

    def _hand_out(self, record: TrialRecord, stop: int, resume: bool) -> Trial:
        self._resume = resume
        start = record.checkpoint if resume else 0
        record.state = "asked"
        record.epoch = start
        leg = record.legs
        record.legs = leg + 1
        trial = Trial(record.number, leg, record.rate, record.round, record.init, start, stop)
        self._out[record.number] = trial
        self._events.append(("ask", resume))
        return trial

    def report(self, trial: Trial, score: Any, epoch: int | None = None) -> LegState:
        """Record the score after one epoch, for loops that validate as they go.

        Parameters
        ----------
        trial : Trial
            What `ask` returned.
        score : number or None
            The validation result; None for an epoch that was not validated.
        epoch : int, optional
            Epochs that the trial has behind it, counted from 1 at its first leg. By default the
            one after the last reported; epochs left out are spent without a score.

        Returns
        -------
        LegState
            True while the leg should go on. Otherwise it says why the leg has ended: "paused", to
            be continued; "complete"; "stopped" by the search; or "diverged".

        Raises
        ------
        KeyError
            If the trial is none of this search's.
        StaleTrial
            If the leg was released.
        ValueError
            If the leg has ended, or the epoch is not one of its epochs still to come.
        TypeError
            If the score is no number.

        Examples
        --------
        >>> import lrsearch
        >>> search = lrsearch.GridSearch(["0.01", "0.001"], epochs=3)
        >>> trial = search.ask()
        >>> [str(search.report(trial, score)) for score in (0.9, 0.5, 0.4)]
        ['going on', 'going on', 'complete']
        """
        record = self._live_record(trial)
        value = None if score is None else number(score)
        if epoch is None:
            epoch = record.epoch + 1
        elif not record.epoch < (epoch := at_least(-(10**9), "epoch", epoch)) <= trial.stop_epoch:
            raise ValueError(
                f"epoch has to lie in {record.epoch + 1} to {trial.stop_epoch} for trial "
                f"{trial.number}, got {epoch}"
            )
        self._events.append(("report", record.number, trial.leg, value, epoch))
        self._charge(record, epoch - record.epoch)
        record.epoch = epoch
        if value is not None:
            self._score(record, epoch, value)
            if not math.isfinite(value):
                return self._end(record, LegState.DIVERGED)
        if epoch == trial.stop_epoch:
            return self._end(record, _state_at(epoch, record))
        if self._drops(record):
            return self._end(record, LegState.STOPPED)
        return LegState.GOING_ON

    def tell(
        self,
        trial: Trial,
        score: Any,
        standard_error: float | None = None,
        *,
        skip_if_told: bool = False,
    ) -> None:
        """Record a whole leg in one call.

        Parameters
        ----------
        trial : Trial
            What `ask` returned.
        score : number or sequence of numbers
            A number stands for the whole leg. A sequence is one score an epoch; a shorter one
            ends the leg early and charges its length. nan and ±inf are results: the trial has
            diverged.
        standard_error : float, optional
            The standard error of the score, if it is known (from the folds of a
            cross-validation, say). It serves `evidence`.
        skip_if_told : bool
            Ignore a second tell instead of raising.

        Raises
        ------
        KeyError
            If the trial is none of this search's.
        StaleTrial
            If the leg was released.
        ValueError
            If the leg was told before or reported on, if there are more scores than epochs or
            none, or if the standard error is negative or not finite.
        TypeError
            If a score is no number.
        """
        if type(score) is float:
            values = None
        elif is_number(score):
            score, values = number(score), None
        else:
            values = numbers(score)
        if self._out.get(_number_of(trial)) is not trial:
            if skip_if_told and self._was_told(trial):
                return
            trial = self._live_trial(trial)
        record = self._records[trial.number]
        if record.epoch != trial.start_epoch:
            raise ValueError(
                f"trial {trial.number} has {record.epoch - trial.start_epoch} epochs of this leg "
                "reported: go on with report(), or release() it"
            )
        if standard_error is not None:
            standard_error = checked_error(standard_error)
        if values is None:
            stop = trial.stop_epoch
            diverged = not math.isfinite(score)
            self._events.append(("tell", record.number, trial.leg, score, standard_error))
            self._score(record, stop, score)
        else:
            if len(values) > trial.epochs:
                raise ValueError(
                    f"trial {trial.number} has {trial.epochs} epochs in this leg, got "
                    f"{len(values)} scores"
                )
            stop = trial.start_epoch + len(values)
            diverged = not all(map(math.isfinite, values))
            self._events.append(("tell", record.number, trial.leg, values, standard_error))
            for epoch, value in enumerate(values, trial.start_epoch + 1):
                self._score(record, epoch, value)
        self._charge(record, stop - trial.start_epoch)
        record.epoch = stop
        if standard_error is not None:
            record.standard_error = standard_error
        if diverged:
            self._end(record, LegState.DIVERGED)
        else:
            ended_early = stop < trial.stop_epoch
            self._end(record, LegState.STOPPED if ended_early else _state_at(stop, record))

    def release(self, trial: Trial) -> None:
        """Take a leg back whose worker is gone: it can be asked again, if the budget permits.

        Epochs that were reported stay spent, and their scores are kept.

        Raises
        ------
        KeyError, StaleTrial, ValueError
            As for `report`.
        """
        record = self._live_record(trial)
        self._events.append(("release", record.number, trial.leg))
        del self._out[record.number]
        record.released_legs += (trial.leg,)
        record.state = "paused" if record.checkpoint else "stopped"
        stop = self._stop_again(record, trial.start_epoch, trial.stop_epoch)
        if stop is not None:
            record.state = "released"
            self._returned[record.number] = trial._replace(stop_epoch=stop)
            heapq.heappush(self._returned_order, record.number)

    def __iter__(self) -> Iterator[Trial]:
        """As `iterate`, for a loop that keeps no checkpoints: every leg starts at epoch 0."""
        return self.iterate()

    def iterate(self, resume: bool = False) -> Iterator[Trial]:
        """Ask until the search is done; a loop that is left releases the trial in hand.

        Parameters
        ----------
        resume : bool
            Whether the loop keeps checkpoints: one after each leg, and the trial's last one put
            back where ``trial.start_epoch`` is above 0. Without it every leg starts at epoch 0,
            and is charged in full.

        Raises
        ------
        RuntimeError
            If nothing can be handed out before what is out is told.

        Examples
        --------
        >>> import lrsearch
        >>> race = lrsearch.DigitRace(budget=40, max_epochs=8)
        >>> checkpoints = {}
        >>> for trial in race.iterate(resume=True):
        ...     weight = checkpoints[trial.number] if trial.start_epoch else 1.0
        ...     scores = []
        ...     for _ in range(trial.epochs):
        ...         weight -= min(trial.rate, 2) * weight
        ...         scores.append(abs(weight))
        ...     checkpoints[trial.number] = weight
        ...     race.tell(trial, scores)
        >>> race.rate
        Rate('1')
        """
        while True:
            trial = self.ask(resume)
            if trial is None:
                if self.done:
                    if self.rate is None:
                        text = NO_RATE.format(reason=self.reason)
                        warnings.warn(text, RuntimeWarning, stacklevel=2)
                    return
                untold = ", ".join(str(number) for number in self._out)
                raise RuntimeError(
                    f"nothing can be handed out before these trials are told: {untold}. Call "
                    "tell() or release() for each trial that was asked"
                )
            try:
                yield trial
            except GeneratorExit:
                if self._out.get(trial.number) is trial:
                    self.release(trial)
                raise

    def replay(self, events: Iterable[Sequence[Any]]) -> None:
        """Bring a search to the state that another one's `events` describe.

        Parameters
        ----------
        events : iterable of sequences
            The log of a search of the same configuration; JSON lists serve as well.

        Raises
        ------
        ValueError
            If the events do not fit this search.

        Examples
        --------
        >>> import lrsearch
        >>> search = lrsearch.GridSearch(["0.01", "0.001"])
        >>> search.tell(search.ask(), 0.5)
        >>> copy = lrsearch.from_config(search.config())
        >>> copy.replay(search.events)
        >>> copy.rate
        Rate('0.01')
        """
        self._replaying = True
        try:
            for event in events:
                self._apply(event)
        finally:
            self._replaying = False

    def _apply(self, event: Sequence[Any]) -> None:
        kind = event[0]
        if kind == "ask":
            if self.ask(event[1]) is None:
                raise ValueError("the log asks for a trial where this search has none to hand out")
            return
        trial = self._out.get(event[1])
        if trial is None or trial.leg != event[2]:
            raise ValueError(
                f"the log has a {kind} for trial {event[1]}, leg {event[2]}, which is not out here"
            )
        if kind == "tell":
            self.tell(trial, event[3], event[4])
        elif kind == "report":
            self.report(trial, event[3], event[4])
        elif kind == "release":
            self.release(trial)
        else:
            raise ValueError(f"the log has an unknown event {kind!r}")

    # Bookkeeping ------------------------------------------------------------------------------

    def _live_trial(self, trial: Trial) -> Trial:
        """The trial that is out under this number and leg, or the error that says why none is."""
        number = _number_of(trial)
        if not 0 <= number < len(self._records):
            raise KeyError(f"trial {number} is not one of this search's {len(self._records)}")
        record = self._records[number]
        current = self._out.get(number)
        if current is not None and current.leg == trial.leg:
            if current != trial:
                raise KeyError(f"trial {number} is {current} here, got another search's {trial}")
            return current
        if trial.rate != record.rate:
            raise KeyError(f"trial {number} has the rate {record.rate} here, got {trial.rate}")
        if trial.leg in record.released_legs:
            raise StaleTrial(
                f"leg {trial.leg} of trial {number} was released and may be with another worker: "
                "drop it and ask again"
            )
        if trial.leg >= record.legs:
            raise KeyError(f"trial {number} has no leg {trial.leg}")
        raise ValueError(
            f"leg {trial.leg} of trial {number} has ended, its scores are in ({record.state})"
        )

    def _live_record(self, trial: Trial) -> TrialRecord:
        if self._out.get(_number_of(trial)) is not trial:
            trial = self._live_trial(trial)
        return self._records[trial.number]

    def _was_told(self, trial: Trial) -> bool:
        number = trial.number
        if not 0 <= number < len(self._records):
            return False
        record = self._records[number]
        current = self._out.get(number)
        return (
            trial.rate == record.rate
            and trial.leg < record.legs
            and trial.leg not in record.released_legs
            and (current is None or current.leg != trial.leg)
        )

    def _charge(self, record: TrialRecord, epochs: int) -> None:
        record.spent += epochs
        self._spent += epochs

    def _score(self, record: TrialRecord, epoch: int, value: float) -> None:
        sign = self._sign
        again = epoch in record.scores
        record.scores[epoch] = value
        if again:
            finite = [score for score in record.scores.values() if math.isfinite(score)]
            record.score = min(finite, key=lambda score: sign * score, default=None)
            self._find_best()
            return
        if math.isfinite(value) and (record.score is None or sign * value < sign * record.score):
            record.score = value
            best = self._best
            if best is None or best.score is None or sign * value < sign * best.score:
                self._best = record

    def _end(self, record: TrialRecord, state: LegState) -> LegState:
        start = self._out.pop(record.number).start_epoch
        record.state = state.value  # type: ignore[assignment]
        record.checkpoint = record.epoch
        if state is LegState.DIVERGED:
            record.score = None
            if self._best is record:
                self._find_best()
        was_over = self.done
        self._told(record)
        if start > 0 and self._repeats.note(record, start):
            self._warn(STARTED_ANEW, record=record, start=start)
        ends_now = self.done and not was_over
        if ends_now and self._sign > 0 and seems_to_minimise_accuracy(self._records, self.rate):
            self._warn(DIRECTION, rate=self.rate)
        return state

    def _warn(self, text: str, **values: Any) -> None:
        """Warn whoever reported or told, once of each kind; nobody where a log is replayed."""
        if not self._replaying and text not in self._warned:
            self._warned.add(text)
            warnings.warn(text.format(**values), RuntimeWarning, stacklevel=4)

    def _find_best(self) -> None:
        scored = [other for other in self._records if other.score is not None]
        self._best = min(scored, key=self._loss, default=None)

    def _loss(self, record: TrialRecord) -> float:
        """The trial's score as a number to minimise; infinite where it has none."""
        return math.inf if record.score is None else self._sign * record.score


def _state_at(epoch: int, record: TrialRecord) -> LegState:
    """How a leg has ended whose epochs are all in."""
    return LegState.COMPLETE if epoch >= record.max_epochs else LegState.PAUSED


def _number_of(trial: Trial) -> int:
    if not isinstance(trial, Trial):
        raise TypeError(f"expected a Trial as ask() returned it, got {type(trial).__name__}")
    return trial.number

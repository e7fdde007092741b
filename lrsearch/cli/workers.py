"""Work through a study with a program: one run of it for each leg, several at a time."""

from __future__ import annotations

import contextlib
import math
import shutil
import threading
from collections.abc import Callable
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path

from lrsearch.cli.command_line import CommandLine, ProgramError, values_of
from lrsearch.cli.guard import Guard
from lrsearch.cli.runner import Outcome, last_lines, run_program
from lrsearch.cli.scores import PrintedScores
from lrsearch.cli.words import epochs
from lrsearch.results import value_text
from lrsearch.study import Study
from lrsearch.trial import LegState, StaleTrial, Trial

__all__ = ["ProgramWorkers", "folder_of"]

_FRUITLESS = 4
"""So many trials that fail before any gives a score end the run: the program is at fault."""


def folder_of(study: Path) -> Path:
    """Where a study's programs leave their output and their checkpoints."""
    return study.with_name(study.name + ".d").absolute()


@dataclass
class ProgramWorkers:
    """Runs a program for the trials of a study until it is done.

    Parameters
    ----------
    study : Study
        Where trials come from and scores go.
    command : CommandLine
        The program.
    printed : PrintedScores
        What finds scores in its output, unless it writes them to ``{scores}``.
    workers : int
        How many runs at a time.
    timeout : float or None
        Seconds that a leg may take.
    retries : int
        How often a trial that failed is tried again before it counts as diverged.
    message : callable
        Gets each line for people, from any thread.
    """

    study: Study
    command: CommandLine
    printed: PrintedScores
    workers: int
    timeout: float | None
    retries: int
    message: Callable[[str], None]

    def __post_init__(self) -> None:
        self._folder = folder_of(self.study.path)
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._failures: dict[int, int] = {}
        self._set_aside: list[Trial] = []
        self._fruitful = False

    def run(self) -> None:
        """Work until the study is done.

        On Ctrl-C or an error the programs are ended and their trials released.

        Raises
        ------
        ProgramError
            If the program cannot be used.
        StudyError
            If the study cannot be written.
        OSError
            If the programs' output cannot be.
        """
        try:
            with Guard() as self._guard, ThreadPoolExecutor(self.workers) as pool:
                futures = [pool.submit(self._work) for _ in range(self.workers)]
                try:
                    waiting = set(futures)
                    while waiting:
                        over, waiting = wait(waiting, 0.5, FIRST_EXCEPTION)
                        for future in over:
                            future.result()
                finally:
                    self._stop.set()
        finally:
            for trial in self._set_aside:
                self._release(trial)

    def _work(self) -> None:
        pause = 0.05
        while not self._stop.is_set():
            self._judge_set_aside()
            trial = self.study.ask(resume=self.command.resumes)
            if trial is None:
                if self.study.done:
                    return
                self._require_fruit(every=True)
                self._stop.wait(pause)
                pause = min(1.0, 1.5 * pause)
                continue
            pause = 0.05
            try:
                self._leg(trial)
            except StaleTrial:
                self.message(f"trial {trial.number} went back to the pool: this run is dropped")
            except BaseException:
                self._stop.set()
                self._release(trial)
                raise

    def _release(self, trial: Trial) -> None:
        with contextlib.suppress(StaleTrial, ValueError):
            self.study.release(trial)

    def _leg(self, trial: Trial) -> None:
        """Run the program once, and tell the study how it went."""
        folder = _emptied(self._leg_folder(trial.number, trial.leg))
        log, written, save_to = folder / "output.txt", folder / "scores", folder / "checkpoint"
        values = values_of(trial, self._checkpoint(trial), str(save_to), str(written))
        scores = _LegScores(self.study, trial)
        patience = self.study.patience
        impatient = patience is not None and patience < (self.timeout or math.inf)
        outcome = run_program(
            self.command.filled(values),
            log,
            scores.take,
            printed=None if "scores" in self.command.uses else self.printed,
            written=written if "scores" in self.command.uses else None,
            timeout=patience if impatient else self.timeout,
            stop=self._stop,
            guard=self._guard,
        )
        if scores.ended:
            self._said(trial)
        elif outcome.ending == "stopped" or (impatient and outcome.ending == "timed out"):
            scores.keep()
            self.study.release(trial)
            if outcome.ending == "timed out":
                self.message(
                    f"trial {trial.number} (rate {trial.rate}) took more than {patience:g} s and "
                    f"goes back to the pool: {log}"
                )
        elif outcome.ending == "ended":
            self._require_use(trial, scores.count, log, save_to)
            scores.finish()
            self._remove_older_checkpoints(trial)
            self._said(trial)
        else:
            scores.keep()
            self._failed(trial, outcome, log)

    def _require_use(self, trial: Trial, count: int, log: Path, save_to: Path) -> None:
        if count == 0:
            raise ProgramError(
                f"the program ended without a score (trial {trial.number}, rate {trial.rate}). It "
                "has to print a line such as\n  score: 0.25\nfor each epoch, or see --score-regex "
                f"and {{scores}}. {_ending_of(log)}"
            )
        if self.command.resumes and not _exists(save_to):
            raise ProgramError(
                f"the program ended well, but saved nothing at {save_to} (trial {trial.number}, "
                f"rate {trial.rate}). {_ending_of(log)}"
            )

    def _failed(self, trial: Trial, outcome: Outcome, log: Path) -> None:
        how = (
            f"took more than {self.timeout:g} s"
            if outcome.ending == "timed out"
            else f"failed with exit status {outcome.status}"
        )
        with self._lock:
            failures = self._failures[trial.number] = self._failures.get(trial.number, 0) + 1
        again = failures <= self.retries
        fate = "is tried again" if again else "counts as diverged"
        if not again and not self._fruitful:
            fate += ", once another trial has a score"
        self.message(f"trial {trial.number} (rate {trial.rate}) {how} and {fate}: {log}")
        if again:
            self.study.release(trial)
            return
        with self._lock:
            self._set_aside.append(trial)
        self._judge_set_aside()
        self._require_fruit()

    # Trials that failed too often -------------------------------------------------------------

    def _judge_set_aside(self) -> None:
        """Let the trials that failed count as diverged, once another shows that the program works.

        Until then they stay in hand, so that a program that is wrong marks no rate.
        """
        if not self._set_aside or not self._bears_fruit():
            return
        with self._lock:
            judged, self._set_aside = self._set_aside, []
        for trial in judged:
            with contextlib.suppress(StaleTrial):
                self.study.report(trial, math.nan)

    def _require_fruit(self, every: bool = False) -> None:
        """Make sure that the program is not at fault for all the trials that failed.

        Parameters
        ----------
        every : bool
            Whether nothing else can be handed out, so that fewer are enough to tell.
        """
        failed = self._set_aside
        if not failed:
            return
        unfinished = {r.number for r in self.study.trials if r.state in ("asked", "released")}
        if self._bears_fruit():
            return
        all_failed = unfinished <= {trial.number for trial in failed}
        if len(failed) >= _FRUITLESS or (every and all_failed):
            trials = "1 trial" if len(failed) == 1 else f"{len(failed)} trials"
            log = self._leg_folder(failed[-1].number, failed[-1].leg) / "output.txt"
            raise ProgramError(
                f"{trials} failed and none has a score: is the program right? None of them "
                f"counts: put it right, and run it again. {_ending_of(log)}"
            )

    def _bears_fruit(self) -> bool:
        """Whether any leg of the study has ended with its scores in."""
        self._fruitful = self._fruitful or any(r.checkpoint for r in self.study.trials)
        return self._fruitful

    def _said(self, trial: Trial) -> None:
        study = self.study
        record = study.trials[trial.number]
        best = study.best
        shown = record.state if record.score is None else f"score {value_text(record.score)}"
        most = study.most_epochs
        self.message(
            f"trial {trial.number} · round {trial.round} · rate {trial.rate} · {shown}"
            + ("" if best is None else f" · best {value_text(best.score)} at {best.rate}")
            + f" · {epochs(study.spent)}"
            + ("" if most is None else f" of at most {most}")
        )

    # Checkpoints ------------------------------------------------------------------------------

    def _leg_folder(self, number: int, leg: int) -> Path:
        return self._folder / f"trial-{number:05}" / f"leg-{leg:03}"

    def _checkpoint(self, trial: Trial) -> str:
        """What the trial's last told leg saved; nothing where training starts anew.

        Legs that were not told do not count, so that a checkpoint is never ahead of the study.
        """
        if trial.start_epoch == 0:
            return ""
        released = self.study.trials[trial.number].released_legs
        told = max(leg for leg in range(trial.leg) if leg not in released)
        path = self._leg_folder(trial.number, told) / "checkpoint"
        if not _exists(path):
            raise ProgramError(
                f"{path} is gone, from which trial {trial.number} was to go on: put the folder "
                f"{self._folder} back, or start anew with another study"
            )
        return str(path)

    def _remove_older_checkpoints(self, trial: Trial) -> None:
        for leg in range(trial.leg):
            for path in self._leg_folder(trial.number, leg).glob("checkpoint*"):
                if path.is_dir() and not path.is_symlink():
                    shutil.rmtree(path, ignore_errors=True)
                else:
                    path.unlink(missing_ok=True)


class _LegScores:
    """Brings the scores of one leg to the study.

    They are told when the program has ended well: only then is known whether a single one stands
    for the whole leg, whether the program has ended early, and that its checkpoint is there. A
    search that drops trials while they train gets them as they come, but for the first and the
    last; it charges the whole leg where they are short of it.
    """

    def __init__(self, study: Study, trial: Trial) -> None:
        self._study = study
        self._trial = trial
        self._live = study.search.stops_early
        self._waiting: list[float | None] = []
        self.count = 0
        self._state = LegState.GOING_ON

    @property
    def ended(self) -> bool:
        """Whether the study has ended the leg."""
        return not self._state

    def take(self, score: float | None) -> bool:
        """Take one epoch's score; whether the program should go on."""
        trial = self._trial
        self.count += 1
        if self.count > trial.epochs:
            raise ProgramError(
                f"trial {trial.number} has {epochs(trial.epochs)} to train, the program gave more "
                "scores than that: each score stands for one epoch"
            )
        self._waiting.append(score)
        if score is not None and not math.isfinite(score):
            self._report(self.count)
        elif self._live and self.count > 1:
            self._report(min(self.count, trial.epochs - 1))
        return not self.ended

    def finish(self) -> None:
        """The program has ended well: fewer scores than epochs end the leg early.

        Where some epochs were not validated, the whole leg is charged: no single call tells those.
        """
        trial = self._trial
        numbers = [score for score in self._waiting if score is not None]
        if self.ended:
            return
        if len(numbers) == self.count == 1:
            self._study.tell(trial, numbers[0])
        elif len(numbers) == self.count:
            self._study.tell(trial, numbers)
        else:
            self._report(self.count)
            if not self.ended:
                self._study.report(trial, None, trial.stop_epoch)

    def keep(self) -> None:
        """The program has not ended well: store its scores, but do not let the leg be over.

        A single one, which may have stood for the whole leg, is left out.
        """
        if self.count > 1:
            self._report(min(self.count, self._trial.epochs - 1))

    def _report(self, count: int) -> None:
        """Report the leg's first `count` scores, those that wait still."""
        due = count - (self.count - len(self._waiting))
        for score in self._waiting[:due]:
            if not self.ended:
                self._state = self._study.report(self._trial, score)
        del self._waiting[:due]


def _emptied(folder: Path) -> Path:
    """A folder with nothing in it: what a removed study of the same name left there is no score."""
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    return folder


def _exists(path: Path) -> bool:
    """Whether there is a file or a folder whose name begins so."""
    return path.exists() or any(path.parent.glob(path.name + "*"))


def _ending_of(log: Path) -> str:
    lines = last_lines(log)
    return f"Its output ended with:\n{lines}\n({log})" if lines else "It printed nothing."

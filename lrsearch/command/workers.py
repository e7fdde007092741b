"""Work through a study with a program: one run of it for each leg, several at a time."""

from __future__ import annotations

import concurrent.futures
import contextlib
import math
import shutil
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from lrsearch.command.command_line import CommandLine, ProgramError, values_of
from lrsearch.command.runner import Outcome, last_lines, run_program
from lrsearch.command.scores import PrintedScores
from lrsearch.study import Study
from lrsearch.trial import StaleTrial, Trial

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
        self._given_up = 0

    def run(self) -> None:
        """Work until the study is done.

        On Ctrl-C or an error the programs are ended and their trials given back.

        Raises
        ------
        ProgramError
            If the program cannot be used.
        StudyError
            If the study cannot be written.
        """
        with concurrent.futures.ThreadPoolExecutor(self.workers) as pool:
            futures = [pool.submit(self._work) for _ in range(self.workers)]
            try:
                waiting = set(futures)
                while waiting:
                    over, waiting = concurrent.futures.wait(waiting, 0.5, "FIRST_EXCEPTION")
                    for future in over:
                        future.result()
            finally:
                self._stop.set()

    def _work(self) -> None:
        pause = 0.05
        while not self._stop.is_set():
            trial = self.study.ask(resume=self.command.resumes)
            if trial is None:
                if self.study.done:
                    return
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
                with contextlib.suppress(StaleTrial, ValueError):
                    self.study.release(trial)
                raise

    def _leg(self, trial: Trial) -> None:
        """Run the program once, and tell the study how it went."""
        folder = self._leg_folder(trial.number, trial.leg)
        folder.mkdir(parents=True, exist_ok=True)
        log, written, save_to = folder / "output.txt", folder / "scores", folder / "checkpoint"
        values = values_of(trial, self._checkpoint(trial), str(save_to), str(written))
        scores = _LegScores(self.study, trial)
        outcome = run_program(
            self.command.filled(values),
            log,
            scores.take,
            printed=None if "scores" in self.command.uses else self.printed,
            written=written if "scores" in self.command.uses else None,
            timeout=self.timeout,
            stop=self._stop,
        )
        if scores.ended:
            self._said(trial)
        elif outcome.ending == "stopped":
            self.study.release(trial)
        elif outcome.ending == "ended":
            self._require_use(trial, scores.count, log, save_to)
            scores.finish()
            self._remove_older_checkpoints(trial)
            self._said(trial)
        else:
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
        self.message(
            f"trial {trial.number} (rate {trial.rate}) {how} and "
            f"{'is tried again' if again else 'counts as diverged'}: {log}"
        )
        if again:
            self.study.release(trial)
            return
        self.study.report(trial, math.nan)
        with self._lock:
            self._given_up += 1
            fruitless = self._given_up >= _FRUITLESS and self.study.best is None
        if fruitless:
            raise ProgramError(
                f"{self._given_up} trials failed and none has a score: is the program right? "
                f"To start anew, remove {self.study.path}. {_ending_of(log)}"
            )

    def _said(self, trial: Trial) -> None:
        study = self.study
        record = study.trials[trial.number]
        best = study.best
        shown = "diverged" if record.score is None else f"score {record.score:.6g}"
        most = study.most_epochs
        self.message(
            f"trial {trial.number} · round {trial.round} · rate {trial.rate} · {shown}"
            + ("" if best is None else f" · best {best.score:.6g} at {best.rate}")
            + f" · {study.spent}{'' if most is None else f' of at most {most}'} epochs"
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
    """Brings the scores of one leg to the study as they come.

    The last one waits until the program has ended well, so that no leg is over before its
    checkpoint is there; so does the first, which stands for the whole leg if it remains alone.
    """

    def __init__(self, study: Study, trial: Trial) -> None:
        self._study = study
        self._trial = trial
        self._waiting: list[float | None] = []
        self.count = 0
        self.ended = False

    def take(self, score: float | None) -> bool:
        """Take one epoch's score; whether the program should go on."""
        trial = self._trial
        self.count += 1
        if self.count > trial.epochs:
            raise ProgramError(
                f"trial {trial.number} has {trial.epochs} epochs to train, the program gave more "
                "scores than that: each score stands for one epoch"
            )
        self._waiting.append(score)
        first_or_last = self.count in (1, trial.epochs)
        if first_or_last and (score is None or math.isfinite(score)):
            self._report(self._waiting[:-1])
            self._waiting = [score]
        else:
            self._report(self._waiting)
            self._waiting = []
        return not self.ended

    def finish(self) -> None:
        """The program has ended well."""
        trial = self._trial
        if self.ended:
            return
        if self.count == 1 and self._waiting and self._waiting[0] is not None:
            self._study.tell(trial, self._waiting[0])
        else:
            last = self._waiting[0] if self._waiting else None
            self._study.report(trial, last, trial.stop_epoch)

    def _report(self, scores: list[float | None]) -> None:
        for score in scores:
            if not self.ended:
                self.ended = not self._study.report(self._trial, score)


def _exists(path: Path) -> bool:
    """Whether there is a file or a folder whose name begins so."""
    return path.exists() or any(path.parent.glob(path.name + "*"))


def _ending_of(log: Path) -> str:
    lines = last_lines(log)
    return f"Its output ended with:\n{lines}\n({log})" if lines else "It printed nothing."

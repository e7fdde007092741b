"""What a person sees during a training."""

from __future__ import annotations

import atexit
from typing import Any

from lrsearch.training.phases import Epoch
from lrsearch.training.warning import warn

__all__ = ["Display"]


class Display:
    """The live display of a training.

    Parameters
    ----------
    epochs : int or None
        Epochs of the training; None where nobody knows.
    verbose : int
        0 shows nothing.
    live : bool
        Whether to show each epoch; otherwise another display does, and only lines are shown.
    trained : int
        Epochs that an earlier process has trained.
    """

    def __init__(self, epochs: int | None, verbose: int, *, live: bool, trained: int = 0) -> None:
        self._progress: Any = None
        self._prints = verbose != 0 and not live
        if verbose == 0 or not live:
            return
        from lrsearch.results import Progress

        try:
            self._progress = Progress(total=epochs, spent=trained)
            atexit.register(self.close)
        except ImportError as error:
            warn(f"nothing is shown: {error}")

    def epoch(self, search: Any, epoch: Epoch, best: Epoch | None) -> None:
        """Show an epoch that is over."""
        if self._progress is None:
            return
        exploring = epoch.phase == "explore"
        round = search.rounds[epoch.round - 1] if exploring else None
        self._progress.update(
            phase=epoch.phase,
            round=None if round is None else round.number,
            digit=None if round is None else round.digit,
            trial=epoch.trial if exploring else None,
            rate=epoch.rate,
            epoch=epoch.epoch,
            epochs=epoch.epochs,
            score=epoch.score,
            best=None if best is None else best.score,
            best_rate=None if best is None else best.rate,
        )

    def message(self, text: str) -> None:
        """Show a line."""
        if self._progress is not None:
            self._progress.message(text)
        elif self._prints:
            print(text)

    def close(self) -> None:
        """Show no more."""
        progress, self._progress = self._progress, None
        if progress is not None:
            progress.close()
            atexit.unregister(self.close)

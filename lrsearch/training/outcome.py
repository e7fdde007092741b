"""What a callback shows of the training that it explores in."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from lrsearch.evidence import Evidence
from lrsearch.exploit import Exploit
from lrsearch.rate import Rate
from lrsearch.results import write_html
from lrsearch.training.explorer import Explorer
from lrsearch.training.options import Options
from lrsearch.training.phases import Epoch

__all__ = ["Outcome"]


class Outcome:
    """What the callbacks of all frameworks say and do alike, where the framework has the loop.

    Attributes
    ----------
    explorer : Explorer or None
        None until the training begins.
    options : Options
        What the callback was told.
    monitor : str
        What the score is called.
    """

    explorer: Explorer | None = None
    options: Options
    monitor: str

    def __repr__(self) -> str:
        """What it is, and how far the training has come."""
        come = "no training yet" if self.explorer is None else self.explorer.progress()
        return f"<{type(self).__name__}: {come}>"

    @property
    def search(self) -> Any:
        """The search; the default one once the training has begun."""
        return self.options.search if self.explorer is None else self.explorer.search

    @property
    def exploit(self) -> Exploit | None:
        """The second phase, once it has begun."""
        return None if self.explorer is None else self.explorer.exploit

    @property
    def rate(self) -> Rate | None:
        """The rate that the search recommends."""
        source = self.search if self.explorer is None else self.explorer
        return None if source is None else source.rate

    @property
    def peak(self) -> Rate | None:
        """The highest rate of the second phase."""
        return None if self.explorer is None else self.explorer.peak

    @property
    def history(self) -> Sequence[Epoch]:
        """Each epoch that is over."""
        return () if self.explorer is None else self.explorer.history

    @property
    def best(self) -> Epoch | None:
        """The epoch with the best score."""
        return None if self.explorer is None else self.explorer.best

    @property
    def best_score(self) -> float | None:
        """Its score."""
        return None if self.best is None else self.best.score

    @property
    def evidence(self) -> Evidence | None:
        """How many digits the scores support, and which rates they cannot tell apart."""
        if self.explorer is not None:
            return self.explorer.evidence
        return None if self.search is None else self.search.evidence()

    def plot(self) -> Any:
        """Draw what was explored and exploited, as `Explorer.plot` has it.

        Raises
        ------
        RuntimeError
            If the training has not begun, or no rate above 0 has a finite score yet.
        ImportError
            If matplotlib is not installed.
        """
        if self.explorer is None:
            raise RuntimeError("there is nothing to draw before the training begins")
        return self.explorer.plot()

    def report(self, path: str | os.PathLike[str]) -> None:
        """Write the run as one HTML page: rates, evidence, curves, both phases.

        Parameters
        ----------
        path : path
            The file, ``report.html`` say.

        Raises
        ------
        RuntimeError
            If the training has not begun.
        OSError
            If the file cannot be written.
        """
        if self.explorer is None:
            raise RuntimeError(
                "there is nothing to report before the training has begun: train first"
            )
        write_html(path, self.search, self.exploit, name=self.monitor)

    def restore(self) -> None:
        """Put the best weights back, after a training that raised or was interrupted.

        Where no epoch had a score, the weights are put back that the model had before. The trial
        in hand is released; with a folder it stays in hand there, for the same script, or the same
        search, to go on with. The folder's tables and pictures are brought up to date.

        Examples
        --------
        ::

            try:
                model.fit(..., callbacks=[explorer])
            except KeyboardInterrupt:
                explorer.restore()
        """
        if self.explorer is not None:
            self.explorer.restore()

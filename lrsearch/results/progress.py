"""A live display of a search, on a terminal or in a notebook (rich)."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any

from lrsearch.escaping import page_text

__all__ = ["Progress", "duration"]

_REFRESH = 0.25
_INSTALL = 'pip install "lrsearch[cli]"'


class Progress:
    """One bar over the epochs, and under it what is being tried.

    A notebook shows it as one output that is written over. Where output is no terminal, a line
    is printed for each trial's leg instead, and for each tenth of a second phase.

    Parameters
    ----------
    total : int or None
        Epochs in all, if they are known.
    console : rich.console.Console, optional
        Where to draw; by default the standard error stream.
    spent : int
        Epochs that were spent before, by an earlier process.

    Raises
    ------
    ImportError
        If rich is not installed.

    Examples
    --------
    >>> import io
    >>> from rich.console import Console
    >>> out = io.StringIO()
    >>> with Progress(total=2, console=Console(file=out, width=100)) as progress:
    ...     progress.update(round=2, digit=1, trial=9, rate="0.004", epoch=1, epochs=2, score=9.0)
    ...     progress.update(epoch=2, score=8.5, best=8.5, best_rate="0.004")
    >>> print(out.getvalue().strip()[:47])
    2/2 epochs · round 2 · digit 1 · trial 9 · rate
    """

    def __init__(self, total: int | None = None, console: Any = None, spent: int = 0) -> None:
        try:
            from rich.console import Console
        except ImportError as error:
            raise ImportError(f"the progress display needs rich: {_INSTALL}") from error
        self.total = total
        self.console = Console(stderr=True) if console is None else console
        self._fields: dict[str, Any] = {}
        self._spent = self._before = spent
        self._begun = time.monotonic()
        self._live: Any = None
        self._cell = _Cell(self._html) if self.console.is_jupyter else None
        if self.console.is_terminal and self._cell is None:
            from rich.live import Live

            self._live = Live(self._drawing(), console=self.console, refresh_per_second=4)
            self._live.start()

    def update(self, epochs_done: int = 1, **fields: Any) -> None:
        """Take in one more epoch, and what is known of it.

        Parameters
        ----------
        epochs_done : int
            Epochs that have passed since the last update.
        **fields
            Any of phase, round, digit, trial, rate, epoch, epochs (of this leg), score,
            best, best_rate. What is not given stands as it was.
        """
        self._spent += epochs_done
        self._fields.update(fields)
        if self._cell is not None:
            self._cell.update()
        elif self._live is not None:
            self._live.update(self._drawing())
        elif self._line_is_due():
            self.console.print(self._line(), highlight=False, soft_wrap=True)

    def message(self, text: str) -> None:
        """Print a line above the display."""
        self.console.print(text, highlight=False, markup=False, soft_wrap=True)

    def close(self) -> None:
        """Leave the last state on the screen and stop drawing."""
        if self._cell is not None:
            self._cell.update(last=True)
        if self._live is not None:
            self._live.update(self._drawing())
            self._live.stop()
            self._live = None

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _line_is_due(self) -> bool:
        epoch, epochs = self._fields.get("epoch"), self._fields.get("epochs")
        if epoch == epochs or self._fields.get("phase") != "exploit":
            return bool(epoch == epochs)
        return bool(epoch and epochs and epoch % math.ceil(epochs / 10) == 0)

    def _line(self) -> str:
        total = f"{self._spent}/{self.total}" if self.total is not None else f"{self._spent}"
        return " · ".join([f"{total} epochs", *described(self._fields)])

    def _times(self) -> tuple[str, str, str]:
        """The epochs, the time that has passed, and what is left of it."""
        elapsed = time.monotonic() - self._begun
        count = f"{self._spent}" if self.total is None else f"{self._spent}/{self.total}"
        left = ""
        here = self._spent - self._before
        if self.total is not None and here:
            left = f"at most {duration(elapsed / here * max(0, self.total - self._spent))} left"
        return f"{count} epochs", duration(elapsed), left

    def _drawing(self) -> Any:
        from rich.console import Group
        from rich.progress_bar import ProgressBar
        from rich.table import Table
        from rich.text import Text

        head = Table.grid(padding=(0, 1))
        bar = ProgressBar(total=self.total or None, completed=self._spent, width=30)
        head.add_row("lrsearch", bar, *self._times())
        return Group(head, Text(" · ".join(described(self._fields)) or "starting", style="dim"))

    def _html(self) -> tuple[str, str]:
        """The same for a notebook, and as text for where its page is not shown."""
        head = "  ".join(filter(None, self._times()))
        status = " · ".join(described(self._fields)) or "starting"
        most = "" if not self.total else f' max="{self.total}" value="{self._spent}"'
        bar = f'<progress style="width: 16em; vertical-align: middle"{most}></progress>'
        page = f"<div>lrsearch {bar} {page_text(head)}<br><small>{page_text(status)}</small></div>"
        return page, f"lrsearch {head}\n{status}"


class _Cell:
    """One output of a notebook's cell, written over as long as something is new."""

    def __init__(self, shown: Callable[[], tuple[str, str]]) -> None:
        from IPython.display import display

        self._shown = shown
        self._written = time.monotonic()
        self._output = display(self._bundle(), raw=True, display_id=True)

    def update(self, last: bool = False) -> None:
        """Write it over, some times a second at the most, and once more at the end."""
        if last or time.monotonic() - self._written >= _REFRESH:
            self._written = time.monotonic()
            self._output.update(self._bundle(), raw=True)

    def _bundle(self) -> dict[str, str]:
        page, text = self._shown()
        return {"text/html": page, "text/plain": text}


def described(fields: dict[str, Any]) -> list[str]:
    """The parts of a status line, of the fields that are known.

    Examples
    --------
    >>> described({"phase": "explore", "round": 2, "rate": "0.0004", "score": 236.0123})
    ['explore', 'round 2', 'rate 0.0004', 'score 236.01']
    """
    parts = [str(fields["phase"])] if fields.get("phase") is not None else []
    for name in ("round", "digit", "trial", "rate"):
        if fields.get(name) is not None and (name != "digit" or fields[name]):
            parts.append(f"{name} {_shown(fields[name])}")
    if fields.get("epoch") is not None:
        of = f"/{fields['epochs']}" if fields.get("epochs") is not None else ""
        parts.append(f"epoch {fields['epoch']}{of}")
    if fields.get("score") is not None:
        parts.append(f"score {fields['score']:.5g}")
    if fields.get("best") is not None:
        at = f" at {_shown(fields['best_rate'])}" if fields.get("best_rate") is not None else ""
        parts.append(f"best {fields['best']:.5g}{at}")
    return parts


def duration(seconds: float) -> str:
    """A time for people to read.

    Examples
    --------
    >>> duration(75), duration(7500)
    ('1:15', '2:05:00')
    """
    minutes, second = divmod(round(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"


def _shown(value: Any) -> str:
    """A value for people: a rate that a schedule gave has four digits, one that was chosen all."""
    return f"{value:.4g}" if type(value) is float else str(value)

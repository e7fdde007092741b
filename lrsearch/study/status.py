"""How a study stands, read from its tables without a replay."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, NamedTuple

from lrsearch.checks import sign
from lrsearch.study.sqlite import collection_paused
from lrsearch.study.store import Store
from lrsearch.study.tables import Claim, Row

__all__ = ["Status", "read_status"]


class Status(NamedTuple):
    """How a study stands.

    Attributes
    ----------
    path : Path
        The file.
    config, origin : dict
        The search's configuration; when and by which version the file was made.
    rows : list of Row
        The trials.
    claims : dict of int to Claim
        Who has which trial.
    summary : dict
        Epochs spent, and why the search is over.
    changed : float
        When something was last stored, in seconds since 1970.
    """

    path: Path
    config: dict[str, Any]
    origin: dict[str, Any]
    rows: list[Row]
    claims: dict[int, Claim]
    summary: dict[str, Any]
    changed: float

    @property
    def done(self) -> bool:
        """Whether the search is over."""
        return self.summary.get("reason") is not None

    @property
    def best(self) -> Row | None:
        """The trial with the best score; None where none has one."""
        number = self.summary.get("best")
        return None if number is None or not self.rows else self.rows[number]

    def ranked(self, most: int) -> list[Row]:
        """The trials in hand, then the others, best first."""
        turn = sign(self.config["direction"])
        held = [row for row in self.rows if row.state == "asked"]
        scored = [row for row in self.rows if row.state != "asked" and row.score is not None]
        rest = [row for row in self.rows if row.state != "asked" and row.score is None]
        scored.sort(key=lambda row: turn * (row.score or 0.0))
        return (held + scored + rest)[:most]


def read_status(path: str | os.PathLike[str]) -> Status:
    """Read how a study stands, while others work on it.

    Raises
    ------
    StudyError
        If there is no study, or it is damaged, or anything in it is not what a study holds.

    Examples
    --------
    >>> import tempfile
    >>> import lrsearch
    >>> from lrsearch.study import Study, read_status
    >>> path = f"{tempfile.mkdtemp()}/vae.db"
    >>> with Study(path, lrsearch.GridSearch(["0.1", "0.01"], epochs=2)) as study:
    ...     study.tell(study.ask(), 3.5)
    >>> read_status(path).best.rate, read_status(path).summary["spent"]
    ('0.1', 2)
    """
    store = Store(Path(path), readonly=True)
    try:
        if store.config.get("direction") not in ("minimize", "maximize"):
            raise store.damaged("its configuration has no direction")
        with collection_paused(), store.reading():
            state = store.state()
            claims = {claim.trial: claim for claim in store.claims()}
            return Status(
                store.path, store.config, store.origin, list(store.rows()), claims, state.summary,
                state.time / 1000,
            )  # fmt: skip
    finally:
        store.disconnect()

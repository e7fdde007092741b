"""The tables of a study's file, and what they hold."""

from __future__ import annotations

import json
import sqlite3
import zlib
from typing import Any, NamedTuple

from lrsearch.strict_json import python_value
from lrsearch.study.events import checksum
from lrsearch.study.lease import Worker
from lrsearch.trial import TrialRecord

__all__ = [
    "APPLICATION",
    "COLUMNS",
    "SCHEMA",
    "SLOTS",
    "TABLES",
    "Claim",
    "Row",
    "State",
    "put",
    "row_checksum",
    "write_tables",
]

APPLICATION = 0x6C72_7321
SCHEMA = 1
TABLES = {
    "study": """CREATE TABLE study (
        key TEXT PRIMARY KEY, text TEXT NOT NULL, checksum INTEGER NOT NULL) WITHOUT ROWID""",
    "events": """CREATE TABLE events (
        number INTEGER PRIMARY KEY, time INTEGER NOT NULL, event TEXT NOT NULL,
        checksum INTEGER NOT NULL)""",
    "trials": """CREATE TABLE trials (
        number INTEGER PRIMARY KEY, rate TEXT NOT NULL, round INTEGER NOT NULL,
        init INTEGER NOT NULL, max_epochs INTEGER NOT NULL, state TEXT NOT NULL,
        legs INTEGER NOT NULL, epoch INTEGER NOT NULL, spent INTEGER NOT NULL,
        score REAL, standard_error REAL, checksum INTEGER NOT NULL)""",
    "claims": """CREATE TABLE claims (
        trial INTEGER PRIMARY KEY, leg INTEGER NOT NULL, worker TEXT NOT NULL,
        host TEXT NOT NULL, pid INTEGER NOT NULL, started TEXT NOT NULL,
        heartbeat REAL NOT NULL)""",
}


class Row(NamedTuple):
    """What the table of trials holds of one trial, so that it can be shown without a replay."""

    number: int
    rate: str
    round: int
    init: int
    max_epochs: int
    state: str
    legs: int
    epoch: int
    spent: int
    score: float | None
    standard_error: float | None

    @classmethod
    def of(cls, record: TrialRecord) -> Row:
        return cls(
            record.number,
            str(record.rate),
            record.round,
            record.init,
            record.max_epochs,
            record.state,
            record.legs,
            record.epoch,
            record.spent,
            _unsigned_zero(record.score),
            _unsigned_zero(record.standard_error),
        )


SLOTS = ", ".join("?" * (len(Row._fields) + 1))
COLUMNS = ", ".join(Row._fields)


class Claim(NamedTuple):
    """Who holds a leg of a trial, and since when without a sign of life."""

    trial: int
    leg: int
    worker: Worker
    heartbeat: float


class State(NamedTuple):
    """What the file says of itself: it has to agree with the events and the trials.

    Attributes
    ----------
    events, chain : int
        How many events there are, and the checksum over them all.
    trials, digest : int
        How many trials there are, and the checksums of their rows, combined by exclusive or.
    time : int
        When it last changed, in milliseconds since 1970.
    summary : dict
        What the search told of itself.
    """

    events: int
    chain: int
    trials: int
    digest: int
    time: int
    summary: dict[str, Any]


def row_checksum(row: Row) -> int:
    """The checksum of a trial's row."""
    return zlib.crc32(repr(tuple(row)).encode())


def write_tables(
    connection: sqlite3.Connection, config: dict[str, Any], origin: dict[str, Any]
) -> None:
    connection.execute(f"PRAGMA application_id = {APPLICATION}")
    connection.execute(f"PRAGMA user_version = {SCHEMA}")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("BEGIN IMMEDIATE")
    for table in TABLES.values():
        connection.execute(table)
    put(connection, "config", config)
    put(connection, "origin", origin)
    put(connection, "state", State(0, 0, 0, 0, origin["time"], {})._asdict())
    connection.execute("COMMIT")


def put(connection: sqlite3.Connection, key: str, content: dict[str, Any]) -> None:
    text = json.dumps(content, separators=(",", ":"), default=python_value)
    connection.execute(
        "INSERT OR REPLACE INTO study VALUES (?, ?, ?)", (key, text, checksum(key + text))
    )


def _unsigned_zero(number: float | None) -> float | None:
    """The number as SQLite gives it back, which knows no -0.0."""
    return None if number is None else number + 0.0

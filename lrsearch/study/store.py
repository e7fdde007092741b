"""A study's file: what is in it, checked, and how events are added."""

from __future__ import annotations

import contextlib
import os
import secrets
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from lrsearch.study.checked import claim_of, object_of, origin_of, rows_of, state_of
from lrsearch.study.events import chained, checksum, decode, encode
from lrsearch.study.lease import Worker
from lrsearch.study.rescue import snapshot
from lrsearch.study.settings import Settings, settings_of
from lrsearch.study.sqlite import Database, StudyError
from lrsearch.study.tables import (
    APPLICATION,
    COLUMNS,
    SCHEMA,
    SLOTS,
    TABLES,
    Claim,
    Row,
    State,
    put,
    row_checksum,
    write_tables,
)

__all__ = ["SCHEMA", "Claim", "State", "Store", "StudyError", "publish"]


class Store(Database):
    """A study's file, of which everything that is read is checked.

    Parameters
    ----------
    path, readonly
        As for `Database`.

    Raises
    ------
    StudyError
        If there is no study, if it is damaged, from a newer version of lrsearch, or of a second
        phase.
    """

    def __init__(self, path: Path, readonly: bool = False) -> None:
        super().__init__(path, readonly)
        try:
            with self.translated():
                self._check()
            self.config: dict[str, Any] = self._text("config")
            with self._checked():
                self.origin: dict[str, Any] = origin_of(self._text("origin"))
            self._require_search()
        except BaseException:
            self.disconnect()
            raise

    @classmethod
    def create(cls, path: Path, config: dict[str, Any], origin: dict[str, Any]) -> None:
        """Write a study without events, unless there is a file already.

        The file appears whole: another process finds either none or a complete one.
        """
        temporary = path.with_name(f".{path.name}-{secrets.token_hex(4)}")
        try:
            with contextlib.closing(sqlite3.connect(temporary, isolation_level=None)) as connection:
                write_tables(connection, config, origin)
            publish(temporary, path)
        except OSError as error:
            raise StudyError(f"{path}: cannot create a study here: {error.strerror}") from error
        except sqlite3.Error as error:
            raise StudyError(f"{path}: cannot create a study here: {error}") from error
        finally:
            with contextlib.suppress(OSError):
                temporary.unlink()

    # Reading ----------------------------------------------------------------------------------

    def state(self) -> State:
        """What the file says of itself."""
        with self._checked():
            return state_of(self._text("state"))

    def settings(self) -> Settings:
        """What its workers have agreed on."""
        known = self.read("SELECT key FROM study WHERE key = 'settings'")
        with self._checked():
            return settings_of(self._text("settings") if known else {})

    def events(self, after: int = 0, chain: int = 0) -> Iterator[tuple[list[list[Any]], int]]:
        """The events with a number above `after`, some at a time, with the checksum up to them.

        Parameters
        ----------
        after, chain : int
            The last event known, and the checksum up to it.

        Raises
        ------
        StudyError
            If an event is missing or altered.
        """
        query = "SELECT number, time, event, checksum FROM events WHERE number > ? ORDER BY number"
        for rows in self.read_some(query, after):
            numbers, times, lines, sums = zip(*rows, strict=True)
            if numbers != tuple(range(after + 1, after + 1 + len(rows))):
                raise self.damaged("an event is missing")
            found = chained(zip(numbers, times, lines, strict=True), chain)
            if found != list(sums):
                first = next(i for i, (a, b) in enumerate(zip(found, sums, strict=True)) if a != b)
                raise self.damaged(f"event {numbers[first]} is not as it was written")
            after, chain = numbers[-1], found[-1]
            with self._checked():
                yield decode(lines), chain

    def rows(self) -> Iterator[Row]:
        """The row of every trial.

        Raises
        ------
        StudyError
            If a row is missing or altered.
        """
        count = digest = 0
        for found in self.read_some(f"SELECT {COLUMNS}, checksum FROM trials ORDER BY number"):
            with self._checked():
                rows = rows_of([values[:-1] for values in found], count)
            for row, values in zip(rows, found, strict=True):
                if row_checksum(row) != values[-1]:
                    raise self.damaged(f"the row of trial {row.number} is not as it was written")
                digest ^= values[-1]
                yield row
            count += len(rows)
        state = self.state()
        if (count, digest) != (state.trials, state.digest):
            raise self.damaged("the table of trials is not as it was written")

    def claims(self) -> list[Claim]:
        """Who holds which trial."""
        rows = self.read("SELECT trial, leg, worker, host, pid, started, heartbeat FROM claims")
        with self._checked():
            return list(map(claim_of, rows))

    def snapshot(self) -> bytes:
        """The whole database, as the bytes of a file that needs no write-ahead log."""
        with self.translated():
            return snapshot(self.connection)

    # Writing ----------------------------------------------------------------------------------

    def append(
        self,
        known: State,
        events: Sequence[Sequence[Any]],
        changed: Callable[[], Sequence[Row]],
        summary: Callable[[], dict[str, Any]],
    ) -> State:
        """Add events to the file, and bring the rows and the summary up to them.

        Raises
        ------
        StudyError
            If the file is not in the state that its events up to here give.
        """
        if not events:
            return known
        state = self.state()
        if (state.events, state.chain) != (known.events, known.chain):
            raise self.damaged("an event is missing")
        execute = self.connection.execute
        now = time.time_ns() // 1_000_000
        lines = [
            (number, now, encode(event)) for number, event in enumerate(events, state.events + 1)
        ]
        sums = chained(lines, state.chain)
        for line, chain in zip(lines, sums, strict=True):
            execute("INSERT INTO events VALUES (?, ?, ?, ?)", (*line, chain))
        trials, digest = state.trials, state.digest
        for row in changed():
            before = execute("SELECT checksum FROM trials WHERE number = ?", row[:1]).fetchone()
            after = row_checksum(row)
            digest ^= after if before is None else after ^ before[0]
            trials += before is None
            execute(f"INSERT OR REPLACE INTO trials VALUES ({SLOTS})", (*row, after))
        state = State(state.events + len(lines), sums[-1], trials, digest, now, summary())
        put(self.connection, "state", state._asdict())
        return state

    def agree(self, settings: Settings) -> None:
        """Note what its workers have agreed on."""
        put(self.connection, "settings", settings._asdict())

    def claim(self, trial: int, leg: int, worker: Worker, now: float) -> None:
        """Note who holds a trial from now on."""
        self.connection.execute(
            "INSERT OR REPLACE INTO claims VALUES (?, ?, ?, ?, ?, ?, ?)",
            (trial, leg, *worker, now),
        )

    def release(self, trial: int) -> None:
        """Note that nobody holds a trial."""
        self.connection.execute("DELETE FROM claims WHERE trial = ?", (int(trial),))

    def beat(self, worker: Worker, now: float) -> None:
        """Give a sign of life for all that a worker holds."""
        with self.transaction(durable=False):
            self.connection.execute(
                "UPDATE claims SET heartbeat = ? WHERE worker = ?", (now, worker.name)
            )

    # Inside -----------------------------------------------------------------------------------

    def _check(self) -> None:
        if self._pragma("application_id") != APPLICATION:
            raise StudyError(f"{self.path} is not a study: it is another program's database")
        schema = self._pragma("user_version")
        if schema > SCHEMA:
            raise StudyError(
                f"{self.path} was written by a newer lrsearch (schema {schema}, this one knows "
                f"up to {SCHEMA}): upgrade lrsearch to open it"
            )
        if schema < 1 or dict(self.read("SELECT name, sql FROM sqlite_master")) != TABLES:
            raise self.damaged("its tables are not those of a study")
        found = self.read("PRAGMA quick_check(1)")
        if found != [("ok",)]:
            raise self.damaged(str(found[0][0]).replace("\n", ": "))
        if not self.readonly and not self._begin_log():
            raise StudyError(
                f"{self.path}: this disk cannot carry a live database. Keep the study on a local "
                "disk, and give this path as its mirror"
            )

    def _require_search(self) -> None:
        if "search" not in self.config:
            raise StudyError(
                f"{self.path} holds a second phase, which lrsearch {self.origin['lrsearch']} "
                "wrote; a study holds searches only now. To read it, open it with that version. "
                "To go on with the phase, give its rates to a new Exploit, or train with a run "
                "folder, which keeps both phases"
            )

    def _text(self, key: str) -> dict[str, Any]:
        rows = self.read("SELECT text, checksum FROM study WHERE key = ?", key)
        if not rows or not isinstance(rows[0][0], str) or checksum(key + rows[0][0]) != rows[0][1]:
            raise self.damaged(f"its {key} is not as it was written")
        with self._checked():
            return object_of(key, rows[0][0])

    @contextlib.contextmanager
    def _checked(self) -> Iterator[None]:
        """A block that checks what was read: what it finds wrong becomes a sentence."""
        try:
            yield
        except ValueError as error:
            raise self.damaged(str(error)) from error


def publish(temporary: Path, path: Path) -> None:
    """Give a finished file its name, unless the name is taken.

    Raises
    ------
    StudyError
        If the write-ahead log of a study that is gone would be taken for the new one's.
    """
    if _size(path.with_name(path.name + "-wal")) > 0 and not path.exists():
        raise StudyError(
            f"{path}: there is no study here, but the log of one: put the study back, or remove "
            f"{path.name}-wal and {path.name}-shm"
        )
    try:
        os.link(temporary, path)
    except FileExistsError:
        return
    except OSError:  # a disk without hard links
        if not path.exists():
            temporary.replace(path)


def _size(path: Path) -> int:
    """Bytes of a file; 0 where there is none. Reading a study leaves an empty log beside it."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0

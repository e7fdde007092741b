"""An SQLite file that several processes write: transactions, patience, and errors as sentences."""

from __future__ import annotations

import contextlib
import gc
import random
import sqlite3
import time
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from lrsearch.escaping import visible
from lrsearch.study.locks import holders, named, on_another_log, openers
from lrsearch.study.rescue import Files, files_of, rescued

__all__ = ["Database", "StudyError", "collection_paused"]

PATIENCE = 60.0
"""Seconds to wait for another process's transaction."""

_SOME = 5000
_OPENING = 5.0
"""Seconds in which a process that opens a study makes its log, or one that closes it is through."""
_RANDOM = random.Random()
_LOCKED = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)

T = TypeVar("T")


class StudyError(RuntimeError):
    """A study's file cannot be used as asked; the message names the file and says why.

    The message may quote the file, wherever that comes from: nothing in it acts on a terminal.
    """

    def __init__(self, message: str) -> None:
        super().__init__(visible(message, keep="\n"))


class Database:
    """A connection to an SQLite file, made anew after `disconnect`.

    Not safe for several threads: its owner keeps a lock.

    Parameters
    ----------
    path : Path
        An existing file.
    readonly : bool
        Open it for reading only; this works on a read-only disk.

    Raises
    ------
    StudyError
        If the file cannot be opened.
    """

    def __init__(self, path: Path, readonly: bool = False) -> None:
        self.path = path.resolve()  # SQLite has its log beside the file that a link leads to
        self.readonly = readonly
        self._uri = self.path.as_uri()
        self._open_connection: sqlite3.Connection | None = None
        self._durable = True
        self._logged = False
        self._files: Files | None = None
        self._lost: str | None = None
        self._require_file()

    @property
    def connection(self) -> sqlite3.Connection:
        """The connection; connects if need be."""
        if self._lost is not None:
            raise StudyError(self._lost)
        if self._open_connection is None:
            self._open_connection = self._connect()
        return self._open_connection

    def disconnect(self) -> None:
        """Close the connection; the next use connects again."""
        if not self._find_lost():
            self._close()

    def read(self, query: str, *parameters: Any) -> list[Any]:
        """The rows that a query gives."""
        with self.translated():
            return self._patiently(lambda: self.connection.execute(query, parameters).fetchall())

    def read_some(self, query: str, *parameters: Any) -> Iterator[list[Any]]:
        """The rows that a query gives, some thousands at a time."""
        with self.translated():
            cursor = self._patiently(lambda: self.connection.execute(query, parameters))
            while rows := cursor.fetchmany(_SOME):
                yield rows

    @contextlib.contextmanager
    def reading(self) -> Iterator[None]:
        """A block that sees one moment of the file, whatever other processes write meanwhile."""
        with self.translated():
            self.connection.execute("BEGIN")
            try:
                yield
            finally:
                self.connection.execute("ROLLBACK")

    @contextlib.contextmanager
    def transaction(self, durable: bool = True) -> Iterator[None]:
        """A block that happens whole or not at all, while no other process writes.

        Parameters
        ----------
        durable : bool
            Whether it is on the disk when the block ends, and outlives a power cut. Otherwise it
            outlives the end of the process only, until the next durable one.

        Raises
        ------
        StudyError
            If it cannot be stored, or the files are not those that were opened. They are looked
            at when it begins, and before one that is to be durable returns.
        """
        with self.translated():
            self._find_lost()
            connection = self.connection
            if durable is not self._durable:
                connection.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
                self._durable = durable
            self._patiently(lambda: connection.execute("BEGIN IMMEDIATE"))
            try:
                yield
                connection.execute("COMMIT")
            finally:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
            if durable and self._find_lost():
                raise StudyError(f"{self._lost}. This call's may be missing")

    def damaged(self, what: str) -> StudyError:
        """The error for a file that is not as it was written."""
        return StudyError(
            f"{self.path}: the study is damaged: {what}. Its scores cannot be trusted: go back to "
            "a copy (a mirror, if the study had one), or start again in a new file"
        )

    @contextlib.contextmanager
    def translated(self) -> Iterator[None]:
        """A block whose database errors become sentences."""
        try:
            yield
        except sqlite3.Error as error:
            raise self._sentence(error) from error
        except OverflowError as error:
            raise StudyError(f"{self.path}: a number is too large to be stored: {error}") from error
        except UnicodeDecodeError as error:  # a message of SQLite's that quotes damaged text
            raise self.damaged("its text is not as it was written") from error

    def _sentence(self, error: sqlite3.Error) -> StudyError:
        code = _code(error)
        if code == sqlite3.SQLITE_NOTADB:
            return StudyError(f"{self.path} is not a study, or damaged: it is no SQLite database")
        if code in _LOCKED:
            return StudyError(
                f"{self.path}: another process has kept the study to itself for {PATIENCE:g} s"
                f"{holders(self.path)}"
            )
        if code == sqlite3.SQLITE_FULL:
            return StudyError(f"{self.path}: the disk is full; nothing of this call was stored")
        if code == sqlite3.SQLITE_READONLY:
            return StudyError(f"{self.path} cannot be written: the file or its disk is read-only")
        if code in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH):
            return StudyError(f"{self.path} cannot be opened: {error}")
        if code == sqlite3.SQLITE_IOERR:
            return StudyError(f"{self.path}: the disk failed, or is full: {error}")
        return self.damaged(str(error))

    def _find_lost(self) -> bool:
        """Whether the files are others than those that are open, which are saved then."""
        connection, known = self._open_connection, self._files
        if connection is not None and known is not None and files_of(self.path) != known:
            self._lost = rescued(self.path, connection, known)
            self._close()
        return self._lost is not None

    def _close(self) -> None:
        if self._open_connection is not None:
            self._open_connection.close()
            self._open_connection = None

    def _require_file(self) -> None:
        path = self.path
        if path.is_dir():
            raise StudyError(f"{path} is a folder: a study is one file, such as {path / 'lr.db'}")
        try:
            size = path.stat().st_size
        except FileNotFoundError:
            raise StudyError(f"{path}: there is no study here") from None
        except OSError as error:
            raise StudyError(f"{path} cannot be opened: {error.strerror}") from error
        if size == 0:
            raise StudyError(
                f"{path} is an empty file, not a study: if nothing was in it, remove it first"
            )

    def _connect(self) -> sqlite3.Connection:
        with self.translated():
            if not self.readonly:
                connection = self._open_with_log()
                connection.execute("PRAGMA synchronous = FULL")
                self._durable = True
                return connection
            try:
                return self._open(f"{self._uri}?mode=ro")
            except sqlite3.OperationalError as error:
                log, index = (self.path.with_name(self.path.name + s) for s in ("-wal", "-shm"))
                if log.exists() and not index.exists():
                    raise StudyError(
                        f"{self.path} cannot be looked at on a disk that cannot be written: the "
                        f"log that a killed worker left needs {index.name}. Copy {self.path.name} "
                        f"and {log.name} to another disk, and open that"
                    ) from error
                if log.exists():
                    raise
                if index.exists():
                    warnings.warn(
                        f"{self.path}: a worker of the study was killed, and {log.name} is "
                        "missing: the study is shown as it is without (immutable), and its last "
                        "scores may be missing too",
                        RuntimeWarning,
                        stacklevel=2,
                    )
                return self._open(f"{self._uri}?mode=ro&immutable=1")

    def _open_with_log(self) -> sqlite3.Connection:
        """A connection with the log that all others have; which files are open is remembered.

        Where a log was removed that others have open, nobody begins another: what is in both could
        not be brought together. Others may just make one, or be through with it: that is waited
        for. A connection that was opened with another log is not kept, for those who have the old
        one bring it into the database.
        """
        deadline = time.monotonic() + _OPENING
        log = self.path.with_name(self.path.name + "-wal")
        while True:
            others = set() if log.exists() else openers(self.path)
            if not others:
                connection = self._open(f"{self._uri}?mode=rw")
                self._files = files_of(self.path)
                self._logged = self._patiently(partial(_journal, connection)) == "wal"
                if not self._logged:
                    return connection
                others = on_another_log(self.path)
                if not others and None not in self._files:
                    return connection
                connection.close()
            if time.monotonic() > deadline:
                raise StudyError(
                    f"{self.path}: the study's log {log.name} was removed, and the study is still "
                    f"open{named(others)}: close it there first, which saves what is in the log"
                )
            time.sleep(_RANDOM.uniform(0, 0.02))

    def _begin_log(self) -> bool:
        """Whether the database has a log, or got one now; then it is opened anew with that."""
        began = bool(self._pragma("journal_mode = WAL") == "wal")
        if not self._logged:
            self._close()
        return began

    def _open(self, uri: str) -> sqlite3.Connection:
        connection = sqlite3.connect(
            uri, timeout=0, isolation_level=None, uri=True, check_same_thread=False
        )
        try:
            self._patiently(lambda: connection.execute("SELECT count(*) FROM sqlite_master"))
        except BaseException:
            connection.close()
            raise
        return connection

    def _pragma(self, text: str) -> Any:
        return self._patiently(lambda: self.connection.execute(f"PRAGMA {text}").fetchone()[0])

    def _patiently(self, action: Callable[[], T]) -> T:
        """Do something as soon as no other process keeps the file locked."""
        deadline = time.monotonic() + PATIENCE
        pause = 0.0005
        while True:
            try:
                return action()
            except sqlite3.OperationalError as error:
                if _code(error) not in _LOCKED or time.monotonic() > deadline:
                    raise
            time.sleep(_RANDOM.uniform(0, pause))
            pause = min(0.01, 1.5 * pause)


@contextlib.contextmanager
def collection_paused() -> Iterator[None]:
    """A block that makes many objects at once, which garbage collection would only slow down."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _journal(connection: sqlite3.Connection) -> str:
    return str(connection.execute("PRAGMA journal_mode").fetchone()[0])


def _code(error: sqlite3.Error) -> int:
    """SQLite's primary result code; text that is no UTF-8 comes without one."""
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF

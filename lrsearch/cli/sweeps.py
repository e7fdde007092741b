"""Sweeps that another tool ran: read from a table, an Optuna study or a folder of Ray results."""

from __future__ import annotations

import csv
import json
import math
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer

from lrsearch.escaping import visible
from lrsearch.evidence import Evidence
from lrsearch.rate import Rate
from lrsearch.trial import Round, TrialRecord

__all__ = ["Training", "TrainedSweep", "files_of", "trainings_of"]

_SQLITE = b"SQLite format 3\0"
_SQLITE_URL = "sqlite:///"


@dataclass(frozen=True, slots=True)
class Training:
    """One training of a sweep.

    Attributes
    ----------
    rate : Rate
    score : float
        nan where it failed.
    init : str or None
        What it started from; None where nothing says so.
    """

    rate: Rate
    score: float
    init: str | None


class TrainedSweep:
    """A sweep as results read a search: one round, one epoch a training."""

    reason = "the sweep is over"
    kept = ()

    def __init__(self, source: str, trainings: list[Training], direction: str) -> None:
        self.direction = direction
        self._source = source
        inits = [training.init for training in trainings]
        known = None if None in inits else inits
        numbers: dict[Any, int] = {}
        repeats: dict[Rate, int] = {}
        records = []
        for number, training in enumerate(trainings):
            repeat = repeats[training.rate] = repeats.get(training.rate, -1) + 1
            init = repeat if known is None else numbers.setdefault(training.init, len(numbers))
            finite = math.isfinite(training.score)
            records.append(
                TrialRecord(
                    number, training.rate, 1, init, 1, "complete" if finite else "diverged", 1, 1,
                    1, 1, {1: training.score}, training.score if finite else None,
                )
            )  # fmt: skip
        self.trials = tuple(records)
        self.rounds = (Round(1, 0, None, sorted(repeats)),)
        self.spent = len(records)
        self._evidence = Evidence.of_scores(
            [training.rate for training in trainings],
            [training.score for training in trainings],
            known,
            direction=direction,
        )

    @property
    def rate(self) -> Rate | None:
        """The rate to use."""
        return None if self._evidence is None else self._evidence.rate

    @property
    def best(self) -> TrialRecord | None:
        """The training with the best score."""
        turned = 1 if self.direction == "minimize" else -1
        scored = [record for record in self.trials if record.score is not None]
        return min(scored, key=lambda r: turned * (r.score or 0.0), default=None)

    def config(self) -> dict[str, Any]:
        """Where it was read."""
        return {"sweep": self._source, "direction": self.direction}

    def evidence(self) -> Evidence | None:
        """What its scores say."""
        return self._evidence


def files_of(source: str) -> list[Path]:
    """The files that a sweep is read from, as far as they are here."""
    path = Path(source.removeprefix(_SQLITE_URL))
    return sorted(path.rglob("result.json")) if path.is_dir() else [path]


def trainings_of(
    source: str, rate: str, score: str | None, init: str | None, study: str | None
) -> tuple[list[Training], str | None]:
    """The trainings, and the direction if the source knows it.

    Parameters
    ----------
    source : str
        A CSV file, a folder of Ray results, an Optuna storage: its URL, SQLite or journal file.
    rate, score, init : str
        The names of columns, parameters or metrics. Optuna's score is the trial's value.
    study : str, optional
        The name of an Optuna study.

    Raises
    ------
    typer.BadParameter
        If there is no such source or name, or what stands there is no number.
    """
    path = Path(source)
    if "://" not in source and not path.exists():
        raise _wrong(f"there is no file or folder {source}")
    if "://" in source or (path.is_file() and (study is not None or _is_storage(path))):
        return _optuna(source, rate, init, study)
    if score is None:
        raise _wrong("--score has to name the column or metric of the score")
    rows = _ray(path, score) if path.is_dir() else _table(path)
    return list(_chosen(rows, rate, score, init)), None


def _chosen(
    rows: Iterator[tuple[str, Mapping[str, Any]]], rate: str, score: str, init: str | None
) -> Iterator[Training]:
    for where, row in rows:
        for name in (rate, score, init):
            if name is not None and name not in row:
                raise _wrong(f"{where} has no {name}: it has {', '.join(row)}")
        if row[rate] in ("", None) or row[score] in ("", None):
            continue
        try:
            yield Training(
                Rate(row[rate]), float(row[score]), None if init is None else str(row[init])
            )
        except (ValueError, TypeError) as error:
            raise _wrong(f"{where}: {error}") from error


def _table(path: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    with path.open(newline="", encoding="utf-8-sig") as file:
        head = file.readline()
        file.seek(0)
        delimiter = max(",;\t", key=head.count)
        reader = csv.DictReader(file, delimiter=delimiter)
        try:
            for row in reader:
                where = f"{path}, line {reader.line_num}"
                if None in row:
                    raise _wrong(f"{where} has more cells than the {len(row) - 1} of the header")
                yield where, row
        except (csv.Error, UnicodeDecodeError) as error:
            raise _wrong(f"{path} is no table of CSV: {error}") from error


def _ray(folder: Path, score: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The last result of each trial that was trained as long as the longest."""
    trials: list[tuple[Path, list[dict[str, Any]]]] = []
    for path in sorted(folder.rglob("result.json")):
        results = _results(path)
        if results:
            trials.append((path, results))
    if not trials:
        raise _wrong(f"{folder} has no result.json, as a folder of Ray results has")
    longest = max(results[-1].get("training_iteration", 1) for _, results in trials)
    for path, results in trials:
        last = results[-1]
        if last.get("training_iteration", 1) == longest:
            yield str(path), {**_flat(last.get("config", {})), **_flat(last)}


def _results(path: Path) -> list[dict[str, Any]]:
    """The results in a file of Ray's, an object of JSON on each line."""
    try:
        with path.open(encoding="utf-8") as file:
            results = [json.loads(line) for line in file if line.strip()]
    except (ValueError, RecursionError) as error:
        raise _wrong(f"{path} is no result.json of Ray: {error}") from error
    for result in results:
        if not (
            isinstance(result, dict)
            and isinstance(result.get("training_iteration", 1), int)
            and isinstance(result.get("config", {}), dict)
        ):
            raise _wrong(
                f"{path} is no result.json of Ray: a line has to be an object, its config another "
                "and its training_iteration a whole number"
            )
    return results


def _flat(nested: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """A nested mapping as one, with / between the names, as Ray writes them in tables."""
    flat: dict[str, Any] = {}
    for name, value in nested.items():
        if isinstance(value, Mapping):
            flat.update(_flat(value, f"{prefix}{name}/"))
        else:
            flat[f"{prefix}{name}"] = value
    return flat


def _is_storage(path: Path) -> bool:
    with path.open("rb") as file:
        head = file.read(256)
    return head.startswith(_SQLITE) or head.startswith(b'{"op_code"')


def _is_sqlite(path: Path) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(len(_SQLITE)) == _SQLITE


def _require_optuna(path: Path) -> None:
    """Raise where a database is not Optuna's: by opening it Optuna would put its tables in."""
    if not path.exists():
        raise _wrong(f"there is no file {path}")
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as database:
            names = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            tables = {name for (name,) in names}
    except sqlite3.Error as error:
        raise _wrong(f"{path} is no Optuna storage: {error}") from error
    if {"study", "events", "claims"} <= tables:
        raise _wrong(
            f"{path} is a study of lrsearch: `lrsearch best {path}` says what its scores tell, "
            f"`lrsearch report {path}` writes the page"
        )
    if not {"studies", "version_info"} <= tables:
        raise _wrong(f"{path} is no Optuna storage: it has none of its tables")


def _optuna(
    source: str, rate: str, init: str | None, name: str | None
) -> tuple[list[Training], str | None]:
    try:
        import optuna  # type: ignore[import-not-found, unused-ignore]
    except ImportError as error:
        raise _wrong('an Optuna study needs optuna: pip install "lrsearch[optuna]"') from error
    if source.startswith(_SQLITE_URL) or _is_sqlite(Path(source)):
        _require_optuna(Path(source.removeprefix(_SQLITE_URL).partition("?")[0]))
    storage: Any = source
    if "://" not in source:
        journal = optuna.storages.journal
        storage = (
            f"{_SQLITE_URL}{source}" if _is_sqlite(Path(source))
            else optuna.storages.JournalStorage(journal.JournalFileBackend(source))
        )  # fmt: skip
    names = optuna.get_all_study_names(storage)
    if name not in names and not (name is None and len(names) == 1):
        raise _wrong(f"--study has to name one of {', '.join(names)}; got {name}")
    study = optuna.load_study(study_name=name or names[0], storage=storage)
    states = optuna.trial.TrialState
    trainings = []
    for trial in study.get_trials(deepcopy=False, states=(states.COMPLETE, states.FAIL)):
        facts = {**trial.user_attrs, **trial.params}
        for wanted in (rate, init):
            if wanted is not None and wanted not in facts:
                raise _wrong(f"trial {trial.number} has no {wanted}: it has {', '.join(facts)}")
        value = trial.value if trial.state == states.COMPLETE else None
        trainings.append(
            Training(
                Rate(facts[rate]),
                math.nan if value is None else value,
                None if init is None else str(facts[init]),
            )
        )
    return trainings, study.direction.name.lower()


def _wrong(text: str) -> typer.BadParameter:
    """The error for a sweep that cannot be read; nothing that it quotes acts on the terminal."""
    return typer.BadParameter(visible(text))

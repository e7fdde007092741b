"""A fit's folder: studies, scores of folds, the best estimator and its predictions."""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from lrsearch import Search, Study, files, results
from lrsearch.training import Owner
from lrsearch_sklearn.candidates import Row, plain

__all__ = ["RunFolder"]

ESTIMATOR = "best_estimator.skops"
PREDICTIONS = "best_predictions.csv"
FOLDS = "folds.json"
_REMEDY = "put a copy of it back, or give this fit a directory of its own"


class RunFolder:
    """What a fit leaves in its directory, so that a killed one goes on where it was.

    ``study.db`` (``study-0.db``, … for a grid of other parameters) holds the searches,
    ``folds.json`` each candidate's score in each fold, ``best_estimator.skops`` and
    ``best_predictions.csv`` the best candidate so far, fitted on all data; at the end there are
    ``trials.csv``, ``summary.json`` and ``search.html``.

    Parameters
    ----------
    directory : path
        Made if it does not exist.
    mark : str
        What tells this fit's data and splits from others.
    X_test : array-like or None
        Examples to predict.

    Raises
    ------
    ImportError
        If skops is not installed.
    ValueError
        If the directory belongs to a fit with other data, splits or parameters, or to an older
        version of lrsearch, or a file of it is damaged.
    BlockingIOError
        If another process is at it.
    """

    def __init__(self, directory: str | os.PathLike[str], mark: str, X_test: Any) -> None:
        try:
            import skops.io  # noqa: F401
        except ImportError as error:
            raise ImportError(
                'directory= writes estimators with skops: pip install "lrsearch[sklearn]"'
            ) from error
        self.path = Path(directory)
        self.path.mkdir(parents=True, exist_ok=True)
        self.X_test = X_test
        self._mark = mark
        self._rows: dict[str, Any] = {}
        self._studies: list[Study] = []
        self._owner = Owner(self.path, "give this fit a directory of its own")
        try:
            files.remove_partial(self.path)
            if (self.path / FOLDS).exists():
                self._rows = self._read()
        except BaseException:
            self.close()
            raise

    def studies(self, searches: Sequence[Search]) -> list[Study]:
        """Open a study for each search, new or as it was left.

        Raises
        ------
        StudyError
            If one is damaged.
        ValueError
            If the scores of its candidates are missing.
        """
        for number, search in enumerate(searches):
            name = "study.db" if len(searches) == 1 else f"study-{number}.db"
            self._studies.append(Study(self.path / name, search))
            self._require(number, self._studies[-1])
        return self._studies

    def close(self) -> None:
        """Close the studies; trials in hand go back to the pool. Others may have the folder."""
        with ExitStack() as closing:  # all of them, whatever one of them raises
            closing.callback(self._owner.release)
            for study in self._studies:
                closing.callback(study.close)

    def stored(self, key: tuple[int, int, int, bool]) -> tuple[list[Any], Any] | None:
        """The results and the scores by epoch that an earlier process wrote for a candidate."""
        found = self._rows.get(_name(key))
        return None if found is None else (found["outs"], found["curve"])

    def known(self) -> list[tuple[int, int, int, bool]]:
        """The candidates that an earlier process wrote, in order."""
        return [_key(name) for name in self._rows]

    def write_rows(self, rows: Iterable[Row]) -> None:
        """Store candidates' results, whole or not at all."""
        for row in rows:
            outs = [plain(out) for out in row.outs]
            self._rows[_name(row.candidate.key)] = {"outs": outs, "curve": row.curve}
        content = {"fit": self._mark, "rows": self._rows}
        files.write_text(
            self.path / FOLDS, json.dumps({**content, "crc32": _checksum(content)}) + "\n"
        )

    def write_best(self, estimator: Any) -> None:
        """Store a fitted estimator, and its predictions where there is something to predict."""
        import skops.io

        with files.replacing(self.path / ESTIMATOR) as temporary:
            skops.io.dump(estimator, temporary)
        if self.X_test is not None:
            files.write_predictions(self.path / PREDICTIONS, estimator.predict(self.X_test))

    def write_report(self, search: Search) -> None:
        """Write the finished search's tables and its page, which costs no import of matplotlib."""
        columns = [column.name for column in results.TRIAL_COLUMNS]
        files.write_csv(self.path / "trials.csv", columns, results.trial_rows(search))
        files.write_json(self.path / "summary.json", results.summary(search))
        results.write_html(self.path / "search.html", search)

    # Inside -----------------------------------------------------------------------------------

    def _read(self) -> dict[str, Any]:
        """The rows that an earlier process wrote."""
        path = self.path / FOLDS
        try:
            stored = json.loads(path.read_bytes())
            older = stored.keys() == {"fit", "rows"}
            if not older and stored.pop("crc32") != _checksum(stored):
                raise ValueError("it does not hold what the fit wrote there")
        except (AttributeError, KeyError, OSError, RecursionError, TypeError, ValueError) as error:
            raise ValueError(f"{path} is damaged ({error}): {_REMEDY}") from error
        if older:
            raise ValueError(
                f"an older version of lrsearch wrote {path}: go on with that version, or give this "
                "fit a directory of its own"
            )
        if stored["fit"] != self._mark:
            raise ValueError(
                f"directory={str(self.path)!r} belongs to a fit with other data, splits, "
                f"scoring or parameters. Give this one a directory of its own"
            )
        rows: dict[str, Any] = stored["rows"]
        return rows

    def _require(self, point: int, study: Study) -> None:
        """Make sure that the scores of the candidates that a study was told are here."""
        longest: dict[int, int] = {}
        for of, number, stop, full in self.known():
            if of == point and not full:
                longest[number] = max(stop, longest.get(number, 0))
        missing = [
            t.number for t in study.trials if t.scores and longest.get(t.number, 0) < t.epoch
        ]
        if missing:
            raise ValueError(
                f"{self.path / FOLDS} lacks the scores of {len(missing)} trials that {study.path} "
                f"knows: {_REMEDY}"
            )


def _checksum(content: Any) -> str:
    return f"{zlib.crc32(json.dumps(content).encode()):08x}"


def _name(key: tuple[int, int, int, bool]) -> str:
    return " ".join(str(int(part)) for part in key)


def _key(name: str) -> tuple[int, int, int, bool]:
    point, number, stop, full = map(int, name.split())
    return point, number, stop, bool(full)

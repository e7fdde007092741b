"""A fit's folder: studies, scores of folds, the best estimator and its predictions."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import joblib

from lrsearch import Search, Study, files, results
from lrsearch_sklearn.candidates import Row, plain

__all__ = ["RunFolder", "fingerprint"]

ESTIMATOR = "best_estimator.skops"
PREDICTIONS = "best_predictions.csv"
FOLDS = "folds.json"


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
        If the directory belongs to a fit with other data, splits or parameters.
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
        if (self.path / FOLDS).exists():
            stored = json.loads((self.path / FOLDS).read_text(encoding="utf-8"))
            if stored["fit"] != mark:
                raise ValueError(
                    f"directory={str(directory)!r} belongs to a fit with other data, splits, "
                    f"scoring or parameters. Give this one a directory of its own"
                )
            self._rows = stored["rows"]

    def studies(self, searches: Sequence[Search]) -> list[Study]:
        """Open a study for each search, new or as it was left."""
        for number, search in enumerate(searches):
            name = "study.db" if len(searches) == 1 else f"study-{number}.db"
            self._studies.append(Study(self.path / name, search))
        return self._studies

    def close(self) -> None:
        """Close the studies; trials in hand go back to the pool."""
        for study in self._studies:
            study.close()

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
        files.write_text(
            self.path / FOLDS, json.dumps({"fit": self._mark, "rows": self._rows}) + "\n"
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


def fingerprint(*parts: Any) -> str:
    """A text that differs where data, splits or settings differ."""
    return str(joblib.hash(parts))


def _name(key: tuple[int, int, int, bool]) -> str:
    return " ".join(str(int(part)) for part in key)


def _key(name: str) -> tuple[int, int, int, bool]:
    point, number, stop, full = map(int, name.split())
    return point, number, stop, bool(full)

"""Learning-curve tables: read, check, interpolate."""

from __future__ import annotations

import csv
import gzip
import math
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import numpy as np

OWN = Path(__file__).parent / "curves"


class Table:
    """Scores by rate and epoch; a lower score is better, nan has diverged.

    Between two measured rates the score is interpolated linearly in log10 of the rate, epoch by
    epoch; where one neighbour diverged, the nearer one counts. Below the lowest rate the score is
    that of the untrained model, above the highest that of the highest.

    Parameters
    ----------
    name : str
    rates : sequence of float, shape (rates,)
        Ascending.
    scores : array of shape (rates, epochs)
        After epochs 1, 2, …
    untrained : float, optional
        The score of the untrained model; by default the median score of the first epoch.
    """

    def __init__(
        self, name: str, rates: Iterable[float], scores: np.ndarray, untrained: float | None = None
    ) -> None:
        self.name = name
        self.scores = np.where(np.isfinite(scores), scores, np.nan)
        self.epochs = self.scores.shape[1]
        self._x = np.log10(np.array(list(rates), float))
        first = float(np.nanmedian(self.scores[:, 0]))
        self.untrained = first if untrained is None else float(untrained)
        self.best = float(np.nanmin(self.scores))

    def curve(self, rate: float) -> np.ndarray:
        """The scores of a full training."""
        x = math.log10(rate)
        if x < self._x[0] - 1e-9:
            return np.full(self.epochs, self.untrained)
        if x >= self._x[-1]:
            return self.scores[-1]
        below = max(0, int(np.searchsorted(self._x, x, side="right")) - 1)
        part = (x - self._x[below]) / (self._x[below + 1] - self._x[below])
        low, high = self.scores[below], self.scores[below + 1]
        mixed = (1 - part) * low + part * high
        return np.where(np.isnan(mixed), low if part <= 0.5 else high, mixed)

    @property
    def optimum(self) -> float:
        """The measured rate of the least regret within the rates searched, 1e-6 to 10."""
        rates = [10**x for x in self._x if -6.01 < x < 1.01]
        return min(rates, key=self.regret)

    def regret(self, rate: float | None) -> float:
        """What a rate's best score within a full training lacks, from 0 to 1."""
        if rate is None:
            return 1.0
        finite = self.curve(rate)[np.isfinite(self.curve(rate))]
        if not len(finite):
            return 1.0
        lacking = (finite.min() - self.best) / (self.untrained - self.best)
        return float(np.clip(lacking, 0, 1))


class _Coarse(Table):
    """A table as a hundred held-out rows show it."""

    def __init__(self, table: Table, seed: int) -> None:
        self.__dict__.update(table.__dict__)
        self._seed = seed

    def curve(self, rate: float) -> np.ndarray:
        span = self.untrained - self.best
        generator = np.random.default_rng([self._seed, abs(round(1e6 * math.log10(rate)))])
        noise = generator.normal(0, 0.05, self.epochs)
        return self.best + span * np.round((super().curve(rate) - self.best) / span + noise, 2)


def coarse(table: Table, seed: int) -> Table:
    """A table as a hundred held-out rows show it: in steps of a hundredth, with noise.

    The noise of each score has a standard deviation of 0.05 of what can be learnt: about that of an
    accuracy between 0.1 and 0.8 on a hundred rows. Each rate has noise of its own.
    """
    return _Coarse(table, seed)


def read(path: Path) -> list[Table]:
    """Read a gzipped CSV with the columns rate, seed, epoch, score.

    Each seed that covers as many rates as any is a table of its own, named ``task#seed``: a
    training from another init.

    Raises
    ------
    ValueError
        If a column is missing, or a rate lacks an epoch.
    """
    runs: dict[str, dict[float, dict[int, float]]] = defaultdict(lambda: defaultdict(dict))
    with gzip.open(path, "rt", newline="") as lines:
        rows = csv.DictReader(lines)
        missing = {"rate", "seed", "epoch", "score"} - set(rows.fieldnames or ())
        if missing:
            raise ValueError(f"{path.name} has no column {', '.join(sorted(missing))}")
        for row in rows:
            curve = runs[row["seed"]][float(row["rate"])]
            curve[int(row["epoch"])] = float(row["score"])
    name, most = path.name.removesuffix(".csv.gz"), max(map(len, runs.values()))
    return [
        _table(f"{name}#{seed}", curves) for seed, curves in runs.items() if len(curves) == most
    ]


def _table(name: str, curves: dict[float, dict[int, float]]) -> Table:
    epochs = range(1, max(max(curve) for curve in curves.values()) + 1)
    for rate, curve in curves.items():
        for epoch in epochs:
            if epoch not in curve:
                raise ValueError(f"{name} has no score for rate {rate:g}, epoch {epoch}")
    rates = sorted(curves)
    scores = np.array([[curves[rate][epoch] for epoch in epochs] for rate in rates])
    untrained = [curves[rate][0] for rate in rates if 0 in curves[rate]]
    return Table(name, rates, scores, np.median(untrained) if untrained else None)


def read_all(folder: Path | None, inits: int | None = None) -> list[Table]:
    """The tables of a folder, or the own ones; those of a paper's log are left out.

    Of a task, the first `inits` are read, or all.
    """
    folder = OWN if folder is None else folder
    paths = sorted(p for p in folder.glob("*.csv.gz") if not p.name.startswith("paper-"))
    if not paths:
        raise ValueError(f"no learning-curve table (*.csv.gz) in {folder}")
    return [table for path in paths for table in read(path)[:inits]]

"""The picture of a finished search: score against rate."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from lrsearch import Search, TrialRecord

__all__ = ["plot_search"]


def plot_search(search: Search, param: str, ax: Any = None) -> Any:
    """Draw each rate's score with its standard error, and the evidence.

    Colours are rounds; where trials differ in epochs, as in a race, they are epochs.

    Parameters
    ----------
    search : Search
        A search with scores.
    param : str
        What the rate is called.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default on a figure of its own, which a notebook shows.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ImportError
        If matplotlib is not installed.
    """
    try:
        from matplotlib import pyplot
    except ImportError as error:
        raise ImportError('plot() needs matplotlib: pip install "lrsearch[plot]"') from error

    if ax is None:
        ax = pyplot.subplots(figsize=(7.2, 4.2), layout="constrained")[1]
    evidence = search.evidence()
    if evidence is not None:
        ax.axvspan(float(evidence.low), float(evidence.high), alpha=0.12, label="as good")
    records = [r for r in search.trials if r.score is not None and r.rate]
    if len({record.epoch for record in records}) > 1:
        _draw(ax, records, color="none", ecolor="grey")
        points = ax.scatter(
            [float(record.rate) for record in records],
            [record.score for record in records],
            c=[record.epoch for record in records],
            norm="log",
            s=24,
            zorder=3,
        )
        ax.figure.colorbar(points, ax=ax, label="epochs")
    else:
        for number in sorted({record.round for record in records}):
            drawn = [record for record in records if record.round == number]
            _draw(ax, drawn, label=f"round {number}")
    if search.rate is not None:
        ax.axvline(float(search.rate), linewidth=0.8, linestyle="--", label=str(search.rate))
    ax.set_xscale("log")
    ax.set_xlabel(param)
    ax.set_ylabel("mean test score")
    ax.grid(alpha=0.25, linewidth=0.6)
    ax.legend(fontsize="small")
    return ax


def _draw(ax: Any, records: Sequence[TrialRecord], **style: Any) -> None:
    ax.errorbar(
        [float(record.rate) for record in records],
        [record.score for record in records],
        yerr=[math.nan if r.standard_error is None else r.standard_error for r in records],
        fmt="o",
        markersize=4,
        elinewidth=0.8,
        **style,
    )

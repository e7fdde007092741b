"""The picture of a finished search: score against rate."""

from __future__ import annotations

from typing import Any

import numpy as np

from lrsearch import Search

__all__ = ["plot_search"]


def plot_search(search: Search, param: str, ax: Any = None) -> Any:
    """Draw each rate's score with its standard error, a colour a round, and the evidence.

    Parameters
    ----------
    search : Search
        A search with scores.
    param : str
        What the rate is called.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default on a figure of its own.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ImportError
        If matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ImportError('plot() needs matplotlib: pip install "lrsearch[plot]"') from error

    if ax is None:
        ax = Figure(figsize=(7.2, 4.2), layout="constrained").add_subplot()
    evidence = search.evidence()
    if evidence is not None:
        ax.axvspan(float(evidence.low), float(evidence.high), alpha=0.12, label="as good")
    for round in search.rounds:
        records = [
            r for r in search.trials if r.round == round.number and r.score is not None and r.rate
        ]
        if records:
            errors = [np.nan if r.standard_error is None else r.standard_error for r in records]
            ax.errorbar(
                [float(r.rate) for r in records],
                [r.score for r in records],
                yerr=errors,
                fmt="o",
                markersize=4,
                elinewidth=0.8,
                label=f"round {round.number}",
            )
    if search.rate is not None:
        ax.axvline(float(search.rate), linewidth=0.8, linestyle="--", label=str(search.rate))
    ax.set_xscale("log")
    ax.set_xlabel(param)
    ax.set_ylabel("mean test score")
    ax.grid(alpha=0.25, linewidth=0.6)
    ax.legend(fontsize="small")
    return ax

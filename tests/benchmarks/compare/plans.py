"""How large each task of the comparison is, and which peaks are tried on it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

__all__ = ["PLANS", "Plan", "peaks_at"]

ADAM = ("0.0003", "0.001", "0.002", "0.003", "0.01", "0.03")
VAE = ("0.0003", "0.0005", "0.001", "0.002", "0.003", "0.005")
SGD = ("0.01", "0.03", "0.1", "0.2", "0.3", "0.5")


class Plan(NamedTuple):
    """The size of one task.

    Attributes
    ----------
    title : str
        A short one.
    examples : int
        To train on.
    lengths : tuple of int
        Epochs.
    peaks : tuple of str
        The six that the best is chosen from in hindsight, ascending.
    """

    title: str
    examples: int
    lengths: tuple[int, ...]
    peaks: tuple[str, ...] = ADAM


PLANS = {
    "medium": {
        "table_rmsprop": Plan("table, RMSprop", 5_000, (25, 50, 100, 200)),
        "fashion_sgd": Plan("classifier, SGD", 5_000, (50, 100, 200, 400), SGD),
        "conv_adam": Plan("convolutions, Adam", 2_000, (10, 20, 30, 40)),
        "characters_adamw": Plan("transformer, AdamW", 320, (10, 20, 30, 40)),
        "vae": Plan("VAE, Adam", 10_000, (50, 100, 200, 400), VAE),
    },
    "small": {
        "table_rmsprop": Plan("table, RMSprop", 1_000, (5, 10, 20, 40)),
        "fashion_sgd": Plan("classifier, SGD", 1_000, (5, 10, 20, 40), SGD),
        "conv_adam": Plan("convolutions, Adam", 500, (5, 10)),
        "characters_adamw": Plan("transformer, AdamW", 64, (5, 10)),
        "vae": Plan("VAE, Adam", 1_000, (5, 10), VAE),
    },
}


def peaks_at(
    plan: Plan, length: int, trainings: Mapping[str, Sequence[Any]], usual: str
) -> list[str]:
    """The peaks to train at a length, the default first: all six, or those that may be best.

    At the shortest length all are trained. At a longer one those are that were best at the length
    before, by the weights or by their average, with their neighbours below, since the best peak
    falls with the length.
    """
    place = plan.lengths.index(length)
    if place == 0:
        return sorted(plan.peaks, key=lambda peak: peak != usual)
    chosen = {usual}
    for kind in ("scores", "averages"):
        known = {
            peak: _mean(trainings[key], kind)
            for peak in plan.peaks
            if (key := f"cosine {plan.lengths[place - 1]} {peak}") in trainings
        }
        if known:
            best = plan.peaks.index(min(known, key=lambda peak: known[peak]))
            chosen |= set(plan.peaks[max(0, best - 1) : best + 1])
    return sorted(chosen, key=lambda peak: (peak != usual, float(peak)))


def _mean(trainings: Sequence[Mapping[str, Any]], kind: str) -> float:
    """The mean best score; infinite where one has none."""
    best = [min(filter(math.isfinite, each[kind]), default=math.inf) for each in trainings]
    return float(np.mean(best))

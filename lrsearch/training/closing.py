"""The line that a training ends with: what was found, and what the scores suggest to do next."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import median

from lrsearch.evidence import Evidence
from lrsearch.rate import Rate
from lrsearch.training.phases import Epoch

__all__ = ["closing_text", "overfitted", "untrained"]

_EARLY = 0.5
"""The best epoch of a second phase that overfits lies in this part of it at the latest."""
_LOST = 0.1
"""What the score lost since then, in parts of what the phase had won, that is worth a word."""
_FAR = 100
"""A rate so many times below the highest that was tried hardly trains, where it is the best."""


def closing_text(
    history: Sequence[Epoch],
    best: Epoch | None,
    rate: Rate | None,
    peak: Rate | None,
    evidence: Evidence | None,
    name: str,
    sign: float,
) -> str:
    """What was found, in one line; another where the second phase overfitted or nothing was learnt.

    Parameters
    ----------
    history : sequence of Epoch
        Every epoch of the training.
    best : Epoch or None
        The one with the best score.
    rate : Rate or None
        The rate that the search recommends.
    peak : Rate or None
        The highest rate of the second phase.
    evidence : Evidence or None
        What the scores support.
    name : str
        What the score is called.
    sign : float
        1 where a smaller score is better, -1 where a larger one is.

    Examples
    --------
    >>> history = [Epoch("explore", 1, 0, Rate("0.1"), 1, 1, 0.5)]
    >>> closing_text(history, history[0], Rate("0.1"), None, None, "val_loss", 1.0)
    'rate 0.1; best val_loss 0.5 in epoch 1 of 1'
    """
    parts = ["no rate was found" if rate is None else f"rate {rate}"]
    if peak is not None:
        parts[0] += f", then trained from a peak of {peak}"
    if best is not None and best.score is not None:
        number = max(i for i, epoch in enumerate(history, 1) if epoch == best)
        parts.append(f"best {name} {best.score:.5g} in epoch {number} of {len(history)}")
    if evidence is not None:
        parts.append(f"evidence: {evidence.sentence}")
    text = "; ".join(parts)
    return "\n".join(
        [text, *overfitted(history, name, sign), *untrained(history, rate, name, sign)]
    )


def overfitted(history: Sequence[Epoch], name: str, sign: float) -> list[str]:
    """A sentence where the second phase was at its best early, and lost much of it; or none.

    Examples
    --------
    >>> scores = [0.5, 0.2, 0.3, 0.4, 0.5, 0.5]
    >>> history = [Epoch("exploit", 0, -1, 0.1, n, 6, s) for n, s in enumerate(scores, 1)]
    >>> overfitted(history, "loss", 1.0)[0][:62]
    'the best epoch of the second phase was its 2nd of 6, and loss '
    """
    scored = [
        (epoch.epoch, epoch.score)
        for epoch in history
        if epoch.phase == "exploit" and epoch.score is not None and math.isfinite(epoch.score)
    ]
    if len(scored) < 2:
        return []
    place = min(range(len(scored)), key=lambda index: sign * scored[index][1])
    at, best = scored[place]
    first, (length, last) = scored[0][1], scored[-1]
    # One lucky epoch among noisy ones is no best from which anything was lost.
    beside = median(score for _, score in scored[max(0, place - 1) : place + 2])
    lost = sign * (last - beside)
    won = max(sign * (first - best), 0.05 * abs(best))
    if at > _EARLY * length or lost <= _LOST * won or lost <= 0.01 * abs(best):
        return []
    return [
        f"the best epoch of the second phase was its {_ordinal(at)} of {length}, and {name} went "
        f"from {best:.4g} to {last:.4g} after it: it overfits. Fewer epochs, more data or "
        "regularisation would serve it; the model has the weights of the best epoch"
    ]


def untrained(history: Sequence[Epoch], rate: Rate | None, name: str, sign: float) -> list[str]:
    """A sentence where the lowest rate by far is the best, for any training only did harm; or none.

    Examples
    --------
    >>> rates = [Rate("0.1"), Rate("0.001"), Rate("0.00001")]
    >>> history = [
    ...     Epoch("explore", 1, n, rate, 1, 1, score)
    ...     for n, (rate, score) in enumerate(zip(rates, [0.9, 0.8, 0.7], strict=True))
    ... ]
    >>> untrained(history, rates[-1], "val_loss", 1.0)[0][:58]
    'every rate above 0.00001 only made val_loss worse than its'
    >>> untrained(history, rates[1], "val_loss", 1.0)
    []
    """
    losses: dict[Rate | float, list[float]] = {}
    for epoch in history:
        if epoch.phase == "explore" and epoch.score is not None and math.isfinite(epoch.score):
            losses.setdefault(epoch.rate, []).append(sign * epoch.score)
    if rate not in losses or rate != min(losses) or max(losses) < _FAR * rate:
        return []
    first = losses.pop(rate)[0]
    if not losses or min(min(scores) for scores in losses.values()) <= first:
        return []
    return [
        f"every rate above {rate} only made {name} worse than its {sign * first:.4g} after one "
        f"epoch there, which hardly trains: the model is about as it began. Look at the data, and "
        f"whether {name} is what the training makes better"
    ]


def _ordinal(number: int) -> str:
    endings = {1: "st", 2: "nd", 3: "rd"}
    ending = "th" if 10 <= number % 100 <= 13 else endings.get(number % 10, "th")
    return f"{number}{ending}"

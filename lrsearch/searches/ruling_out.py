"""The race's rule for one trial at a time, for schedulers that run trials of their own."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

from lrsearch.checks import at_least, sign
from lrsearch.evidence import curve
from lrsearch.search import Direction
from lrsearch.searches.levels import levels
from lrsearch.searches.window import window

__all__ = ["ruled_out"]

_FEWEST = 2
"""Other trials that a judgement needs."""
_TRAININGS = 16
"""The budget whose levels are used, in full trainings."""


def ruled_out(
    rate: float,
    scores: Sequence[float],
    others: Iterable[tuple[float, Sequence[float]]],
    max_epochs: int,
    direction: Direction = "minimize",
) -> bool:
    """Whether a trial can end early, by what others have shown at as many epochs.

    At a few epochs that double up to a full training, the rule of `DigitRace` says which rates
    the scores cannot rule out: slow rates are judged by the epochs they have left, high rates by
    whether they are behind, and all the higher ones go on where scores may lie on a plateau. At
    all other numbers of epochs, or beside fewer than two others, nothing is ruled out; a trial
    with a score that is not finite always is.

    Parameters
    ----------
    rate : float
        The trial's learning rate, above 0.
    scores : sequence of float, shape (epochs,)
        Its score after each epoch so far.
    others : iterable of tuple (rate, scores)
        All other trials that have a score. What they have beyond the trial's epochs is not
        looked at.
    max_epochs : int
        Epochs of a full training, at least 1.
    direction : {"minimize", "maximize"}
        Whether a smaller or a larger score is better.

    Raises
    ------
    ValueError
        If a rate is not above 0, `max_epochs` is below 1, or the direction is another word.

    Examples
    --------
    >>> good, slow = [2.0, 1.0], [2.9, 2.8]
    >>> others = [(0.1, good), (0.01, slow)]
    >>> ruled_out(0.001, [2.99, 2.98], others, max_epochs=4)
    True
    >>> ruled_out(0.001, [2.99, 2.98], others, max_epochs=400)
    False
    """
    turned = sign(direction)
    steps = levels(at_least(1, "max_epochs", max_epochs), _TRAININGS * max_epochs)
    if not rate > 0:
        raise ValueError(f"the rate has to be above 0, got {rate!r}")
    if not all(map(math.isfinite, scores)):
        return True
    epochs = len(scores)
    above = next((level for level in steps if level > epochs), None)
    if epochs not in steps or above is None:
        return False
    own = curve(rate, _by_epoch(scores), turned)
    if own is None:
        return True
    curves, tried = [own], [own.x]
    for other_rate, other_scores in others:
        if not other_rate > 0:
            raise ValueError(f"rates have to be above 0, got {other_rate!r}")
        tried.append(math.log10(other_rate))
        other = curve(other_rate, _by_epoch(other_scores[:epochs]), turned)
        if other is not None:
            curves.append(other)
    if len(curves) <= _FEWEST:
        return False
    curves.sort(key=lambda shown: shown.x)
    seen = window(curves, sorted(set(tried)), above, max_epochs)
    return all(curves[index] is not own for index in (*seen.inside, *seen.sweep))


def _by_epoch(scores: Sequence[float]) -> Mapping[int, float]:
    return dict(enumerate(scores, 1))

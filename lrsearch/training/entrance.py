"""The entrance to a training, in words: what messages call it, and the warnings it gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lrsearch.training.warning import warn

__all__ = ["LOOP", "Entrance", "require_epochs", "warn_of_few_epochs", "warn_of_the_end"]


@dataclass(frozen=True)
class Entrance:
    """What the entrance to a training is called in messages.

    Attributes
    ----------
    name : str
        What takes the options.
    training : str
        What has the epochs.
    taker : str
        What takes the number of epochs.
    usual_rate : str
        Where the rate stands that the optimizer came with.
    left : str
        What it is, most likely, that ended the training early, and what to do.
    """

    name: str = "Explorer"
    training: str = "the training"
    taker: str = "Explorer"
    usual_rate: str = "the optimizer was built with"
    left: str = "Its loop was left: go on to its end, or the same directory goes on with it"


LOOP = Entrance()
"""The entrance of a loop over an `Explorer`."""


def require_epochs(entrance: Entrance, search: Any, epochs: int) -> None:
    """Raise where a search of the caller's cannot end within the epochs that there are.

    Raises
    ------
    ValueError
        It says what fits.
    """
    if search is None or search.done:
        return
    least = search.least_epochs - search.spent
    if epochs < least:
        kind = type(search).__name__
        raise ValueError(
            f"{kind} needs at least {least} epochs, and {entrance.training} has {epochs}: pass at "
            f"least {least} epochs to {entrance.taker}, or fewer epochs a trial to {kind}, or no "
            f"search to {entrance.name}, which then shares the epochs out itself"
        )


def warn_of_few_epochs(entrance: Entrance, search: Any, epochs: int) -> None:
    """Warn where the search needs more epochs than there are."""
    most = search.most_epochs
    if most is not None and epochs < most - search.spent:
        warn(
            f"the search needs up to {most - search.spent} epochs, and {entrance.training} has "
            f"{epochs}: pass more epochs to {entrance.taker}, or a search with fewer epochs "
            "a trial. The search goes as far as they last"
        )


def warn_of_the_end(
    entrance: Entrance, search: Any, exploit: Any, trained: int, epochs: int
) -> None:
    """Warn where a training has ended without a rate, or before one of its phases."""
    over = search.done and (exploit is None or exploit.done)
    if search.done and search.rate is None:
        text = (
            f"no rate was found, and the model has the weights from before {entrance.training} or "
            f"the best ones seen: {search.reason}"
        )
    elif exploit is not None and exploit.done and exploit.best_score is None:
        text = (
            f"the second phase has no finite score ({exploit.reason}), and the model has the best "
            f"weights seen before it: check the data and the model"
        )
    elif over:
        return
    elif trained < epochs:
        before = "the search was done"
        if search.done:
            before = "the rate was annealed, which is when scores are best"
        text = (
            f"{entrance.training} was ended after {trained} of its {epochs} epochs, before "
            f"{before}. {entrance.left}"
        )
    elif not search.done:
        text = (
            f"{entrance.training}'s {trained} epochs were over before the search was: "
            f"{search.rate} is the best rate so far, and the model has the best weights "
            "so far"
        )
    else:
        return
    warn(text)

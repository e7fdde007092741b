"""What a fit warns of: too few epochs at its begin, no rate at its end."""

from __future__ import annotations

import warnings
from typing import Any

__all__ = ["warn_of_few_epochs", "warn_of_the_end"]


def warn_of_few_epochs(search: Any, epochs: int) -> None:
    """Warn where the search needs more epochs than there are."""
    most = search.most_epochs
    if most is not None and epochs < most - search.spent:
        _warn(
            f"the search needs up to {most - search.spent} epochs, and the fit has "
            f"{epochs}: pass more epochs to fit, or a search with fewer epochs a trial. "
            "The search goes as far as they last"
        )


def warn_of_the_end(search: Any, trained: int, epochs: int) -> None:
    """Warn where a fit has ended without a rate, or before its search."""
    if search.done and search.rate is not None:
        return
    if search.done:
        text = (
            "no rate was found, and the model has the weights from before the fit or the best "
            f"ones seen: {search.reason}"
        )
    elif trained < epochs:
        text = (
            f"the fit was ended after {trained} of its {epochs} epochs, before the "
            "search was done. Another callback did that, most likely EarlyStopping (or "
            "TerminateOnNaN): leave it out, the search ends bad trials itself. The model has "
            "the best weights so far"
        )
    else:
        text = (
            f"the fit's {trained} epochs were over before the search was: "
            f"{search.rate} is the best rate so far, and the model has the best weights "
            "so far"
        )
    _warn(text)


def _warn(text: str) -> None:
    warnings.warn(text, RuntimeWarning, stacklevel=4)

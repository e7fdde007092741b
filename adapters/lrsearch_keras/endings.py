"""What a fit warns of: too few epochs at its begin, no rate at its end."""

from __future__ import annotations

from typing import Any

from lrsearch_keras.warn import warn

__all__ = ["warn_of_few_epochs", "warn_of_the_end"]


def warn_of_few_epochs(search: Any, epochs: int) -> None:
    """Warn where the search needs more epochs than there are."""
    most = search.most_epochs
    if most is not None and epochs < most - search.spent:
        warn(
            f"the search needs up to {most - search.spent} epochs, and the fit has "
            f"{epochs}: pass more epochs to fit, or a search with fewer epochs a trial. "
            "The search goes as far as they last"
        )


def warn_of_the_end(search: Any, exploit: Any, trained: int, epochs: int) -> None:
    """Warn where a fit has ended without a rate, or before one of its phases."""
    over = search.done and (exploit is None or exploit.done)
    if search.done and search.rate is None:
        text = (
            "no rate was found, and the model has the weights from before the fit or the best "
            f"ones seen: {search.reason}"
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
            f"the fit was ended after {trained} of its {epochs} epochs, before {before}. "
            "Another callback did that, most likely EarlyStopping (or TerminateOnNaN): leave it "
            "out, the search ends bad trials itself. The model has the best weights so far, "
            "unless that callback put others back"
        )
    elif not search.done:
        text = (
            f"the fit's {trained} epochs were over before the search was: "
            f"{search.rate} is the best rate so far, and the model has the best weights "
            "so far"
        )
    else:
        return
    warn(text)

"""What the name of a score tells: whether a smaller or a larger one is better."""

from __future__ import annotations

from lrsearch.search import Direction

__all__ = ["direction_of_name"]

_SMALLER = ("loss", "error", "mse", "mae", "mape", "msle", "nll", "crossentropy", "perplexity",
            "divergence", "hinge", "poisson", "deviance")  # fmt: skip
_LARGER = ("acc", "auc", "precision", "recall", "f1", "fbeta", "fmeasure", "score", "iou", "dice",
           "r2", "similarity", "correlation", "psnr", "ssim", "bleu", "rouge")  # fmt: skip


def direction_of_name(name: str) -> Direction | None:
    """The direction of a score of this name; None where it cannot be told.

    Examples
    --------
    >>> direction_of_name("val_accuracy"), direction_of_name("eval_loss"), direction_of_name("x")
    ('maximize', 'minimize', None)
    """
    name = name.lower()
    if any(part in name for part in _SMALLER):
        return "minimize"
    return "maximize" if any(part in name for part in _LARGER) else None

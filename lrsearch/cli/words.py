"""Words that messages share."""

from __future__ import annotations

__all__ = ["epochs"]


def epochs(count: int) -> str:
    """So many epochs, for a sentence.

    Examples
    --------
    >>> epochs(1), epochs(20)
    ('1 epoch', '20 epochs')
    """
    return f"{count} epoch" if count == 1 else f"{count} epochs"

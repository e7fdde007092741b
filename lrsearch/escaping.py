"""Text out of files, made harmless where it is shown: a terminal, a page, a spreadsheet."""

from __future__ import annotations

import html
from typing import Any

__all__ = ["page_text", "spreadsheet_cell", "visible"]

_FORMULA = tuple("=+-@\t＝＋－＠")
"""What a spreadsheet takes for the beginning of a formula."""


def visible(text: Any, keep: str = "") -> str:
    """Text without anything that a terminal would act on: such characters stand as escapes.

    Parameters
    ----------
    text : object
        Its str is taken.
    keep : str
        Characters that stay as they are: line breaks, say.

    Examples
    --------
    >>> print(visible("0.01\\x1b]52;c;cm0=\\x07\\n"))
    0.01\\x1b]52;c;cm0=\\x07\\n
    """
    shown = str(text)
    if shown.isprintable():
        return shown
    return "".join(
        c if c.isprintable() or c in keep else c.encode("unicode_escape").decode() for c in shown
    )


def page_text(value: Any) -> str:
    """Text for a page of HTML, or SVG.

    Examples
    --------
    >>> page_text("a < b\\x07")
    'a &lt; b\\\\x07'
    """
    return html.escape(visible(value, keep="\n"))


def spreadsheet_cell(value: Any) -> Any:
    """A value of a CSV file; text that a spreadsheet would take for a formula gets a ``'`` before.

    A carriage return, which not every version of Python quotes, becomes a line feed.

    Examples
    --------
    >>> spreadsheet_cell("=HYPERLINK(A1)"), spreadsheet_cell("-1.5"), spreadsheet_cell(-1.5)
    ("'=HYPERLINK(A1)", '-1.5', -1.5)
    """
    if not isinstance(value, str):
        return value
    text = value.replace("\r", "\n")
    if not text.startswith(_FORMULA):
        return text
    try:
        float(text)
    except ValueError:
        return f"'{text}"
    return text

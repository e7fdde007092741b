"""What results read of a search or a study."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any, Protocol

from lrsearch.rate import Rate
from lrsearch.trial import Round, TrialRecord

__all__ = ["SearchLike", "at_one_moment"]


class SearchLike(Protocol):
    """What results read: a search or a study."""

    @property
    def direction(self) -> str: ...
    @property
    def trials(self) -> Sequence[TrialRecord]: ...
    @property
    def rounds(self) -> Sequence[Round]: ...
    @property
    def rate(self) -> Rate | None: ...
    @property
    def reason(self) -> str | None: ...
    @property
    def spent(self) -> int: ...
    @property
    def best(self) -> TrialRecord | None: ...
    def config(self) -> dict[str, Any]: ...
    def evidence(self) -> Any: ...


@contextlib.contextmanager
def at_one_moment(search: SearchLike) -> Iterator[SearchLike]:
    """A block in which no other thread changes a study: it gives what to read instead of it."""
    unchanged = getattr(search, "unchanged", None)
    with contextlib.nullcontext(search) if unchanged is None else unchanged() as still:
        yield still

"""From a search to a new study file, and from a file back to the search."""

from __future__ import annotations

import secrets
import time
from collections.abc import Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Any

from lrsearch.search import Search
from lrsearch.study.settings import differences
from lrsearch.study.sqlite import collection_paused
from lrsearch.study.store import State, Store, StudyError
from lrsearch.study.stored import StoredSearch, plain
from lrsearch.version import __version__

__all__ = ["compare", "create", "follow", "load"]


def create(path: Path, search: Search) -> None:
    """Write a new study for a search, unless there is a file already.

    Raises
    ------
    ValueError
        If it has been asked already, or cannot be rebuilt from its configuration.
    StudyError
        If the file cannot be written, or the log of a study that is gone lies beside it.
    """
    if search.trials:
        raise ValueError(
            f"a new study needs a search that was not asked yet, this one has "
            f"{len(search.trials)} trials: ask and tell the study, not the search"
        )
    config = plain(search.config())
    StoredSearch(config)
    origin = {
        "id": secrets.token_hex(16),
        "lrsearch": __version__,
        "time": time.time_ns() // 1_000_000,
    }
    Store.create(path, config, origin)


def compare(path: Path, stored: dict[str, Any], search: Search) -> None:
    """Make sure that a search is configured as the stored one.

    Raises
    ------
    ValueError
        If the search has been asked already.
    StudyError
        If the configurations differ; the message shows both.
    """
    given = plain(search.config())
    if search.trials:
        raise ValueError(
            f"{path} has its own state: give it a search that was not asked yet, this one has "
            f"{len(search.trials)} trials"
        )
    known = plain(rebuilt(path, stored).search.config())
    names = [
        name
        for name in dict.fromkeys((*known, *given))
        if known.get(name) != given.get(name) and name not in search.drawn
    ]
    if names:
        raise StudyError(
            f"{path} holds a search with another configuration:\n"
            + differences(known, given, names)
            + "\nGive the new search a file of its own, or open this one as it is: Study.open(path)"
        )


def rebuilt(path: Path, config: dict[str, Any]) -> StoredSearch:
    """The search of a stored configuration, before its first ask.

    Raises
    ------
    StudyError
        If no search is installed that the configuration fits.
    """
    try:
        return StoredSearch(config)
    except Exception as error:  # whatever a search makes of a configuration that is not its own
        raise StudyError(f"{path}: its search cannot be rebuilt: {error}") from error


def load(store: Store) -> tuple[StoredSearch, State]:
    """The search in the state that the stored events describe.

    Raises
    ------
    StudyError
        If anything stored is missing or altered, or this version of the search does not do with
        the events what the one did that wrote them.
    """
    with collection_paused():
        return _loaded(store)


def _loaded(store: Store) -> tuple[StoredSearch, State]:
    stored = rebuilt(store.path, store.config)
    with store.reading():
        state, found = store.state(), 0
        for events, chain in store.events():
            follow(store, stored, events)
            found = chain
        if (stored.count, found) != (state.events, state.chain):
            raise store.damaged(f"it holds {stored.count} of {state.events} events")
        same = all(a == b for a, b in zip_longest(stored.rows(), store.rows()))
    if not same:
        raise unfit(store, "the replay gives other trials than those that were trained")
    return stored, state


def follow(store: Store, stored: StoredSearch, events: Sequence[Sequence[Any]]) -> None:
    """Apply stored events.

    Raises
    ------
    StudyError
        If they do not fit the search.
    """
    try:
        stored.apply(events)
    except Exception as error:  # whatever a search makes of events that are not its own
        raise unfit(store, str(error)) from error


def unfit(store: Store, what: str) -> StudyError:
    """The error for events that this version of the search cannot follow."""
    return StudyError(
        f"{store.path}: written by lrsearch {store.origin['lrsearch']}, its events do not fit the "
        f"search of lrsearch {__version__}: {what}. Open it with the version that wrote it"
    )

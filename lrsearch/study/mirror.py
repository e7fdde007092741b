"""A whole second copy of a study, for disks that cannot carry a live database."""

from __future__ import annotations

import contextlib
import secrets
import warnings
from pathlib import Path

from lrsearch.files import write_bytes
from lrsearch.study.store import Store, StudyError, publish

__all__ = ["check_mirror", "restore", "write_mirror"]


def write_mirror(store: Store, mirror: Path) -> None:
    """Replace the mirror by a copy of the study as it is now, whole or not at all.

    Other workers wait meanwhile, so that no older copy can take the place of a newer one. Where
    the mirror cannot be written, or others write theirs for too long, there is a warning: the
    study itself is whole, and the next score brings the mirror up to date.
    """
    try:
        with store.transaction(durable=False):
            write_bytes(mirror.resolve(), store.snapshot())
    except (OSError, RuntimeError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        warnings.warn(
            f"the mirror {mirror} could not be written, the study {store.path} is whole: {reason}",
            RuntimeWarning,
            stacklevel=4,
        )


def restore(path: Path, mirror: Path) -> None:
    """Put a study back from its mirror, unless it is there.

    Raises
    ------
    StudyError
        If the mirror is damaged, or the study cannot be written.
    """
    Store(mirror, readonly=True).disconnect()
    temporary = path.with_name(f".{path.name}-{secrets.token_hex(4)}")
    try:
        write_bytes(temporary, mirror.read_bytes())
        publish(temporary, path)
    except OSError as error:
        raise StudyError(f"{path}: cannot be put back from {mirror}: {error.strerror}") from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()


def check_mirror(store: Store, mirror: Path) -> None:
    """Make sure that writing the mirror will not destroy anything.

    Raises
    ------
    StudyError
        If the file there is no copy of this study, or a later state of it.
    """
    if not mirror.parent.is_dir():
        raise StudyError(f"{mirror}: the mirror's folder {mirror.parent} does not exist")
    if not mirror.exists():
        return
    copy = Store(mirror, readonly=True)
    try:
        if copy.origin["id"] != store.origin["id"]:
            raise StudyError(
                f"{mirror} is the mirror of another study than {store.path}: give this one another "
                "mirror, or remove the file"
            )
        ahead = copy.state().events - store.state().events
    finally:
        copy.disconnect()
    if ahead > 0:
        raise StudyError(
            f"{mirror} is {ahead} events ahead of {store.path}: remove the study to go on from its "
            "mirror, or remove the mirror to go on from the study"
        )

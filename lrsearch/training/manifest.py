"""The checksums of a run folder's files: each is verified before it is used."""

from __future__ import annotations

import contextlib
import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lrsearch.files import replacing, write_json
from lrsearch.training.state_files import damaged

__all__ = ["Manifest"]

_FILE = "checksums.json"
_CHUNK = 1 << 20

Version = dict[str, Any]
"""What a file may hold: its checksum, None for no file, and what else was noted of it."""


class Manifest:
    """What each file of a run folder has to hold.

    A file's next version is noted before it takes the place of the one before, so that either
    fits where the process was killed in between.

    Parameters
    ----------
    folder : Path
        The run's folder.
    another : str
        The last remedy of any message, such as "pass another directory".
    fresh : bool
        Whether a new run begins, whatever is there.

    Attributes
    ----------
    folder, another
        As given.
    whole : bool
        Whether every file has to be noted here; those of older versions were not.

    Raises
    ------
    ValueError
        If the manifest itself is damaged.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> manifest = Manifest(folder, "pass another directory", fresh=True)
    >>> with manifest.replacing("rate.txt", epoch=3) as temporary:
    ...     _ = temporary.write_text("0.00041")
    >>> manifest.verified("rate.txt", "remove it")["epoch"]
    3
    >>> _ = (folder / "rate.txt").write_text("0.00049")
    >>> manifest.verified("rate.txt", "remove it")
    Traceback (most recent call last):
    ValueError: ...rate.txt is damaged (it does not hold what the run wrote there): remove it...
    """

    def __init__(self, folder: Path, another: str, fresh: bool = False) -> None:
        self.folder = folder
        self.whole = True
        self.another = another
        self._path = folder / _FILE
        self._files: dict[str, list[Version]] = {}
        if not fresh and self._path.exists():
            self._files = self._read()
        self._noted = dict(self._files)

    @property
    def exists(self) -> bool:
        """Whether anything was noted."""
        return bool(self._files)

    @contextlib.contextmanager
    def replacing(self, name: str, **facts: Any) -> Iterator[Path]:
        """Give a temporary path to write a file to, as `lrsearch.files.replacing`.

        Parameters
        ----------
        name : str
            The file, relative to the folder.
        **facts
            What else to note of it, in JSON.

        Raises
        ------
        OSError
            If the file or the manifest cannot be written; the file is as it was then.
        """
        with replacing(self.folder / name) as temporary:
            yield temporary
            version = {"crc32": _checksum(temporary), **facts}
            known = self._files.get(name, [{"crc32": None}])
            self._write({**self._files, name: [*known, version]})
        self._files[name] = [version]

    def verified(self, name: str, remedy: str) -> Version | None:
        """What was noted of a file that is as the run wrote it; None where there is none.

        Raises
        ------
        ValueError
            If it is not as the run wrote it; the message names it, with the remedy.
        """
        path = self.folder / name
        if not path.exists():
            return None
        try:
            found = _checksum(path)
            versions = self._files.get(name, [] if self.whole else [{"crc32": found}])
            fitting = [version for version in versions if version["crc32"] == found]
            if not fitting:
                raise ValueError("it does not hold what the run wrote there")
        except (OSError, ValueError) as error:
            raise damaged(path, error, f"{remedy}, or {self.another}") from error
        return fitting[-1]

    def lacks(self, name: str) -> bool:
        """Whether a file is missing that the run has written."""
        versions = self._files.get(name, [])
        there = all(version["crc32"] is not None for version in versions)
        return bool(versions) and there and not (self.folder / name).exists()

    def remove(self, name: str) -> None:
        """Remove a file, if it is there; it is noted with the next one that is written."""
        (self.folder / name).unlink(missing_ok=True)
        self._files.pop(name, None)

    @property
    def changed(self) -> bool:
        """Whether another process has noted something meanwhile."""
        return self._path.exists() and self._read() != self._noted

    def _write(self, files: dict[str, list[Version]]) -> None:
        write_json(self._path, {"files": files, "crc32": _of_text(files)})
        self._noted = files

    def _read(self) -> dict[str, list[Version]]:
        try:
            content = json.loads(self._path.read_bytes())
            files: dict[str, list[Version]] = content["files"]
            if content["crc32"] != _of_text(files):
                raise ValueError("it does not hold what the run wrote there")
        except (KeyError, OSError, RecursionError, TypeError, ValueError) as error:
            remedy = f"put a copy of it back, or {self.another}"
            raise damaged(self._path, error, remedy) from error
        return files


def _checksum(path: Path) -> str:
    """The CRC-32 of a file, in hexadecimal."""
    value = 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            value = zlib.crc32(chunk, value)
    return f"{value:08x}"


def _of_text(files: Any) -> str:
    return f"{zlib.crc32(json.dumps(files, sort_keys=True).encode()):08x}"

"""Raw measurements behind the tables of docs/, as compressed JSON: read and written here."""

import gzip
import json
from pathlib import Path
from typing import Any

from lrsearch.files import write_bytes

__all__ = ["FOLDER", "read", "write"]

FOLDER = Path(__file__).parent


def read(path: Path) -> Any:
    """What `write` stored; None where there is no such file."""
    return json.loads(gzip.decompress(path.read_bytes())) if path.exists() else None


def write(path: Path, content: Any) -> None:
    """Store JSON, whole or not at all; equal contents give equal files."""
    write_bytes(path, gzip.compress(json.dumps(content).encode(), mtime=0))

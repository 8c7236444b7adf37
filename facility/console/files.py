"""The files of the built console, read once: what is served is what was there when the process started."""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

DIST = Path(__file__).parent / "dist"
INDEX = "index.html"
_COMPRESSIBLE = frozenset({".css", ".html", ".js", ".json", ".svg", ".txt"})


@dataclass(frozen=True, slots=True)
class ConsoleFile:
    """A file with what browsers are told of it."""

    content: bytes
    gzipped: bytes | None  # None where that saves nothing
    media_type: str
    tag: str  # of its content

    @classmethod
    def read(cls, path: Path) -> ConsoleFile:
        """Read and compress a file."""
        content = path.read_bytes()
        gzipped = gzip.compress(content, 9, mtime=0) if path.suffix in _COMPRESSIBLE else content
        media_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        tag = hashlib.sha256(content).hexdigest()[:32]
        return cls(content, gzipped if len(gzipped) < len(content) else None, media_type, tag)


def read_console(folder: Path = DIST) -> Mapping[str, ConsoleFile]:
    """Return the files by their path below the folder; none where the console is not built."""
    found = sorted(path for path in folder.rglob("*") if path.is_file()) if (folder / INDEX).is_file() else []
    return {path.relative_to(folder).as_posix(): ConsoleFile.read(path) for path in found}

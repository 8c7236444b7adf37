"""Fitted models on disk: one folder a version, written whole or not at all, and the name of the one in service."""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from facility.errors import ModelError

_VERSION = re.compile(r"^[0-9A-Za-z][0-9A-Za-z._-]*$")
CARD = "card.json"
SERVING = "serving"


@dataclass(frozen=True, slots=True)
class ModelStore:
    """Versions of a site's models in a folder."""

    folder: Path

    def save(self, version: str, artefacts: Mapping[str, bytes], card: Mapping[str, Any]) -> None:
        """Write a version: its artefacts by file name, and its card."""
        self.folder.mkdir(parents=True, exist_ok=True)
        target = self._path(version)
        with tempfile.TemporaryDirectory(dir=self.folder, prefix=".new-") as made:
            whole = Path(made) / version
            whole.mkdir()
            for name, content in {**artefacts, CARD: json.dumps(card, indent=1).encode()}.items():
                _write_durably(whole / name, content)
            whole.rename(target)
        _sync_folder(self.folder)

    def serve(self, version: str) -> None:
        """Put a version in service."""
        if not (self._path(version) / CARD).is_file():
            raise ModelError(f"no model version {version!r}; there are: {', '.join(self.versions()) or 'none'}")
        fresh = self.folder / f".{SERVING}-{os.getpid()}"
        _write_durably(fresh, version.encode())
        fresh.replace(self.folder / SERVING)
        _sync_folder(self.folder)

    def serving(self) -> str | None:
        """Return the version in service, if any."""
        try:
            return (self.folder / SERVING).read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            return None

    def versions(self) -> Sequence[str]:
        """Return all versions, oldest first."""
        return sorted(path.parent.name for path in self.folder.glob(f"[!.]*/{CARD}"))

    def card(self, version: str) -> Mapping[str, Any]:
        """Return the card of a version."""
        card: Mapping[str, Any] = json.loads(self._read(version, CARD))
        return card

    def artefacts(self, version: str) -> Mapping[str, bytes]:
        """Return the artefacts of a version by file name."""
        names = sorted(path.name for path in self._path(version).glob("*") if path.name != CARD)
        return {name: self._read(version, name) for name in names}

    def _path(self, version: str) -> Path:
        if not _VERSION.match(version):
            raise ModelError(f"{version!r} is not a model version")
        return self.folder / version

    def _read(self, version: str, name: str) -> bytes:
        try:
            return (self._path(version) / name).read_bytes()
        except OSError as error:
            raise ModelError(f"model {version}: {name} cannot be read: {error.strerror}; train again") from error


def _write_durably(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

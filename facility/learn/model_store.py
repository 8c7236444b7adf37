"""Fitted models on disk: one folder a version, written whole or not at all, and the name of the one in service."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from facility.errors import ModelError
from facility.learn.durable import locked, replace_durably, sync_folder, write_durably

_VERSION = re.compile(r"^[0-9A-Za-z][0-9A-Za-z._-]*$")
CARD = "card.json"
PICTURES = "pictures.npz"
SERVING = "serving"
KEPT = 14  # versions beside the one in service and the one before it
REPLACED = "replaced"  # key of a card: the version that was in service when this one was made
_DIGESTS = "sha256"  # key of a card: of the artefacts by file name
_WRITTEN_WITHIN = timedelta(days=1)
MENDED = "`facility models rollback` puts the version before it in service; or train again"


@dataclass(frozen=True, slots=True)
class Pin:
    """Why a version stays in service whatever is trained: who asked for it, why, and when (ISO 8601)."""

    actor: str
    reason: str
    at: str


@dataclass(frozen=True, slots=True)
class ModelStore:
    """Versions of a site's models in a folder."""

    folder: Path

    def save(
        self, version: str, artefacts: Mapping[str, bytes], card: Mapping[str, Any], pictures: bytes = b""
    ) -> None:
        """Write a version: its artefacts by file name, its card, and what its pictures are drawn from."""
        self.folder.mkdir(parents=True, exist_ok=True)
        digests = {name: _digest(content) for name, content in artefacts.items()}
        text = json.dumps({**card, _DIGESTS: digests}, indent=1)
        target = self._path(version)
        with tempfile.TemporaryDirectory(dir=self.folder, prefix=".new-") as made:
            whole = Path(made) / version
            whole.mkdir()
            for name, content in {**artefacts, PICTURES: pictures, CARD: text.encode()}.items():
                write_durably(whole / name, content)
            sync_folder(whole)
            try:
                whole.rename(target)
            except OSError as error:
                raise ModelError(f"model {version} is there already: it is not written over") from error
        sync_folder(self.folder)

    def serve(self, version: str, pin: Pin | None = None) -> None:
        """Put a version in service, pinned where somebody wants it to stay; both at once, or neither."""
        self.require(version)
        lines = [version, *([json.dumps(asdict(pin))] if pin else [])]
        replace_durably(self.folder / SERVING, "\n".join(lines) + "\n")

    def take_over(self, version: str, instead_of: str | None) -> bool:
        """Put a version in service unless one is pinned, or another has taken over meanwhile; tell whether it is."""
        with locked(self.folder):
            if self.pin() or self.serving() != instead_of:
                return False
            self.serve(version)
            return True

    def release(self) -> str:
        """Let trainings replace the version in service again; return which it is.

        Raises
        ------
        ModelError
            If none is pinned.
        """
        with locked(self.folder):
            version = self.serving()
            if version is None or self.pin() is None:
                raise ModelError(f"nothing is pinned: trainings replace {version or 'the nameplates'} already")
            self.serve(version)
            return version

    def serving(self) -> str | None:
        """Return the version in service, if any."""
        lines = self._serving_lines()
        return lines[0].strip() if lines else None

    def pin(self) -> Pin | None:
        """Return why the version in service stays there, if somebody has pinned it."""
        lines = self._serving_lines()
        return Pin(**json.loads(lines[1])) if len(lines) > 1 else None

    def before(self, version: str) -> str | None:
        """Return the version that was in service before one was; None where there was none, or it is gone."""
        replaced = self.card(version).get(REPLACED)
        return replaced if replaced in self.versions() else None

    def versions(self) -> Sequence[str]:
        """Return all versions, oldest first."""
        return sorted(path.parent.name for path in self.folder.glob(f"[!.]*/{CARD}"))

    def require(self, version: str) -> None:
        """Raise `ModelError` where there is no such version, naming those that there are."""
        if not (self._path(version) / CARD).is_file():
            raise ModelError(f"no model version {version!r}; there are: {', '.join(self.versions()) or 'none'}")

    def card(self, version: str) -> Mapping[str, Any]:
        """Return the card of a version."""
        try:
            card: Mapping[str, Any] = json.loads(self._read(version, CARD))
        except ValueError as error:
            raise ModelError(f"model {version}: {CARD} is damaged; {MENDED}") from error
        if _DIGESTS not in card:
            raise ModelError(f"model {version} was made by an earlier facility; train again")
        return card

    def artefacts(self, version: str) -> Mapping[str, bytes]:
        """Return the artefacts of a version by file name, each as it was written.

        Raises
        ------
        ModelError
            If one is missing or damaged.
        """
        digests: Mapping[str, str] = self.card(version)[_DIGESTS]
        found = {name: self._read(version, name) for name in sorted(digests)}
        for name, content in found.items():
            if _digest(content) != digests[name]:
                raise ModelError(f"model {version}: {name} is damaged; {MENDED}")
        return found

    def pictures(self, version: str) -> bytes:
        """Return what the pictures of a version are drawn from."""
        return self._read(version, PICTURES)

    def prune(self, now: datetime, kept: int = KEPT) -> None:
        """Remove old versions, but not the one in service nor the one before it; and what a killed writing left behind."""
        serving = self.serving()
        try:
            needed = {serving, self.before(serving)} if serving else set()
        except ModelError:
            return  # until somebody has looked at the damage nothing is thrown away
        for version in [each for each in self.versions() if each not in needed][: -kept or None]:
            # The card goes first: without it the rest is no version, should this be cut off.
            (self._path(version) / CARD).unlink()
            shutil.rmtree(self._path(version))
        for left in self._left_behind(now):
            shutil.rmtree(left) if left.is_dir() else left.unlink()

    def _left_behind(self, now: datetime) -> list[Path]:
        """Return what is no version and has not been touched for a day: another process may be writing the rest."""
        torn = [path for path in self.folder.glob("[!.]*/") if not (path / CARD).is_file()]
        before = (now - _WRITTEN_WITHIN).timestamp()
        return [path for path in (*torn, *self.folder.glob(".new-*")) if path.stat().st_mtime < before]

    def _serving_lines(self) -> list[str]:
        try:
            return (self.folder / SERVING).read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return []

    def _path(self, version: str) -> Path:
        if not _VERSION.match(version):
            raise ModelError(f"{version!r} is not a model version")
        return self.folder / version

    def _read(self, version: str, name: str) -> bytes:
        try:
            return (self._path(version) / name).read_bytes()
        except OSError as error:
            raise ModelError(f"model {version}: {name} cannot be read: {error.strerror}; {MENDED}") from error


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()

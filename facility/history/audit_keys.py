"""The keys of the audit chain: a file outside the database, so that who changes the one has not yet the other.

Each key names the event after which it is in force. So the file also knows what must be in the chain: one that was computed anew
without a key, or that ends before a key began, is found.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from facility.errors import JournalError, SecretError
from facility.history.hot_log import fsync_folder
from facility.secrets import resolve_secret
from facility.state import StateFolder

SETTING = "FACILITY_AUDIT_KEY_FILE"
_BYTES = 32


@dataclass(frozen=True, slots=True)
class AuditKey:
    """A key, in force after the event with the hash `after`; without a secret it is lost, and a person has said so."""

    id: str
    after: str
    secret: bytes | None = field(repr=False)


def new_key(after: str) -> AuditKey:
    """Return a fresh key."""
    secret = secrets.token_bytes(_BYTES)
    return AuditKey(_id_of(secret), after, secret)


class AuditKeys:
    """The keys in a file, oldest first; read again when another process has replaced it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._read: tuple[tuple[int, int, int], tuple[AuditKey, ...]] | None = None

    def all(self) -> tuple[AuditKey, ...]:
        """Return the keys; none when there is no file yet.

        Raises
        ------
        SecretError
            If the file cannot be read, is open to others, or is damaged.
        """
        try:
            found = self.path.stat()
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise SecretError(f"audit key {self.path}: cannot be read: {error.strerror}") from error
        seen = (found.st_mtime_ns, found.st_ino, found.st_size)
        known = self._read
        if known is None or known[0] != seen:
            known = self._read = (seen, _parsed(self.path))
        return known[1]

    def keep(self, keys: Sequence[AuditKey]) -> None:
        """Replace the file, durably and as a whole; call it as the only writer of the journal."""
        document = {"keys": [{"id": key.id, "after": key.after, "secret": _hex(key.secret)} for key in keys]}
        fresh = self.path.with_name(f"{self.path.name}.new")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            fresh.unlink(missing_ok=True)
            descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(json.dumps(document, indent=1) + "\n")
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(self.path)
            fsync_folder(self.path.parent)
        except OSError as error:
            raise JournalError(f"audit key {self.path} cannot be written: {error.strerror}") from error


def keys_of(state: StateFolder) -> AuditKeys:
    """Return the keys where the environment says they are, or else in the state folder."""
    given = os.environ.get(SETTING)
    return AuditKeys(Path(given) if given else state.root / "audit.key")


def key_in_force(keys: AuditKeys, last_hash: str, last_key: str | None) -> AuditKey:
    """Return the key for the event after the last one of the chain; the first use makes it.

    Raises
    ------
    JournalError
        If the chain goes on with another key: to append would fork it.
    """
    known = keys.all()
    if not known:
        if last_key is not None:
            raise JournalError(
                f"the audit chain is kept with key {last_key}, and {keys.path} is not there: restore it, or name the file "
                f"that all processes of this journal share in {SETTING}"
            )
        known = (new_key(last_hash),)
        keys.keep(known)
    newest = known[-1]
    if newest.after != last_hash and newest.id != last_key:
        raise JournalError(
            f"the audit chain ends with key {last_key or 'none'}, and {keys.path} goes on with {newest.id}: it is of another "
            "journal or another time; nothing is appended. docs/audit.md says what to do"
        )
    return newest


def _parsed(path: Path) -> tuple[AuditKey, ...]:
    text = resolve_secret(f"file:{path}").get_secret_value()
    try:
        keys = tuple(AuditKey(one["id"], one["after"], _bytes(one["secret"])) for one in json.loads(text)["keys"])
    except (ValueError, KeyError, TypeError):  # its text is not repeated: it is secret
        raise SecretError(f"audit key {path}: not a file that facility wrote; restore it") from None
    if not keys or any(key.secret is not None and key.id != _id_of(key.secret) for key in keys):
        raise SecretError(f"audit key {path}: damaged; restore it")
    return keys


def _id_of(secret: bytes) -> str:
    return hashlib.sha256(b"facility audit key\n" + secret).hexdigest()[:16]


def _hex(secret: bytes | None) -> str | None:
    return None if secret is None else secret.hex()


def _bytes(text: str | None) -> bytes | None:
    return None if text is None else bytes.fromhex(text)

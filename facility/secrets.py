"""Secrets: site files hold references only; values are read when a connection needs them, and never printed."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from pydantic import SecretStr

from facility.errors import SecretError

_MAX_BYTES = 64 * 1024


def resolve_secret(reference: str) -> SecretStr:
    """Return the secret that `env:NAME` or `file:PATH` refers to.

    Raises
    ------
    SecretError
        If the variable is not set, or the file is missing, empty, or open to group or others.
    """
    kind, _, name = reference.partition(":")
    if kind == "env" and name:
        value = os.environ.get(name)
        if not value:
            raise SecretError(f"secret {reference}: the environment variable {name} is not set")
        return SecretStr(value)
    if kind == "file" and name:
        return SecretStr(_read_private(Path(name), reference))
    raise SecretError("a secret is referred to by env:NAME or file:PATH")  # not repeated: it may be the secret itself


def _read_private(path: Path, reference: str) -> str:
    try:
        # The mode of the file that is open, so that it cannot be exchanged between the check and the reading. Not blocking:
        # a named pipe would wait for its writer.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except OSError as error:
        raise SecretError(f"secret {reference}: cannot be read: {error.strerror}") from error
    try:
        mode = os.fstat(descriptor).st_mode
        if not stat.S_ISREG(mode):
            raise SecretError(f"secret {reference}: not a regular file")
        if mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise SecretError(f"secret {reference}: the file is open to others; run: chmod 600 {path}")
        value = os.read(descriptor, _MAX_BYTES).decode("utf-8").strip()
    except UnicodeDecodeError:
        raise SecretError(f"secret {reference}: the file is not UTF-8 text") from None
    finally:
        os.close(descriptor)
    if not value:
        raise SecretError(f"secret {reference}: the file is empty")
    return value

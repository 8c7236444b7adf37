"""Secrets: site files hold references only; values are read when a connection needs them, and never printed."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from pydantic import SecretStr

from facility.errors import SecretError


def resolve_secret(reference: str) -> SecretStr:
    """Return the secret that `env:NAME` or `file:PATH` refers to.

    Raises
    ------
    SecretError
        If the variable is not set, or the file is missing or readable by group or others.
    """
    kind, _, name = reference.partition(":")
    if kind == "env":
        value = os.environ.get(name)
        if not value:
            raise SecretError(f"secret {reference}: the environment variable {name} is not set")
        return SecretStr(value)
    return SecretStr(_read_private(Path(name), reference))


def _read_private(path: Path, reference: str) -> str:
    try:
        mode = path.stat().st_mode
        if mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise SecretError(f"secret {reference}: others can read the file; run: chmod 600 {path}")
        value = path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise SecretError(f"secret {reference}: cannot be read: {error.strerror}") from error
    if not value:
        raise SecretError(f"secret {reference}: the file is empty")
    return value

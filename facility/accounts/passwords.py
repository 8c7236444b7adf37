"""Passwords: Argon2id with the parameters of RFC 9106 for servers of little memory; what people choose is only asked to be long."""

from __future__ import annotations

import secrets
import threading
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY

from facility.access import WrongInputError

LEAST_LENGTH, MOST_LENGTH = 12, 256  # NIST SP 800-63B: length, not kinds of characters
_GIVEN_OUT_BYTES = 12
_hasher = PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)
_one_at_a_time = threading.Lock()  # each takes 64 MiB: a hundred sign-ins at once would take the memory of the planner


def hashed(password: str, name: str) -> str:
    """Return what is kept of a password.

    Raises
    ------
    WrongInputError
        If it is too short or too long, or is made of the name.
    """
    if not LEAST_LENGTH <= len(password) <= MOST_LENGTH:
        raise WrongInputError(f"a password has {LEAST_LENGTH} to {MOST_LENGTH} characters; a few words do well")
    if name.casefold() in password.casefold() and len(password) - len(name) < LEAST_LENGTH:
        raise WrongInputError("a password is not made of the name")
    with _one_at_a_time:
        return _hasher.hash(password)


def fits(password: str, kept: str | None) -> bool:
    """Tell whether a password is the one that was kept; of an unknown name nothing is, after as long a time."""
    against = kept or _nobodys()
    try:
        with _one_at_a_time:
            _hasher.verify(against, password[: MOST_LENGTH + 1])  # longer than any that is kept: never the same
    except (VerificationError, InvalidHashError):
        return False
    return kept is not None


def given_out() -> str:
    """Return a password that is given out once, to be changed by whom it is for."""
    return secrets.token_urlsafe(_GIVEN_OUT_BYTES)


@cache
def _nobodys() -> str:
    with _one_at_a_time:
        return _hasher.hash(secrets.token_hex())

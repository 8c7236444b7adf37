"""How messages to and from the site are signed, so that the other side knows whose they are and when they were sent.

`Facility-Signature` is `sha256=` and the HMAC-SHA-256 of the time in `Facility-Timestamp`, a dot, and the body, in hexadecimal. A
receiver computes it anew, compares in constant time, and refuses what is older than a few minutes.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import timedelta

TIMESTAMP, SIGNATURE = "Facility-Timestamp", "Facility-Signature"
HOLDS = timedelta(minutes=5)  # either way: clocks differ


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """Return what `Facility-Signature` holds."""
    signed = hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256)
    return f"sha256={signed.hexdigest()}"

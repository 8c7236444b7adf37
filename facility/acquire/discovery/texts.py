"""What a stranger says of itself, made fit for terminals and comments."""

from __future__ import annotations

_LONGEST = 120


def printable(said: bytes | str, longest: int = _LONGEST) -> str:
    """Return a text on one line: no control, formatting or direction characters, and not longer than `longest`."""
    start = said[: 4 * longest]  # a character takes at most four bytes
    text = start.decode("utf-8", errors="replace") if isinstance(start, bytes) else start
    words = " ".join(text.strip("\0").split())
    cut = words if len(words) <= longest else words[: longest - 3] + "..."
    return "".join(each if each.isprintable() else "?" for each in cut)

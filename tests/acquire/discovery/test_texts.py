"""Hostile texts become one harmless line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facility.acquire.discovery.texts import printable


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        (b"APC Web/SNMP Card \0\0", "APC Web/SNMP Card"),
        ("Zähler – Süd".encode(), "Zähler – Süd"),
        (b"\x1b]0;owned\x07\x1b[2Jpdu", "?]0;owned??[2Jpdu"),
        (b"two\r\nlines\x85and\ttabs", "two lines\ufffdand tabs"),
        ("next\x85line \x9b2J".encode(), "next line ?2J"),
        ("a\u202egnp.exe \u2066b\ufeff".encode(), "a?gnp.exe ?b?"),
        ("line\u2028separator", "line separator"),
        (b"\xff\xfe", "\ufffd\ufffd"),
    ],
)
def test_what_is_shown(said: bytes | str, shown: str) -> None:
    assert printable(said) == shown


@given(st.one_of(st.binary(max_size=700), st.text(max_size=700)))
def test_anything_is_short_printable_and_on_one_line(said: bytes | str) -> None:
    shown = printable(said)
    assert len(shown) <= 120
    assert shown.isprintable()
    assert len(shown.splitlines()) <= 1

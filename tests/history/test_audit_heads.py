"""Heads are exported a line a day, and a line that was torn spoils no other."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from facility.errors import JournalError
from facility.history.audit_chain import Head, heads_in
from facility.history.audit_heads import ExportedHeads
from facility.state import StateFolder

ONE, TWO = Head(7, "a" * 64), Head(9, "b" * 64)
AT, LATER = datetime(2026, 12, 31, 23, 0, tzinfo=UTC), datetime(2027, 1, 1, 0, 0, 5, tzinfo=UTC)


@pytest.fixture
def heads(tmp_path: Path) -> ExportedHeads:
    return ExportedHeads(StateFolder(tmp_path))


def test_a_file_a_year_and_the_newest_line_of_them(heads: ExportedHeads) -> None:
    assert heads.newest() is None
    heads.append(ONE, AT)
    heads.append(TWO, LATER)
    assert heads.newest() == LATER
    assert (heads.folder / "2026.txt").read_text(encoding="utf-8") == f"2026-12-31T23:00:00+00:00 {ONE}\n"
    assert heads_in((heads.folder / "2027.txt").read_text(encoding="utf-8")) == [TWO]


def test_a_torn_line_does_not_count_and_is_not_written_on(heads: ExportedHeads) -> None:
    heads.append(ONE, AT)
    with (heads.folder / "2026.txt").open("a", encoding="utf-8") as file:
        file.write("2026-12-31T23:30:00+00:00 8:cccc")
    assert heads.newest() == AT
    heads.append(TWO, AT.replace(minute=45))
    assert heads_in((heads.folder / "2026.txt").read_text(encoding="utf-8")) == [ONE, TWO]


def test_a_folder_that_cannot_be_written_is_told(heads: ExportedHeads) -> None:
    heads.folder.write_text("a file", encoding="utf-8")
    with pytest.raises(JournalError, match="not written to"):
        heads.append(ONE, AT)

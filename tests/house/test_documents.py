"""Links in the documents lead somewhere, and the nomenclature lists exactly the quantities there are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from facility.points import QUANTITIES
from facility.units import CANONICAL_UNITS
from tests.house.repository import ROOT, tracked_files

DOCUMENTS = [name for name in tracked_files() if name.endswith(".md")]
LINK = re.compile(r"\]\(([^)\s]+)\)")
PROSE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)


def anchors(text: str) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", text, flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def broken_links(document: Path) -> Iterator[str]:
    for link in LINK.findall(PROSE.sub("", document.read_text(encoding="utf-8"))):
        if link.startswith(("https://", "http://", "mailto:")):
            continue
        path, _, anchor = link.partition("#")
        target = document.parent / path if path else document
        if not target.exists() or (anchor and anchor not in anchors(target.read_text(encoding="utf-8"))):
            yield link


@pytest.mark.parametrize("name", DOCUMENTS)
def test_links_resolve(name: str) -> None:
    assert list(broken_links(ROOT / name)) == []


def rows(section: str) -> list[list[str]]:
    text = (ROOT / "docs" / "nomenclature.md").read_text(encoding="utf-8")
    body = text.split(f"\n## {section}\n")[1].split("\n## ")[0]
    table = [line for line in body.splitlines() if line.startswith("|")][2:]
    return [[cell.strip().strip("`") for cell in line.strip("|").split("|")] for line in table]


def test_nomenclature_lists_the_quantities() -> None:
    written = [(key, brick, unit) for key, brick, unit, *_ in rows("Quantities")]
    assert written == [(quantity.key, quantity.brick, quantity.unit) for quantity in QUANTITIES.values()]


def test_nomenclature_lists_the_units() -> None:
    assert {unit for _, unit, *_ in rows("Units")} >= CANONICAL_UNITS

"""docs/console.md lists the screens that there are, with their keys; the screen Audit lists the kinds of events."""

from __future__ import annotations

import re

from tests.house.repository import ROOT

PAGES = ROOT / "facility" / "console" / "web" / "src" / "lib" / "pages.ts"
AUDIT = PAGES.parents[1] / "pages" / "Audit.svelte"
GUIDE = ROOT / "docs" / "console.md"


# Where an event is made: the first word that ends with a dot is its kind.
MADE = re.compile(r'\b(?:Event|tell|_record)\([^"()]*(?:\([^()"]*\)[^"()]*)*f?"([a-z_]+)\.')


def test_every_kind_of_event_can_be_chosen() -> None:
    sources = [path for path in (ROOT / "facility").rglob("*.py") if "node_modules" not in path.parts]
    made = {kind for path in sources for kind in MADE.findall(path.read_text(encoding="utf-8"))}
    listed = re.search(r"const KINDS = \[(.*?)\]", AUDIT.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert listed is not None
    assert re.findall(r'"(\w+)"', listed[1]) == sorted(made)


def test_the_guide_lists_the_screens_and_their_keys() -> None:
    there = re.findall(r'title: "([^"]+)", key: "([^"]+)"', PAGES.read_text(encoding="utf-8"))
    told = re.findall(r"^\| ([\w ]+) \| `g` `(.)`", GUIDE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert told == there
    assert len({key for _, key in there}) == len(there)

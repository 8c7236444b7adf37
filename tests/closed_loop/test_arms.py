"""Which arms are run, and what each waits for."""

from __future__ import annotations

from tools.closed_loop import arms


def test_a_reference_brings_its_yardstick() -> None:
    assert arms.with_yardstick(["facility"]) == ("facility",)
    assert arms.with_yardstick(["reference"]) == ("good_practice", "reference")


def test_references_begin_from_what_the_others_wrote() -> None:
    assert arms.starts_of("reference", arms.ARMS) == ("good_practice", "facility", "cooling_only_facility")
    assert arms.starts_of("cooling_only_reference", arms.ARMS) == ("good_practice", "cooling_only_facility")
    assert arms.starts_of("reference", ["good_practice", "reference"]) == ("good_practice",)


def test_nothing_waits_for_itself() -> None:
    over: set[str] = set()
    for name in ("prologue", "lower_bound", *arms.ARMS[:3], "cooling_only_facility", *arms.REFERENCES):
        assert set(arms.needs(name)) <= over
        over.add(name)
    assert over == set(arms.LONGEST_FIRST)

"""`facility standins`: begun, listed beside what is measured, refused, ended."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from facility.cli import main

Console = pytest.CaptureFixture[str]
POINT, OTHER = "rack-01.feed-a.inlet_temperature_degc", "rack-02.feed-a.inlet_temperature_degc"
WHY = ("--by", "R. Weber", "--reason", "the probe hangs loose")


def types(site: Path, console: Console, action: str, *words: str) -> tuple[int, str, str]:
    console.readouterr()
    code = main(["standins", action, str(site), *words, "--state", str(site.parent / "state")])
    said = console.readouterr()
    return code, said.out, said.err


def test_one_from_its_beginning_to_its_end(example_site: Path, capsys: Console) -> None:
    code, out, _ = types(example_site, capsys, "begin", POINT, "--value", "23.5", *WHY, "--format", "json")
    (row,) = json.loads(out)
    assert (code, row["point"], row["kind"], row["value"], row["by"]) == (0, POINT, "manual", 23.5, "R. Weber")
    assert (row["measured"], row["measured_quality"]) == (None, "none")
    (row,) = json.loads(types(example_site, capsys, "begin", POINT, "--like", OTHER, *WHY, "--format", "json")[1])
    assert (row["kind"], row["value"], row["source"]) == ("substituted", None, OTHER)
    assert "substituted" in types(example_site, capsys, "list")[1]
    assert types(example_site, capsys, "end", POINT, *WHY)[:2] == (0, "Nothing stands in: all values are measured.\n")
    code, _, err = types(example_site, capsys, "end", POINT, *WHY)
    assert (code, err) == (1, f"facility: nothing stands in for {POINT}\n")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--value", "99"), "from -10 to 80 degC"),
        (("--value", "20", "--for", "8d"), "at most 7 days"),
        (("--like", "utility.power_kw"), "is in kW"),
    ],
)
def test_what_cannot_stand_in_is_refused(
    example_site: Path, capsys: Console, words: tuple[str, ...], said: str
) -> None:
    code, _, err = types(example_site, capsys, "begin", POINT, *words, *WHY)
    assert code == 2 and said in err
    assert types(example_site, capsys, "list")[1] == "Nothing stands in: all values are measured.\n"

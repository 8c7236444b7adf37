"""docs/access.md: its table is that of the routes, its numbers are those of the code, its commands and its Python run."""

from __future__ import annotations

import re
import shlex
from contextlib import closing
from pathlib import Path

import pytest

from facility.access import GRANTS, Permission, Role
from facility.accounts import passwords, sign_in, tokens
from facility.accounts.opening import open_access
from facility.api import who
from facility.cli import COMMANDS, main
from facility.site_file import load_site
from facility.state import StateFolder
from tests.api.records_for_tests import FixedClock
from tests.api.serving import serving
from tests.api.test_access import OPEN, OWN, READ_KNOWN, ROUTES, SIGNED
from tests.conftest import EXAMPLE
from tests.house.repository import ROOT

GUIDE = (ROOT / "docs" / "access.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", GUIDE, flags=re.DOTALL | re.MULTILINE)


def rows(heading: str) -> dict[str, str]:
    table = GUIDE.split(f"\n| {heading} |")[1].split("\n\n")[0].splitlines()[2:]
    return {first.strip(): second.strip() for first, second in (line.strip("|").split("|") for line in table)}


def test_the_table_of_routes_is_the_one_that_is_tested() -> None:
    words = {OPEN: "nothing", OWN: OWN, SIGNED: SIGNED, READ_KNOWN: "`read`, signed in"}
    assert rows("route") == {f"`{line}`": words.get(needed, f"`{needed}`") for line, needed in ROUTES.items()}


def test_roles_grant_what_is_said() -> None:
    assert rows("role") == {
        role.value: ", ".join(f"`{permission}`" for permission in Permission if permission in GRANTS[role])
        for role in Role
    }


def test_numbers_are_those_of_the_code() -> None:
    assert list(rows("after")) == [
        f"{sign_in.IDLE.total_seconds() / 60:g} minutes without a change",
        f"{sign_in.CONFIRMED.total_seconds() / 60:g} minutes since the password",
        f"{sign_in.LASTS.total_seconds() / 3600:g} hours",
        f"{sign_in.FREE_FAILURES} failures within an hour",
    ]
    waits = (
        f"{sign_in.FIRST_WAIT.seconds} s, then twice as long each time, up to {sign_in.LONGEST_WAIT.seconds // 60} min"
    )
    for said in (
        waits,
        f"has {passwords.LEAST_LENGTH} to {passwords.MOST_LENGTH}\ncharacters",
        f"({tokens.DAYS}; at most {tokens.MOST_DAYS})",
    ):
        assert said in GUIDE


def test_every_header_of_a_proxy_is_named() -> None:
    named = GUIDE.split("when it carries")[1].split("since somebody")[0].lower()
    assert set(re.findall(r"`([a-z-]+)`", named)) == set(who._PASSED_ON)


@pytest.mark.parametrize("line", [line for block in blocks("sh") for line in block.splitlines()])
def test_commands_take_their_options(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    _, command, *words = shlex.split(line, comments=True)
    assert command in COMMANDS
    with pytest.raises(SystemExit, match="0"):
        main([command, *[word for word in words[:1] if word.islower()], "--help"])
    shown = capsys.readouterr().out
    assert [option for option in words if option.startswith("--") and option not in shown] == []


@pytest.mark.parametrize("code", blocks("python"))
def test_python_runs(code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded, state, clock = load_site(EXAMPLE / "site.yaml"), StateFolder(tmp_path), FixedClock()
    with closing(open_access(loaded, state, clock)) as access:
        _, secret = access.tokens.add("guide", [Permission.READ], by="test")
    with serving(loaded, state, clock, open_reading=False) as client:
        monkeypatch.setenv("FACILITY_URL", str(client.base_url).rstrip("/"))
        monkeypatch.setenv("FACILITY_TOKEN", secret)
        exec(compile(code, "access.md", "exec"), {})


def test_there_is_something_to_run() -> None:
    assert len(blocks("python")) == 1
    assert len([line for block in blocks("sh") for line in block.splitlines()]) >= 10

"""`facility user` and `facility token`, as an admin on the site's machine uses them."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from facility.access import Role, SignInRefusedError
from facility.accounts.opening import Access, open_access
from facility.cli import main
from facility.clock import SystemClock
from facility.history.journal import open_journal
from facility.site_file import load_site
from facility.state import StateFolder
from tests.accounts.hashing import cheap_hashes

__all__ = ["cheap_hashes"]
Told = pytest.CaptureFixture[str]


@pytest.fixture
def state(tmp_path: Path) -> StateFolder:
    return StateFolder(tmp_path / "state")


@pytest.fixture
def access(example_site: Path, state: StateFolder) -> Iterator[Access]:
    with closing(open_access(load_site(example_site), state, SystemClock())) as opened:
        yield opened


def asked(capsys: Told, command: str, action: str, site: Path, state: StateFolder, *words: str) -> list[dict[str, Any]]:
    capsys.readouterr()
    assert main([command, action, str(site), *words, "--state", str(state.root), "--format", "json"]) == 0
    rows: list[dict[str, Any]] = json.loads(capsys.readouterr().out)
    return rows


def test_a_person_is_added_changed_and_let_in_no_more(
    example_site: Path, state: StateFolder, access: Access, capsys: Told
) -> None:
    def user(action: str, *words: str) -> dict[str, Any]:
        return asked(capsys, "user", action, example_site, state, *words)[0]

    assert user("add", "boss", "--role", "admin", "--by", "root")["role"] == "admin"
    added = user("add", "r.weber", "--by", "boss")
    assert (added["role"], added["enabled"], added["must_change_password"]) == ("viewer", True, True)
    assert access.sign_in.begin("r.weber", added["one_time_password"], "here")
    assert user("role", "r.weber", "operator", "--by", "boss")["role"] == "operator"
    again = user("passwd", "r.weber", "--by", "boss")["one_time_password"]
    assert access.sign_in.begin("r.weber", again, "here")
    assert user("disable", "r.weber", "--by", "boss")["enabled"] is False
    with pytest.raises(SignInRefusedError):
        access.sign_in.begin("r.weber", again, "here")
    assert user("enable", "r.weber", "--by", "boss")["enabled"] is True
    assert [row["name"] for row in asked(capsys, "user", "list", example_site, state)] == ["boss", "r.weber"]
    with closing(open_journal(None, state)) as journal:
        told = {(event.kind, event.actor) for event in journal.events(kind="account")}
    assert told == {("account.added", "root"), ("account.added", "boss"), ("account.changed", "boss")}


def test_a_token_is_shown_once_and_revoked(
    example_site: Path, state: StateFolder, access: Access, capsys: Told
) -> None:
    def token(action: str, *words: str) -> list[dict[str, Any]]:
        return asked(capsys, "token", action, example_site, state, *words)

    (added,) = token("add", "building system", "--scope", "read", "decide", "--days", "30", "--by", "boss")
    assert (added["scopes"], added["state"], added["created_by"]) == ("decide read", "valid", "boss")
    assert access.tokens.find(added["secret"]) is not None
    (listed,) = token("list")
    assert "secret" not in listed
    assert listed["id"] == added["id"]
    assert token("revoke", added["id"], "--by", "boss")[0]["state"] == "revoked"
    assert access.tokens.find(added["secret"]) is None


def test_tables_and_csv(example_site: Path, state: StateFolder, access: Access, capsys: Told) -> None:
    place = (str(example_site), "--state", str(state.root))
    assert main(["user", "list", *place]) == 0
    assert "Nobody yet" in capsys.readouterr().out
    assert main(["token", "list", *place]) == 0
    assert "No tokens" in capsys.readouterr().out
    assert main(["user", "add", str(example_site), "boss", *place[1:], "--role", "admin"]) == 0
    assert "shown once" in capsys.readouterr().out
    assert main(["token", "add", str(example_site), "grafana", *place[1:]]) == 0
    assert "facility_" in capsys.readouterr().out
    for command in ("user", "token"):
        assert main([command, "list", *place]) == 0
        assert "shown once" not in capsys.readouterr().out
        assert main([command, "list", *place, "--format", "csv"]) == 0
        (row,) = csv.DictReader(io.StringIO(capsys.readouterr().out))
        assert row["name"] in {"boss", "grafana"}
    assert [account.role for account in access.people.all()] == [Role.ADMIN]


REFUSED = {
    "name of a process": ("user add planner", 1, "not the name of a process"),
    "unknown": ("user disable nobody", 1, "there is no account 'nobody'"),
    "last admin": ("user role boss viewer", 1, "somebody has to be an admin"),
    "taken": ("user add boss", 1, "not given twice"),
    "unknown token": ("token revoke beef", 1, "there is no token 'beef'"),
    "no days": ("token add x --days 0", 1, "1 to 1830"),
    "nobody decides": ("user disable boss --by=", 2, "say who decides"),
}


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_be_is_told(
    example_site: Path, state: StateFolder, access: Access, capsys: Told, case: tuple[str, int, str]
) -> None:
    line, code, why = case
    access.people.add("boss", Role.ADMIN, by="root")
    command, action, *words = line.split()
    assert main([command, action, str(example_site), *words, "--state", str(state.root)]) == code
    assert why in capsys.readouterr().err
    assert [(account.name, account.role, account.enabled) for account in access.people.all()] == [
        ("boss", Role.ADMIN, True)
    ]


@pytest.mark.parametrize("line", ["user add x --role king", "token add x --scope administer", "user role x king"])
def test_roles_and_scopes_that_there_are_not(example_site: Path, line: str) -> None:
    command, action, *words = line.split()
    with pytest.raises(SystemExit) as caught:
        main([command, action, str(example_site), *words])
    assert caught.value.code == 2

"""People, their passwords, sessions and machines' tokens, on SQLite and PostgreSQL."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from facility.access import (
    GRANTS,
    AccountError,
    Permission,
    Role,
    SignInRefusedError,
    UnknownAccountError,
    WrongInputError,
)
from facility.accounts.opening import Access, access_over
from facility.accounts.sign_in import CONFIRMED, FIRST_WAIT, FREE_FAILURES, IDLE, LASTS, is_locked, is_recent
from facility.history.journal import open_journal
from facility.history.journal_database import open_database
from facility.state import StateFolder
from tests.accounts.hashing import cheap_hashes
from tests.api.records_for_tests import NOW, FixedClock
from tests.history.conftest import journal_url, postgresql_server

__all__ = ["cheap_hashes", "journal_url", "postgresql_server"]
HERE, CHOSEN = "10.0.0.7", "a few words do well"


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
def access(journal_url: str, tmp_path: Path, clock: FixedClock) -> Iterator[Access]:
    with closing(access_over(open_database(journal_url, StateFolder(tmp_path)), "demo", clock)) as opened:
        yield opened


def with_password(access: Access, name: str, role: Role = Role.VIEWER) -> str:
    """Add a person who has chosen a password."""
    _, given = access.people.add(name, role, by="admin")
    access.sign_in.change_password(name, given, CHOSEN, HERE)
    return name


def refused(access: Access, name: str, password: str, address: str = HERE) -> SignInRefusedError:
    with pytest.raises(SignInRefusedError) as caught:
        access.sign_in.begin(name, password, address)
    return caught.value


def test_roles_grant_more_and_more() -> None:
    ordered = [GRANTS[role] for role in Role]
    assert all(less < more for less, more in itertools.pairwise(ordered))
    assert Permission.ADMINISTER not in GRANTS[Role.ENGINEER]


def test_the_first_admin_is_made_once(access: Access) -> None:
    made = access.people.add_first()
    assert made is not None
    account, password = made
    assert (account.name, account.role, account.must_change) == ("admin", Role.ADMIN, True)
    assert access.people.add_first() is None
    session = access.sign_in.session(access.sign_in.begin("admin", password, HERE))
    assert session is not None
    assert session.account == account


def test_a_name_is_given_once_and_never_that_of_a_process(access: Access) -> None:
    with_password(access, "r.weber")
    access.people.add("second", Role.ADMIN, by="admin")
    access.people.enable("r.weber", by="admin", enabled=False)
    with pytest.raises(AccountError, match="not given twice"):
        access.people.add("r.weber", Role.VIEWER, by="admin")
    for name in ("planner", "", "R.Weber", "a" * 65, "token:x", "a b", "ä"):
        with pytest.raises(WrongInputError, match="name"):
            access.people.add(name, Role.VIEWER, by="admin")


def test_somebody_stays_an_admin(access: Access) -> None:
    with_password(access, "one", Role.ADMIN)
    changes: tuple[Callable[[], object], ...] = (
        lambda: access.people.set_role("one", Role.ENGINEER, by="one"),
        lambda: access.people.enable("one", by="one", enabled=False),
    )
    for change in changes:
        with pytest.raises(AccountError, match="somebody has to be an admin"):
            change()
    assert access.people.all()[0].role is Role.ADMIN  # nothing of it was kept
    access.people.add("two", Role.ADMIN, by="one")
    assert access.people.set_role("one", Role.ENGINEER, by="two").role is Role.ENGINEER
    with pytest.raises(UnknownAccountError, match="facility user list"):
        access.people.set_role("three", Role.VIEWER, by="two")


def test_a_password_is_long_and_not_the_name(access: Access) -> None:
    _, given = access.people.add("r.weber-and-co", Role.VIEWER, by="admin")
    for new, why in (("short", "12 to 256"), ("x" * 257, "12 to 256"), ("R.Weber-and-Co1", "name"), (given, "old one")):
        with pytest.raises(WrongInputError, match=why):
            access.sign_in.change_password("r.weber-and-co", given, new, HERE)
    access.sign_in.change_password("r.weber-and-co", given, "x" * 256, HERE)
    assert access.sign_in.begin("r.weber-and-co", "x" * 256, HERE)
    refused(access, "r.weber-and-co", "x" * 257)


def test_wrong_unknown_and_disabled_are_told_alike(access: Access) -> None:
    with_password(access, "known")
    with_password(access, "gone")
    access.people.enable("gone", by="admin", enabled=False)
    said = {str(refused(access, name, word)) for name, word in (("known", "no"), ("nobody", CHOSEN), ("gone", CHOSEN))}
    assert said == {"name and password do not belong together"}


def test_failures_lock_a_name_from_anywhere_and_an_address_for_any_name(access: Access, clock: FixedClock) -> None:
    with_password(access, "known")
    with_password(access, "other")
    for _ in range(FREE_FAILURES):
        refused(access, "known", "wrong")
    locked = refused(access, "known", CHOSEN, "10.0.0.8")
    assert locked.retry_after_s == FIRST_WAIT.total_seconds()
    assert "try again in 30 s" in str(locked)
    assert refused(access, "other", CHOSEN).retry_after_s is not None  # the address
    assert access.sign_in.begin("other", CHOSEN, "10.0.0.8")
    clock.at += FIRST_WAIT
    refused(access, "known", "wrong", "10.0.0.9")
    clock.at += FIRST_WAIT
    assert refused(access, "known", CHOSEN, "10.0.0.9").retry_after_s == FIRST_WAIT.total_seconds()  # twice as long
    clock.at += FIRST_WAIT
    assert access.sign_in.begin("known", CHOSEN, "10.0.0.9")
    refused(access, "known", "wrong", "10.0.0.9")  # begins to count anew
    assert access.sign_in.begin("known", CHOSEN, "10.0.0.9")


def test_a_new_password_ends_a_lockout(access: Access) -> None:
    with_password(access, "known")
    for _ in range(FREE_FAILURES):
        refused(access, "known", "wrong", "10.0.0.8")
    _, given = access.people.give_password("known", by="admin")
    assert access.sign_in.begin("known", given, HERE)
    refused(access, "known", CHOSEN)


def test_guesses_all_at_once_are_counted_like_others(access: Access) -> None:
    with_password(access, "known")
    answers: list[SignInRefusedError] = []
    threads = [
        threading.Thread(target=lambda: answers.append(refused(access, "known", "wrong")))
        for _ in range(FREE_FAILURES + 4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len([answer for answer in answers if answer.retry_after_s is None]) == FREE_FAILURES
    assert len(answers) == FREE_FAILURES + 4


def test_changing_and_confirming_a_password_count_failures_too(access: Access) -> None:
    secret = access.sign_in.begin(with_password(access, "known"), CHOSEN, HERE)
    for number in range(FREE_FAILURES):
        with pytest.raises(SignInRefusedError, match="not the password"):
            if number % 2:
                access.sign_in.confirm(secret, "wrong", HERE)
            else:
                access.sign_in.change_password("known", "wrong", CHOSEN + "!", HERE)
    with pytest.raises(SignInRefusedError, match="too many"):
        access.sign_in.confirm(secret, CHOSEN, HERE)


def test_a_session_locks_when_nothing_is_changed_and_ends_with_the_shift(access: Access, clock: FixedClock) -> None:
    secret = access.sign_in.begin(with_password(access, "known"), CHOSEN, HERE)

    def locked() -> bool:
        session = access.sign_in.session(secret)
        assert session is not None
        return is_locked(session, clock.now())

    clock.at += IDLE - timedelta(seconds=1)
    assert not locked()
    access.sign_in.touch(secret)
    clock.at += IDLE
    assert locked()  # however often it was read meanwhile
    access.sign_in.touch(secret)
    assert locked()
    access.sign_in.confirm(secret, CHOSEN, HERE)
    assert not locked()
    clock.at = NOW + LASTS
    assert access.sign_in.session(secret) is None
    with pytest.raises(SignInRefusedError, match="has ended"):
        access.sign_in.confirm(secret, CHOSEN, HERE)
    access.sign_in.begin("known", CHOSEN, HERE)  # removes the one that ended
    assert access.sign_in.sessions.find(secret) is None


def test_what_moves_the_plant_wants_a_recent_password(access: Access, clock: FixedClock) -> None:
    secret = access.sign_in.begin(with_password(access, "known"), CHOSEN, HERE)
    clock.at += CONFIRMED
    access.sign_in.touch(secret)
    session = access.sign_in.session(secret)
    assert session is not None
    recent = {permission for permission in Permission if is_recent(session, permission, clock.now())}
    assert recent == {Permission.READ, Permission.DECIDE, Permission.RELEASE}


@pytest.mark.parametrize("change", ["role", "disable", "password", "own password", "sign out"])
def test_sessions_end_when_the_account_changes(access: Access, change: str) -> None:
    secret = access.sign_in.begin(with_password(access, "known"), CHOSEN, HERE)
    other = access.sign_in.begin(with_password(access, "other"), CHOSEN, HERE)
    changes: dict[str, Callable[[], object]] = {
        "role": lambda: access.people.set_role("known", Role.OPERATOR, by="admin"),
        "disable": lambda: access.people.enable("known", by="admin", enabled=False),
        "password": lambda: access.people.give_password("known", by="admin"),
        "own password": lambda: access.sign_in.change_password("known", CHOSEN, "entirely different", HERE),
        "sign out": lambda: access.sign_in.end(secret),
    }
    changes[change]()
    assert access.sign_in.session(secret) is None
    assert access.sign_in.session(other) is not None


def test_a_token_is_found_by_its_secret_until_it_ends(access: Access, clock: FixedClock) -> None:
    token, secret = access.tokens.add("grafana", [Permission.READ], by="r.weber", days=30)
    assert access.tokens.find(secret) == token
    assert access.tokens.find(secret + "x") is None
    revoked = access.tokens.add("old", [Permission.READ, Permission.DISPATCH], by="r.weber")
    assert access.tokens.revoke(revoked[0].id, by="admin").revoked
    assert access.tokens.find(revoked[1]) is None
    clock.at += timedelta(days=30)
    assert access.tokens.find(secret) is None
    assert {each.name: each.revoked for each in access.tokens.all()} == {"grafana": False, "old": True}
    with pytest.raises(UnknownAccountError, match="facility token list"):
        access.tokens.revoke("nope", by="admin")


@pytest.mark.parametrize(
    ("name", "scopes", "days", "why"),
    [
        ("x", [], 1, "scopes"),
        ("x", [Permission.ADMINISTER], 1, "people's to make"),
        ("x", [Permission.READ], 0, "days"),
        ("x", [Permission.READ], 1831, "days"),
        ("", [Permission.READ], 1, "name"),
        ("a\nb", [Permission.READ], 1, "name"),
    ],
)
def test_a_token_that_nobody_may_have(access: Access, name: str, scopes: list[Permission], days: int, why: str) -> None:
    with pytest.raises(WrongInputError, match=why):
        access.tokens.add(name, scopes, by="admin", days=days)
    assert access.tokens.all() == []


def test_another_site_in_the_same_database_has_its_own(access: Access, clock: FixedClock) -> None:
    secret = access.sign_in.begin(with_password(access, "known", Role.ADMIN), CHOSEN, HERE)
    token, token_secret = access.tokens.add("grafana", [Permission.READ], by="known")
    elsewhere = access_over(access.engine, "elsewhere", clock)
    assert elsewhere.sign_in.session(secret) is None
    assert elsewhere.tokens.find(token_secret) is None
    with pytest.raises(UnknownAccountError):
        elsewhere.tokens.revoke(token.id, by="admin")
    elsewhere.sign_in.end(secret)
    assert access.sign_in.session(secret) is not None
    refused(elsewhere, "known", CHOSEN)
    assert elsewhere.people.add_first() is not None


def test_the_journal_tells_who_did_what_and_no_secret(access: Access, journal_url: str, tmp_path: Path) -> None:
    _, given = access.people.add("known", Role.VIEWER, by="admin")
    access.sign_in.change_password("known", given, CHOSEN, HERE)
    secret = access.sign_in.begin("known", CHOSEN, HERE)
    refused(access, "n" * 300, "a wrong password")
    access.sign_in.end(secret)
    token, token_secret = access.tokens.add("grafana", [Permission.READ], by="admin")
    access.tokens.revoke(token.id, by="admin")
    access.people.set_role("known", Role.OPERATOR, by="admin")
    with closing(open_journal(journal_url, StateFolder(tmp_path))) as journal:
        assert journal.verify() is None
        changed = journal.events(kind="account.changed")[-1].detail
        told = [(event.kind, event.subject, event.actor) for event in journal.events()]
        details = repr(journal.events())
    assert (changed["before"], changed["role"]) == ("viewer", "operator")
    assert sorted(told) == [
        ("account.added", "known", "admin"),
        ("account.changed", "known", "admin"),
        ("account.changed", "known", "known"),
        ("session.began", "known", "known"),
        ("session.ended", "known", "known"),
        ("session.refused", "n" * 64, "n" * 64),
        ("token.added", token.id, "admin"),
        ("token.revoked", token.id, "admin"),
    ]
    with access.engine.connect() as connection:
        tables = ("accounts", "sessions", "tokens", "failed_sign_ins")
        kept = repr([connection.exec_driver_sql(f"SELECT * FROM {name}").all() for name in tables])
    for word in (given, CHOSEN, "a wrong password", secret, token_secret):
        assert word not in details + kept

"""Signing in through a provider: there and back over HTTP, and every word of a provider that is not believed."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from fastapi.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from httpx import Client

from facility.access import AccountError, Permission, Role
from facility.accounts.oidc.exchange import MOST_BYTES
from facility.accounts.oidc.flow import LASTS
from facility.accounts.oidc.keys import AT_MOST_EVERY, HOLD
from facility.accounts.oidc.settings import OidcSettings
from facility.accounts.opening import Access
from facility.accounts.sign_in import CONFIRMED, IDLE
from facility.history.journal import open_journal
from facility.site_file import LoadedSite
from facility.state import StateFolder
from tests.accounts.hashing import cheap_hashes
from tests.api.askers import CHOSEN, Asker, add_person, nobody
from tests.api.oidc_provider import CLIENT, SECRET, Key, OidcProvider, providing
from tests.api.records_for_tests import FixedClock
from tests.api.serving import refused, serving

__all__ = ["cheap_hashes"]
LEAVE, RETURN, SESSION = "/sign-in/provider", "/sign-in/return", "/api/v1/session"
ROLES = {"plant-operators": Role.OPERATOR, "plant-admins": Role.ADMIN}


@dataclass
class Browser:
    """Keeps cookies as browsers do: what is `Strict` is not sent when another site's page leads here."""

    client: Client
    cookies: dict[str, tuple[str, bool]] = field(default_factory=dict)
    secure: bool = False

    def get(self, path: str, *, from_elsewhere: bool = False) -> httpx.Response:
        self.client.cookies.clear()
        sent = {name: value for name, (value, strict) in self.cookies.items() if not (strict and from_elsewhere)}
        headers = {"X-Forwarded-Proto": "https"} if self.secure else {}
        cookie = "; ".join(f"{name}={value}" for name, value in sent.items())
        answer = self.client.get(path, headers=headers | {"X-Forwarded-For": "192.0.2.7", "Cookie": cookie})
        for given in answer.headers.get_list("set-cookie"):
            first, *rest = given.split("; ")
            name, _, value = first.partition("=")
            attributes = {each.lower() for each in rest}
            assert {"httponly", "path=/"} <= attributes, given
            assert ("secure" in attributes) == self.secure == name.startswith("__Host-")
            self.cookies[name] = value.strip('"'), "samesite=strict" in attributes
        self.cookies = {name: kept for name, kept in self.cookies.items() if kept[0]}
        self.client.cookies.clear()
        return answer

    def away(self) -> str:
        """Go to the provider, and return the path to which it sends back."""
        to = self.get(LEAVE)
        assert to.status_code == 303, to.text
        back = httpx.get(to.headers["location"]).headers["location"]
        parts = urlsplit(back)
        assert parts.path == RETURN
        return f"{parts.path}?{parts.query}"

    def there_and_back(self) -> httpx.Response:
        return self.get(self.away(), from_elsewhere=True)

    def asker(self) -> Asker:
        cookie = "; ".join(f"{name}={value}" for name, (value, _) in self.cookies.items())
        headers = {"X-Forwarded-For": "192.0.2.7", "Cookie": cookie}
        return Asker(self.client, headers, Asker(self.client, headers).ask("GET", SESSION).json()["csrf"] or "")

    def who(self) -> dict[str, Any]:
        found: dict[str, Any] = self.asker().ask("GET", SESSION).json()
        return found


@pytest.fixture
def provider(clock: FixedClock) -> Iterator[OidcProvider]:
    with providing(clock) as found:
        yield found


@pytest.fixture
def settings(provider: OidcProvider, monkeypatch: pytest.MonkeyPatch) -> OidcSettings:
    monkeypatch.setenv("OIDC_SECRET", SECRET)
    return OidcSettings(
        name="Example <login>",
        issuer=provider.issuer,
        client_id=CLIENT,
        client_secret="env:OIDC_SECRET",
        roles=ROLES,
    )


@pytest.fixture
def client(
    loaded: LoadedSite, access: Access, tmp_path: Path, clock: FixedClock, settings: OidcSettings
) -> Iterator[Client]:
    with serving(loaded, StateFolder(tmp_path), clock, oidc=settings) as client:
        yield client


@pytest.fixture
def browser(client: Client) -> Browser:
    return Browser(client)


def not_let_in(answer: httpx.Response, browser: Browser, said: str) -> None:
    assert answer.status_code == 401, answer.text
    assert said in answer.text
    assert browser.cookies == {}
    assert browser.who()["role"] is None


def test_who_comes_back_is_signed_in(browser: Browser, provider: OidcProvider, access: Access) -> None:
    page = browser.there_and_back()
    assert page.status_code == 200
    assert 'http-equiv="refresh"' in page.text  # a redirection would still be the other site's, and carry no session
    who = browser.who()
    assert (who["role"], who["confirm_at_provider"]) == ("operator", True)
    assert who["name"].startswith("r.weber-")
    assert [account.issuer for account in access.people.all() if account.name == who["name"]] == [provider.issuer]
    (sent,) = provider.sent
    assert (sent["code_challenge_method"], sent["scope"], sent["tenant"]) == ("S256", "openid profile", "1")
    assert "prompt" not in sent
    browser.there_and_back()
    assert len(access.people.all()) == 2  # boss, and the same person again


def test_over_tls_all_cookies_are_of_this_host_only(browser: Browser) -> None:
    browser.secure = True
    to = browser.get(LEAVE)
    assert parse_qs(urlsplit(to.headers["location"]).query)["redirect_uri"][0].startswith("https://127.0.0.1:")


def test_the_page_offers_the_provider(client: Client, browser: Browser) -> None:
    page = nobody(client).ask("GET", "/sign-in").text
    assert '<a href="/sign-in/provider">Sign in with Example &lt;login&gt;</a>' in page
    assert 'name="password"' in page
    assert browser.who()["provider"] == {"name": "Example <login>", "path": LEAVE}


def test_a_provider_never_takes_over_an_account(browser: Browser, provider: OidcProvider, access: Access) -> None:
    provider.claims = {"preferred_username": "boss"}
    browser.there_and_back()
    name = browser.who()["name"]
    assert name != "boss"
    assert {account.name: account.role for account in access.people.all()} == {"boss": Role.ADMIN, name: Role.OPERATOR}
    provider.claims = {"sub": "another", "preferred_username": "R.Weber"}
    other = Browser(browser.client)
    other.there_and_back()
    assert other.who()["name"] not in (name, "boss")


def test_any_name_becomes_one_of_ours(browser: Browser, provider: OidcProvider) -> None:
    for number, called in enumerate((None, "", "42", "<script>", "Ä", 7, "x" * 500, "admin\n", "admin")):
        provider.claims = {"preferred_username": called, "sub": str(number)}
        browser.there_and_back()
        name = browser.who()["name"]
        assert re.fullmatch(r"[a-z][a-z0-9._@-]{0,54}-[0-9a-f]{8}", name), called
        browser.cookies.clear()


def test_without_a_mapped_group_nobody_is_let_in(browser: Browser, provider: OidcProvider, access: Access) -> None:
    for groups in (None, [], ["others"], "plant", [["plant-admins"]], {"plant-admins": 1}, 3):
        provider.claims = {"groups": groups}
        not_let_in(browser.there_and_back(), browser, "none of your groups")
    assert [account.name for account in access.people.all()] == ["boss"]


def test_the_role_follows_the_groups(browser: Browser, provider: OidcProvider, access: Access) -> None:
    browser.there_and_back()
    earlier = browser.asker()
    provider.claims = {"groups": ["others", "plant-operators", "plant-admins"]}
    other = Browser(browser.client)
    other.there_and_back()
    assert other.who()["role"] == "admin"  # the one that grants most
    refused(earlier.ask("GET", "/api/v1/site"), 401)  # with another role all sessions end
    name = other.who()["name"]
    for change in (
        lambda: access.people.set_role(name, Role.VIEWER, "boss"),
        lambda: access.people.give_password(name, "boss"),
    ):
        with pytest.raises(AccountError, match="signs in through"):
            change()


def test_a_disabled_person_stays_disabled(browser: Browser, access: Access) -> None:
    browser.there_and_back()
    name = browser.who()["name"]
    access.people.enable(name, "boss", enabled=False)
    browser.cookies.clear()
    not_let_in(browser.there_and_back(), browser, "disabled")


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "another nonce": ({"nonce": "made up"}, "of another sign-in"),
    "no nonce": ({"nonce": None}, "of another sign-in"),
    "another audience": ({"aud": "other"}, "for another program"),
    "also for another": ({"aud": [CLIENT, "other"]}, "for another program"),
    "handed to another": ({"azp": "other"}, "for another program"),
    "audience of a number": ({"aud": 7}, "for another program"),
    "another issuer": ({"iss": "https://evil.example"}, "InvalidIssuerError"),
    "no issuer": ({"iss": None}, "MissingRequiredClaimError"),
    "ended": ({"exp": 1773144000 - 61}, "has ended"),
    "no end": ({"exp": None}, "MissingRequiredClaimError"),
    "an end that is none": ({"exp": "soon"}, "a time that is none"),
    "an end without end": ({"exp": 1e300}, "a time that is none"),
    "not yet": ({"nbf": 1773144000 + 61}, "not of now"),
    "of tomorrow": ({"iat": 1773144000 + 86400}, "not of now"),
    "nobody": ({"sub": ""}, "names nobody"),
    "a number": ({"sub": 7}, "names nobody"),
    "too long a subject": ({"sub": "x" * 256}, "names nobody"),
}


def test_what_does_not_fit_is_not_believed(browser: Browser, provider: OidcProvider, access: Access) -> None:
    for claims, said in WRONG.values():
        provider.claims = claims
        not_let_in(browser.there_and_back(), browser, said)
    assert [account.name for account in access.people.all()] == ["boss"]


def test_for_us_among_others_when_it_says_so(browser: Browser, provider: OidcProvider) -> None:
    provider.claims = {"aud": [CLIENT, "other"], "azp": CLIENT}
    assert browser.there_and_back().status_code == 200


def without_signature(claims: dict[str, Any]) -> str:
    return jwt.encode(claims, "", "none")


def with_a_public_key_as_secret(provider: OidcProvider, claims: dict[str, Any]) -> str:
    """HS256 under the published modulus: what a library that trusts `alg` takes for a signature of the provider."""
    modulus = base64.urlsafe_b64decode(provider.key.published()["n"] + "==")
    return jwt.encode(claims, modulus, "HS256", headers={"kid": provider.key.id})


def test_no_signature_and_no_shared_secret_is_believed(browser: Browser, provider: OidcProvider) -> None:
    for sign in (without_signature, lambda claims: with_a_public_key_as_secret(provider, claims)):
        provider.sign = sign
        not_let_in(browser.there_and_back(), browser, "not signed in a way that is accepted")


def test_another_key_under_the_same_id_is_not_believed(browser: Browser, provider: OidcProvider) -> None:
    published, provider.key = provider.key.published(), Key("first")
    provider.published = [published]
    not_let_in(browser.there_and_back(), browser, "InvalidSignatureError")


def test_a_key_that_is_too_short_is_not_believed(browser: Browser, provider: OidcProvider) -> None:
    provider.key = Key("short", rsa.generate_private_key(65537, 1024))
    with pytest.warns(jwt.InsecureKeyLengthWarning):
        answer = browser.there_and_back()
    not_let_in(answer, browser, "InvalidKeyError")


def test_what_is_no_token_is_not_believed(browser: Browser, provider: OidcProvider) -> None:
    for token in ("", "a.b", "a.b.c", "é.b.c", 7, None, "." * 1000, "ey" * 1000):
        provider.answers["/token"] = JSONResponse({"id_token": token})
        not_let_in(browser.there_and_back(), browser, "ID token")


def test_keys_that_were_changed_are_looked_for(browser: Browser, provider: OidcProvider, clock: FixedClock) -> None:
    browser.there_and_back()
    provider.key = Key("second")
    clock.at += AT_MOST_EVERY
    assert browser.there_and_back().status_code == 200
    provider.published, provider.key = [provider.key.published()], Key("unknown")
    asked = provider.asked.count("/keys")
    for _ in range(3):
        assert "does not publish" in browser.there_and_back().text
    assert provider.asked.count("/keys") == asked  # asked a moment ago: made-up ids do not make us ask on and on
    clock.at += AT_MOST_EVERY
    assert "does not publish" in browser.there_and_back().text
    assert provider.asked.count("/keys") == asked + 1


def test_a_key_that_was_withdrawn_is_believed_no_more(
    browser: Browser, provider: OidcProvider, clock: FixedClock
) -> None:
    browser.there_and_back()
    provider.published = [Key("second").published()]
    assert browser.there_and_back().status_code == 200
    clock.at += HOLD
    assert "does not publish" in browser.there_and_back().text


@pytest.mark.parametrize("codes_last", [False, True])
def test_a_return_works_once(browser: Browser, provider: OidcProvider, codes_last: bool) -> None:
    provider.codes_last = codes_last
    back = browser.away()
    assert browser.get(back, from_elsewhere=True).status_code == 200
    answer = browser.get(back, from_elsewhere=True)
    assert answer.status_code == 401
    assert "not begun here" in answer.text


def test_a_code_that_was_used_is_refused_by_the_provider(browser: Browser) -> None:
    back = browser.away()
    thief = Browser(browser.client, dict(browser.cookies))
    assert browser.get(back, from_elsewhere=True).status_code == 200
    not_let_in(thief.get(back, from_elsewhere=True), thief, "answers with status 400")


def test_the_return_is_for_the_browser_that_left(browser: Browser, clock: FixedClock) -> None:
    back = browser.away()
    victim = Browser(browser.client)
    not_let_in(victim.get(back, from_elsewhere=True), victim, "not begun here")
    victim.away()
    not_let_in(victim.get(back, from_elsewhere=True), victim, "not begun here")  # on a way of its own
    clock.at += LASTS
    not_let_in(browser.get(back, from_elsewhere=True), browser, "too long ago")


def test_a_value_that_we_did_not_make_leads_nowhere(browser: Browser) -> None:
    browser.get(LEAVE)
    (name,) = browser.cookies
    for value in ("", "x", "1773144000..x", f"1773144000.{'0' * 64}.{'x' * 43}", f"9{'9' * 30}..{'x' * 43}"):
        forged = Browser(browser.client, {name: (value, False)})
        not_let_in(forged.get(f"{RETURN}?code=x&state=x", from_elsewhere=True), forged, "not begun here")


def test_a_refusal_of_the_provider_is_told_without_its_words(browser: Browser) -> None:
    state = parse_qs(urlsplit(browser.away()).query)["state"][0]
    words = f"state={state}&error=access_denied&error_description=<b>call+0800</b>"
    not_let_in(answer := browser.get(f"{RETURN}?{words}", from_elsewhere=True), browser, "access_denied")
    assert "0800" not in answer.text


def test_an_answer_of_another_provider_is_refused(browser: Browser, provider: OidcProvider) -> None:
    back = browser.away().replace("iss=", "iss=https://evil.example/")
    not_let_in(browser.get(back, from_elsewhere=True), browser, "of another provider")
    assert provider.asked.count("/token") == 0
    back = browser.away().partition("&iss=")[0]
    assert browser.get(back, from_elsewhere=True).status_code == 200  # not all providers tell it


HOSTILE = {
    "elsewhere": RedirectResponse("http://127.0.0.1:1/", 302),
    "a fault": PlainTextResponse("x", 500),
    "no JSON": PlainTextResponse("<html>"),
    "a list": JSONResponse([]),
    "too much": PlainTextResponse(json.dumps({"id_token": "x" * MOST_BYTES})),
    "too deep": PlainTextResponse("[" * 100_000),
}


@pytest.mark.parametrize("path", ["/token", "/keys", "/.well-known/openid-configuration"])
def test_hostile_answers_are_refused(browser: Browser, provider: OidcProvider, clock: FixedClock, path: str) -> None:
    for answer in HOSTILE.values():
        clock.at += HOLD  # what was known is asked for anew
        provider.answers[path] = answer
        if path.startswith("/."):
            told = browser.get(LEAVE)
            assert told.status_code == 503
            assert "127.0.0.1" in told.text
        else:
            not_let_in(browser.there_and_back(), browser, "127.0.0.1")


DISCOVERIES: list[dict[str, Any]] = [
    {"issuer": "https://evil.example"},
    {"token_endpoint": None},
    {"token_endpoint": "http://10.0.0.1/token"},
    {"jwks_uri": "file:///etc/passwd"},
    {"authorization_endpoint": "javascript:alert(1)"},
    {"authorization_endpoint": "https://evil.example\r\nSet-Cookie: x=y"},
    {"jwks_uri": "https://host:port/"},
]


def test_addresses_that_are_not_asked(browser: Browser, provider: OidcProvider) -> None:
    for said in DISCOVERIES:
        provider.discovery = said
        assert browser.get(LEAVE).status_code == 503, said
        assert browser.cookies == {}


def test_keys_that_are_none(browser: Browser, provider: OidcProvider, clock: FixedClock) -> None:
    wrong: list[object] = [None, {}, [7], [{"kty": "RSA", "kid": "first", "n": "!", "e": 1}], [{}] * 65]
    for keys in wrong:
        clock.at += HOLD
        provider.answers["/keys"] = JSONResponse({"keys": keys})
        not_let_in(browser.there_and_back(), browser, "provider")


def test_a_provider_that_is_away_is_told(browser: Browser, settings: OidcSettings, provider: OidcProvider) -> None:
    provider.answers["/.well-known/openid-configuration"] = Response(status_code=502)
    assert "answers with status 502" in browser.get(LEAVE).text
    del provider.answers["/.well-known/openid-configuration"]
    assert browser.there_and_back().status_code == 200


def test_risky_writes_want_the_person_at_the_provider_again(
    browser: Browser, provider: OidcProvider, clock: FixedClock
) -> None:
    provider.claims = {"groups": ["plant-admins"]}
    browser.there_and_back()
    admin = browser.asker()
    assert admin.ask("POST", "/api/v1/users", json={"name": "a"}).status_code == 201
    clock.at += CONFIRMED
    answer = admin.ask("POST", "/api/v1/users", json={"name": "b"})
    assert answer.json()["type"] == "urn:facility:confirm"
    assert LEAVE in refused(answer, 403)
    assert admin.ask("POST", f"{SESSION}/confirm", json={"password": CHOSEN}).json()["type"] == "urn:facility:provider"
    assert "Confirmed" in browser.there_and_back().text
    assert (provider.sent[-1]["prompt"], provider.sent[-1]["max_age"]) == ("login", "0")
    assert admin.ask("POST", "/api/v1/users", json={"name": "b"}).status_code == 201  # the same session as before


@pytest.mark.parametrize("earlier_s", [None, 120])
def test_a_provider_that_does_not_ask_anew_confirms_nothing(
    browser: Browser, provider: OidcProvider, clock: FixedClock, earlier_s: int | None
) -> None:
    provider.claims = {"groups": ["plant-admins"]}
    browser.there_and_back()
    clock.at += IDLE
    assert browser.who()["locked"] is True
    when = None if earlier_s is None else int(clock.now().timestamp()) - earlier_s
    provider.claims |= {"auth_time": when}
    answer = browser.there_and_back()
    assert answer.status_code == 401
    assert "did not ask anew" in answer.text
    assert browser.who()["locked"] is True
    provider.claims = {"groups": ["plant-admins"]}
    browser.there_and_back()
    assert browser.who()["locked"] is False


@pytest.mark.parametrize("auth_time", [None, 1773144000 - 3600])
def test_a_sign_in_of_long_ago_reads_and_does_not_administer(
    browser: Browser, provider: OidcProvider, auth_time: int | None
) -> None:
    provider.claims = {"groups": ["plant-admins"], "auth_time": auth_time}
    browser.there_and_back()
    admin = browser.asker()
    assert browser.who()["locked"] is False
    assert admin.ask("GET", "/api/v1/users").status_code == 200
    assert admin.ask("POST", "/api/v1/users", json={"name": "a"}).json()["type"] == "urn:facility:confirm"


def test_somebody_else_at_the_provider_confirms_no_session(
    browser: Browser, provider: OidcProvider, clock: FixedClock
) -> None:
    browser.there_and_back()
    first, name = browser.asker(), browser.who()["name"]
    clock.at += IDLE
    provider.claims = {"sub": "another"}
    browser.there_and_back()
    assert browser.who()["name"] != name
    told = first.ask("GET", SESSION).json()
    assert (told["name"], told["locked"]) == (name, True)


def test_passwords_can_be_switched_off(
    loaded: LoadedSite, access: Access, tmp_path: Path, clock: FixedClock, settings: OidcSettings
) -> None:
    add_person(access, "viewer", Role.VIEWER)
    only = settings.model_copy(update={"passwords": False})
    with serving(loaded, StateFolder(tmp_path), clock, oidc=only) as client:
        page = nobody(client).ask("GET", "/sign-in").text
        assert 'name="password"' not in page
        given = {"name": "viewer", "password": CHOSEN}
        for answer in (client.post(SESSION, json=given), client.post("/sign-in", data=given)):
            assert answer.json()["type"] == "urn:facility:provider"
            refused(answer, 403)
        browser = Browser(client)
        assert browser.who()["passwords"] is False
        browser.there_and_back()
        assert set(browser.who()["permissions"]) == {Permission.READ, Permission.DECIDE, Permission.RELEASE}
        page = browser.asker().ask("GET", "/sign-in").text
        assert "Prove anew who you are" in page
        assert 'name="old"' not in page


def test_all_of_it_is_in_the_audit_trail(
    browser: Browser, provider: OidcProvider, loaded: LoadedSite, tmp_path: Path
) -> None:
    provider.claims = {"aud": "other"}
    browser.there_and_back()
    provider.claims = {"groups": []}
    browser.there_and_back()
    provider.claims = {}
    browser.there_and_back()
    name = browser.who()["name"]
    journal = open_journal(None, StateFolder(tmp_path))
    events = [event for event in journal.events() if event.subject in ("oidc", name)]
    journal.close()
    told = [(event.kind, event.subject, event.actor) for event in events]
    assert told == [
        ("session.refused", "oidc", "oidc"),
        ("session.refused", name, name),
        ("account.added", name, "oidc"),
        ("session.began", name, name),
    ]
    assert events[0].detail["reason"] == "the ID token is for another program"
    assert events[2].detail["provider_subject"] == "0af3"


def test_without_a_provider_there_is_no_way_to_one(
    loaded: LoadedSite, access: Access, tmp_path: Path, clock: FixedClock
) -> None:
    with serving(loaded, StateFolder(tmp_path), clock) as client:
        for path in (LEAVE, RETURN):
            assert "--oidc" in refused(client.get(path), 404)
        assert nobody(client).ask("GET", SESSION).json()["provider"] is None

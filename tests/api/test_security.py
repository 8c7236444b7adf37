"""Attacks that no other test of the API is about: paths out of it, long and false requests, planted sessions, secrets that leak."""

from __future__ import annotations

import io
import json
import re
import socket
from contextlib import suppress
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from httpx import Client

from facility.access import Permission, Role
from facility.accounts.opening import Access
from facility.api.guard import LONGEST_BODY
from facility.api.routes.reason import LONGEST_REASON
from tests.accounts.hashing import cheap_hashes
from tests.api.askers import CHOSEN, ELSEWHERE, Asker, add_person, machine, nobody, signed_in
from tests.api.serving import refused

__all__ = ["cheap_hashes"]
SESSION = "/api/v1/session"
BOSS = {"name": "boss", "password": CHOSEN}
PATHS = (
    "/../../etc/passwd",
    "/%2e%2e/%2e%2e/etc/passwd",
    "/style.css/../../../../etc/passwd",
    "/style.css%2f..%2f..%2fetc%2fpasswd",
    "/assets/../../../../etc/passwd",
    "/assets/..%2findex.html",
    "/assets/%2fetc%2fpasswd",
    "/api/v1/alarms/..%2f..%2f..%2fetc%2fpasswd",
    "/api/v1/alarms/%00",
    "//etc/passwd",
    "/\\..\\..\\etc\\passwd",
    "/api/v1/users/..%2ftokens",
)


def raw(client: Client, request: bytes) -> bytes:
    """Send what no HTTP library would, and return all that comes back."""
    host, port = client.base_url.host, client.base_url.port
    with socket.create_connection((host, port or 0), timeout=10) as connection:
        answer = b""
        with suppress(ConnectionError):  # it does not listen to the end of what is too long
            connection.sendall(request)
            while more := connection.recv(65536):
                answer += more
        return answer


def head(client: Client, method: str, path: str, *lines: str) -> bytes:
    host = client.base_url.netloc.decode()
    return "\r\n".join([f"{method} {path} HTTP/1.1", f"Host: {host}", "Connection: close", *lines, "", ""]).encode()


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


@pytest.mark.parametrize("path", PATHS)
def test_no_path_leads_out_of_the_api(client: Client, path: str) -> None:
    answer = raw(client, head(client, "GET", path))
    assert status(answer) in (400, 404, 405), answer
    assert b"root:" not in answer


def test_a_request_is_as_long_as_it_says_and_no_longer(client: Client) -> None:
    body = b'{"name": "boss", "password": "wrong"}'
    lengths = (f"Content-Length: {len(body)}", "Content-Type: application/json")
    assert status(raw(client, head(client, "POST", SESSION, *lengths) + body)) == 401
    assert status(raw(client, head(client, "POST", SESSION, *lengths) + body + b"x" * 10 * LONGEST_BODY)) in (400, 401)
    assert status(raw(client, head(client, "POST", SESSION, *lengths, "Content-Length: 1") + body)) == 400
    both = (*lengths, "Transfer-Encoding: chunked")
    assert status(raw(client, head(client, "POST", SESSION, *both) + b"0\r\n\r\n")) in (400, 411)
    for lies in ("-1", "+5", "0x10", "9" * 30, "٣"):
        answer = raw(client, head(client, "POST", SESSION, f"Content-Length: {lies}") + body)
        assert status(answer) in (400, 411, 413), lies


def test_long_headers_are_refused(client: Client) -> None:
    answer = raw(client, head(client, "GET", "/api/v1/site", "X-Long: " + "x" * 1_000_000))
    assert answer == b"" or status(answer) in (400, 431)  # or cut off before it has said all
    assert client.get("/api/v1/site").status_code == 200


def test_a_body_within_the_limit_is_still_held_to_its_fields(client: Client) -> None:
    boss = signed_in(client, "boss")
    long = {"name": "x" * (LONGEST_BODY // 2)}
    refused(boss.ask("POST", "/api/v1/users", json=long), 422)
    refused(boss.ask("POST", "/api/v1/alarms/x/shelve", json={"reason": "x" * (LONGEST_REASON + 1)}), 422)
    deep = "[" * 20_000 + "]" * 20_000
    refused(boss.ask("POST", "/api/v1/users", content=deep), 422)


@pytest.mark.parametrize("body", [b"\xff\xfe", b"{", b'{"name": NaN}', b"null", b"[]", b'"x"', b""])
def test_what_is_no_json_of_ours_is_the_callers_fault(client: Client, body: bytes) -> None:
    boss = signed_in(client, "boss")
    refused(boss.ask("POST", "/api/v1/users", content=body), 422)


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
def test_a_form_of_another_site_is_no_write(client: Client, access: Access, kind: str) -> None:
    """These are the kinds that a browser sends across sites without asking first."""
    boss = signed_in(client, "boss")
    headers = boss.headers | {"Content-Type": kind, "Origin": "https://evil.example"}
    refused(Asker(client, headers, boss.csrf).ask("POST", "/api/v1/users", content='{"name": "new"}'), 403)
    own = Asker(client, boss.headers | {"Content-Type": kind})
    assert own.ask("POST", "/api/v1/users", content='{"name": "new"}').json()["type"] == "urn:facility:csrf"
    assert [account.name for account in access.people.all()] == ["boss"]


def test_nobody_else_may_read_the_api_across_origins(client: Client) -> None:
    asked = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    for answer in (client.get("/api/v1/site", headers=asked), client.options("/api/v1/users", headers=asked)):
        assert not [name for name in answer.headers if name.startswith("access-control-")]


def test_a_planted_session_is_never_taken_over(client: Client) -> None:
    planted = {"Cookie": "facility-example=planted-by-somebody-else"}
    answer = client.post(SESSION, json=BOSS, headers=planted)
    secret = answer.cookies["facility-example"]
    client.cookies.clear()
    assert secret != "planted-by-somebody-else"
    assert client.get(SESSION, headers=planted).json()["name"] == "loopback"
    # Nor is the session of who was there before: whoever signs in over it gets another.
    held = {"Cookie": f"facility-example={secret}"}
    again = client.post(SESSION, json=BOSS, headers=held).cookies["facility-example"]
    client.cookies.clear()
    assert again != secret


def test_a_session_that_has_ended_is_over_everywhere(client: Client) -> None:
    first, second = signed_in(client, "boss"), signed_in(client, "boss")
    assert first.ask("DELETE", SESSION).status_code == 204
    refused(first.ask("GET", "/api/v1/users"), 401)
    assert second.ask("GET", "/api/v1/users").status_code == 200
    change = {"old": CHOSEN, "new": "entirely of my own"}
    third = signed_in(client, "boss")
    assert second.ask("POST", f"{SESSION}/password", json=change).status_code == 204
    refused(third.ask("GET", "/api/v1/users"), 401)


def test_the_cookie_of_a_session_is_no_token_and_a_token_no_cookie(client: Client, access: Access) -> None:
    boss, program = signed_in(client, "boss"), machine(client, access, Permission.READ)
    secret = boss.headers["Cookie"].partition("=")[2]
    refused(Asker(client, {**ELSEWHERE, "Authorization": f"Bearer {secret}"}).ask("GET", "/api/v1/site"), 401)
    token = program.headers["Authorization"].partition(" ")[2]
    refused(Asker(client, {**ELSEWHERE, "Cookie": f"facility-example={token}"}).ask("GET", "/api/v1/site"), 401)


def test_secrets_are_in_no_log_page_export_or_file(
    client: Client, access: Access, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    add_person(access, "r.weber", Role.VIEWER)
    boss = signed_in(client, "boss")
    added = boss.ask("POST", "/api/v1/users", json={"name": "new"}).json()["one_time_password"]
    token = boss.ask("POST", "/api/v1/tokens", json={"name": "grafana"}).json()["secret"]
    session = boss.headers["Cookie"].partition("=")[2]
    guessed, made_up = "guessed-password-77ab", "made-up-token-90cd"
    for name in ("boss", "r.weber", "nobody"):
        nobody(client).ask("POST", SESSION, json={"name": name, "password": guessed})
    Asker(client, {"Authorization": f"Bearer {made_up}"}).ask("GET", "/api/v1/site")
    boss.ask("POST", f"{SESSION}/confirm", json={"password": guessed})
    boss.ask("POST", f"{SESSION}/password", json={"old": CHOSEN, "new": "short-91"})
    nobody(client).ask("POST", "/api/v1/users", json={"name": "x", "password": guessed})
    paths = ["/", "/plain", "/docs", "/openapi.json", "/sign-in"]
    paths += [f"/api/v1/{name}" for name in ("users", "tokens", "metrics", "health", "events")]
    paths += [f"/api/v1/events/export?format={kind}" for kind in ("csv", "jsonl")]
    read = {path: boss.ask("GET", path).text for path in paths}
    exported = boss.ask("GET", "/api/v1/events/export?format=parquet").content
    read |= {"parquet": str(pq.read_table(io.BytesIO(exported)).to_pylist())}  # read, as its pages are compressed
    assert all("token.added" in read[place] for place in (*paths[-3:], "parquet"))
    read |= {"log": "".join(capfd.readouterr())}
    read |= {str(path): path.read_bytes().decode("latin-1") for path in tmp_path.rglob("*") if path.is_file()}
    assert len(read) > len(paths) + 1  # the journal is there
    for secret in (added, token, session, guessed, made_up, "short-91"):
        assert len(secret) > 7
        assert [place for place, text in read.items() if secret in text] == []
    key = tmp_path / "audit.key"
    chained = json.loads(key.read_text())["keys"][0]["secret"]
    assert [place for place, text in read.items() if chained in text] == [str(key)]
    csrf = [place for place, text in read.items() if boss.csrf in text]
    assert csrf == ["/sign-in"]  # where the form needs it
    hashes = re.findall(r"\$argon2id\$v=19\$m=(\d+),t=(\d+)", "".join(read.values()))
    assert hashes  # what is kept of passwords

"""Notices of alarms reach a real mail server and a real web server: signed, over TLS, again when refused, once when taken."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path

import pytest
import structlog

from facility.alarms.alarm import Priority
from facility.alarms.catalogue import CATALOGUE
from facility.alarms.judge import Verdict
from facility.alarms.notice import Channel
from facility.errors import ConfigurationError
from facility.history.alarm_book import AlarmBook
from facility.history.alarm_outbox import AlarmOutbox
from facility.history.journal_database import open_database
from facility.service.alarm_delivery import deliver_once, delivering
from facility.service.alarm_mail import MailSender
from facility.service.alarm_sender import Sender
from facility.service.alarm_settings import senders
from facility.state import StateFolder
from tests.service.alarm_receivers import PASSWORD, USER, Mailbox, WebServer, certificate, mail_server, web_server
from tests.service.watched_site import NOW, SetClock

OVERLOAD, HUMID, DRIFT = "ups_overloaded:ups-1", "hall_humid:hall-1", "model_drift:chiller-1"
SECRET = "a shared secret"
MAIL = {
    "FACILITY_ALARM_MAIL_SECURITY": "none",
    "FACILITY_ALARM_MAIL_FROM": "facility@plant.example",
    "FACILITY_ALARM_MAIL_TO": "ops@plant.example, night@plant.example",
}


class Post:
    """An outbox with a clock, and a book to raise alarms in."""

    def __init__(self, folder: Path) -> None:
        engine = open_database(None, StateFolder(folder))
        self.book, self.outbox, self.clock = AlarmBook(engine, "demo"), AlarmOutbox(engine, "demo"), SetClock()

    def tell(self, *alarms: str, active: bool = True) -> None:
        names = [alarm.partition(":") for alarm in alarms]
        text = "705 kW of 600 kW" if active else ""
        verdicts = [Verdict(":".join((c, s)), s, c, active, text, None) for c, _, s in names]
        self.book.observe(verdicts, self.clock.at, [Channel("mail"), Channel("webhook", Priority.LOW)])

    def deliver(self, sender: Sender, after_s: float = 0.0) -> int:
        self.clock.at += timedelta(seconds=after_s)
        return deliver_once(self.outbox, sender, self.clock)


@pytest.fixture
def post(tmp_path: Path) -> Iterator[Post]:
    opened = Post(tmp_path)
    yield opened
    opened.book.close()


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with mail_server() as box:
        yield box


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch) -> Iterator[WebServer]:
    monkeypatch.setenv("WEBHOOK_SECRET", SECRET)
    with web_server() as server:
        yield server


def by_mail(port: int, **more: str) -> Sender:
    (sender,) = senders({**MAIL, "FACILITY_ALARM_MAIL_SERVER": f"127.0.0.1:{port}", **more}, SetClock())
    return sender


def by_web(url: str, clock: SetClock) -> Sender:
    given = {"FACILITY_ALARM_WEBHOOK_URL": url, "FACILITY_ALARM_WEBHOOK_SECRET": "env:WEBHOOK_SECRET"}
    (sender,) = senders(given, clock)
    return sender


def test_one_mail_tells_all_that_waits_the_most_urgent_first(post: Post, mailbox: Mailbox) -> None:
    post.tell(HUMID, OVERLOAD, DRIFT)  # drift is low: no mail
    sender = by_mail(mailbox.port)
    assert post.deliver(sender) == 2
    assert post.deliver(sender) == 0
    (message,) = mailbox.messages
    assert message["Subject"] == "[demo] high alarm raised: UPS above its rating, ups-1 and 1 more"
    assert (message["From"], message["To"]) == ("facility@plant.example", "ops@plant.example, night@plant.example")
    assert message["Auto-Submitted"] == "auto-generated"
    text = message.get_content()
    assert "705 kW of 600 kW" in text
    assert " ".join(CATALOGUE["ups_overloaded"].response.split()) in " ".join(text.split())
    assert "model_drift" not in text


def test_the_end_of_an_alarm_is_told_too(post: Post, mailbox: Mailbox) -> None:
    sender = by_mail(mailbox.port)
    post.tell(OVERLOAD)
    post.deliver(sender)
    post.tell(OVERLOAD, active=False)
    post.deliver(sender)
    assert mailbox.messages[1]["Subject"] == "[demo] high alarm returned: UPS above its rating, ups-1"


def test_a_refused_mail_is_sent_again_and_a_taken_one_is_not(post: Post, mailbox: Mailbox) -> None:
    post.tell(OVERLOAD)
    sender = by_mail(mailbox.port)
    mailbox.answer = "451 try later"
    assert post.deliver(sender) == 1
    assert post.deliver(sender, after_s=14) == 0
    mailbox.answer = "250 OK"
    assert post.deliver(sender, after_s=1) == 1
    assert post.deliver(sender, after_s=3600) == 0
    assert len(mailbox.messages) == 1


def test_a_mail_server_that_is_away_for_an_hour(post: Post) -> None:
    with mail_server() as gone:
        port = gone.port
    sender = by_mail(port)
    post.tell(OVERLOAD)
    tried = sum(post.deliver(sender, after_s=15) for _ in range(240))
    assert 5 <= tried <= 12  # the pauses grow
    with mail_server(port=port) as back:
        assert post.deliver(sender, after_s=900) == 1
        assert len(back.messages) == 1


def test_sent_again_after_a_kill_it_has_the_same_ids(post: Post, mailbox: Mailbox, web: WebServer) -> None:
    post.tell(OVERLOAD)
    for sender in (by_mail(mailbox.port), by_web(web.url, post.clock)):
        sender.send(post.outbox.due(sender.channel.name, post.clock.at))  # taken, and the process died
        post.deliver(sender)
    first, second = mailbox.messages
    assert first["Message-ID"] == second["Message-ID"]
    assert web.posts[0].headers["Facility-Delivery"] == web.posts[1].headers["Facility-Delivery"]
    assert [one["id"] for one in web.posts[0].notices] == [one["id"] for one in web.posts[1].notices]


def test_one_recipient_that_is_refused_does_not_hold_up_the_others(post: Post, mailbox: Mailbox) -> None:
    post.tell(OVERLOAD)
    mailbox.unknown = "night@plant.example"
    with structlog.testing.capture_logs() as logs:
        post.deliver(by_mail(mailbox.port))
    assert len(mailbox.messages) == 1
    assert [entry["refused"] for entry in logs if "refused" in entry] == [["night@plant.example"]]


@pytest.fixture
def private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Mailbox]:
    """A mail server that wants TLS and a login, and whose certificate this machine knows."""
    path = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    with mail_server(path) as box:
        yield box


def login(password: Path) -> Mapping[str, str]:
    reference = {"FACILITY_ALARM_MAIL_USER": USER, "FACILITY_ALARM_MAIL_PASSWORD": f"file:{password}"}
    return {**reference, "FACILITY_ALARM_MAIL_SECURITY": "starttls"}


def test_over_starttls_with_a_password_from_a_private_file(post: Post, private: Mailbox, tmp_path: Path) -> None:
    secret = tmp_path / "password"
    secret.write_text(PASSWORD + "\n")
    secret.chmod(0o600)
    post.tell(OVERLOAD)
    post.deliver(by_mail(private.port, **login(secret)))
    assert len(private.messages) == 1


def test_over_tls_from_the_first_byte(post: Post, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    post.tell(OVERLOAD)
    with mail_server(path, at_once=True) as box:
        post.deliver(by_mail(box.port, FACILITY_ALARM_MAIL_SECURITY="tls"))
        assert len(box.messages) == 1


def test_a_wrong_password_is_told_without_it(post: Post, private: Mailbox, tmp_path: Path) -> None:
    secret = tmp_path / "password"
    secret.write_text("wrong battery")
    secret.chmod(0o600)
    post.tell(OVERLOAD)
    with structlog.testing.capture_logs() as logs:
        post.deliver(by_mail(private.port, **login(secret)))
    assert "login refused (535)" in str(logs)
    assert "battery" not in str(logs)
    assert private.messages == []


def test_a_certificate_that_nobody_knows_gets_no_mail(
    post: Post, private: Mailbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    post.tell(OVERLOAD)
    with structlog.testing.capture_logs() as logs:
        post.deliver(by_mail(private.port, **login(tmp_path / "password")))
    assert "CERTIFICATE_VERIFY_FAILED" in str(logs)
    assert private.messages == []


def test_a_secret_that_cannot_be_read_is_a_refusal_like_any_other(post: Post, private: Mailbox, tmp_path: Path) -> None:
    secret = tmp_path / "password"
    secret.write_text(PASSWORD)
    secret.chmod(0o644)
    post.tell(OVERLOAD)
    sender = by_mail(private.port, **login(secret))
    post.deliver(sender)
    secret.chmod(0o600)
    post.deliver(sender, after_s=15)
    assert len(private.messages) == 1


def test_a_webhook_is_signed_with_its_time(post: Post, web: WebServer) -> None:
    post.tell(OVERLOAD, DRIFT)
    sender = by_web(web.url, post.clock)
    post.deliver(sender)
    (taken,) = web.posts
    assert taken.path == "/hooks/alarms?room=2"
    stamp = taken.headers["Facility-Timestamp"]
    assert int(stamp) == NOW.timestamp()
    expected = hmac.new(SECRET.encode(), f"{stamp}.".encode() + taken.body, hashlib.sha256).hexdigest()
    assert taken.headers["Facility-Signature"] == f"sha256={expected}"
    assert [(one["alarm"], one["what"], one["priority"]) for one in taken.notices] == [
        (OVERLOAD, "raised", "high"),
        (DRIFT, "raised", "low"),
    ]
    assert taken.notices[0]["response"] == CATALOGUE["ups_overloaded"].response


@pytest.mark.parametrize("status", [301, 307, 400, 404, 500, 503])
def test_a_webhook_that_does_not_say_yes_is_asked_again_and_no_redirect_is_followed(
    post: Post, web: WebServer, status: int
) -> None:
    post.tell(OVERLOAD)
    sender = by_web(web.url, post.clock)
    web.status = status
    post.deliver(sender)
    assert len(web.posts) == 1
    web.status = 200
    post.deliver(sender, after_s=15)
    post.deliver(sender, after_s=3600)
    assert len(web.posts) == 2
    assert web.posts[0].body == web.posts[1].body


def test_the_address_of_a_webhook_is_kept_out_of_the_log(
    post: Post, web: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WEBHOOK_ADDRESS", f"http://127.0.0.1:{web.port}/token-1234")
    web.status = 500
    post.tell(OVERLOAD)
    with structlog.testing.capture_logs() as logs:
        post.deliver(by_web("env:WEBHOOK_ADDRESS", post.clock))
    assert web.posts[0].path == "/token-1234"
    assert "status 500" in str(logs)
    assert "token-1234" not in str(logs)


def test_threads_deliver_by_themselves_and_one_way_does_not_wait_for_the_other(
    post: Post, mailbox: Mailbox, web: WebServer
) -> None:
    mailbox.answer = "451 try later"
    ways = [by_mail(mailbox.port), by_web(web.url, post.clock)]
    post.tell(OVERLOAD)
    with delivering(post.outbox, ways, post.clock):
        deadline = time.monotonic() + 20
        while not web.posts and time.monotonic() < deadline:
            time.sleep(0.05)
    assert len(web.posts) == 1
    assert mailbox.messages == []


WRONG = (
    ({"FACILITY_ALARM_MAIL_SEVRER": "x"}, "FACILITY_ALARM_MAIL_SEVRER: there is no such variable"),
    ({**MAIL}, "FACILITY_ALARM_MAIL_SERVER is not set"),
    ({**MAIL, "FACILITY_ALARM_MAIL_SERVER": "h:99999"}, "expected HOST or HOST:PORT"),
    (
        {**MAIL, "FACILITY_ALARM_MAIL_SERVER": "h", "FACILITY_ALARM_MAIL_TO": "ops"},
        "FACILITY_ALARM_MAIL_TO ops: expected",
    ),
    ({**MAIL, "FACILITY_ALARM_MAIL_SERVER": "h", "FACILITY_ALARM_MAIL_USER": "u"}, "give both or none"),
    (
        {
            **MAIL,
            "FACILITY_ALARM_MAIL_SERVER": "h",
            "FACILITY_ALARM_MAIL_USER": "u",
            "FACILITY_ALARM_MAIL_PASSWORD": "env:P",
        },
        "a password is not sent without encryption",
    ),
    ({"FACILITY_ALARM_MAIL_SERVER": "h", "FACILITY_ALARM_MAIL_SECURITY": "ssl"}, "expected starttls, tls, none"),
    (
        {"FACILITY_ALARM_MAIL_PASSWORD": "hunter2", "FACILITY_ALARM_MAIL_USER": "u"},
        "referred to by env:NAME or file:PATH",
    ),
    ({"FACILITY_ALARM_WEBHOOK_URL": "ftp://x", "FACILITY_ALARM_WEBHOOK_SECRET": "env:S"}, "expected https://"),
    ({"FACILITY_ALARM_WEBHOOK_URL": "https://x"}, "FACILITY_ALARM_WEBHOOK_SECRET is not set"),
    (
        {
            "FACILITY_ALARM_WEBHOOK_URL": "https://x",
            "FACILITY_ALARM_WEBHOOK_SECRET": "env:S",
            "FACILITY_ALARM_WEBHOOK_PRIORITY": "urgent",
        },
        "expected high, medium, low",
    ),
)


@pytest.mark.parametrize(("environment", "said"), WRONG, ids=[said for _, said in WRONG])
def test_wrong_settings_are_named(environment: Mapping[str, str], said: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        senders(environment, SetClock())
    assert said in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_without_settings_nothing_is_sent() -> None:
    assert senders({"PATH": "/bin", "FACILITY_CI": "1"}, SetClock()) == []


def test_usual_ports() -> None:
    for security, port in (("starttls", 587), ("tls", 465), ("none", 25)):
        given = {**MAIL, "FACILITY_ALARM_MAIL_SERVER": "mail.example", "FACILITY_ALARM_MAIL_SECURITY": security}
        (sender,) = senders(given, SetClock())
        assert isinstance(sender, MailSender)
        assert (sender.host, sender.port) == ("mail.example", port)

"""Where notices of alarms go, by environment variables; docs/alarms.md lists them. Without any nothing is sent.

Secrets are given by reference, `env:NAME` or `file:PATH`, and read when they are needed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import get_args

from facility.alarms.alarm import Priority
from facility.alarms.notice import Channel
from facility.errors import ConfigurationError
from facility.ports import Clock
from facility.service.alarm_mail import MailSender, Security
from facility.service.alarm_sender import Sender
from facility.service.alarm_webhook import WebhookSender

PREFIX = "FACILITY_ALARM_"
MAIL = ("SERVER", "SECURITY", "FROM", "TO", "USER", "PASSWORD", "PRIORITY")
WEBHOOK = ("URL", "SECRET", "PRIORITY")
NAMES = frozenset({f"{PREFIX}MAIL_{name}" for name in MAIL} | {f"{PREFIX}WEBHOOK_{name}" for name in WEBHOOK})
_PORTS: Mapping[str, int] = {"starttls": 587, "tls": 465, "none": 25}


def senders(environment: Mapping[str, str], clock: Clock) -> list[Sender]:
    """Return the ways to people that the environment gives.

    Raises
    ------
    ConfigurationError
        If a variable is missing, unknown or wrong.
    """
    unknown = sorted(name for name in environment if name.startswith(PREFIX) and name not in NAMES)
    if unknown:
        raise ConfigurationError(f"{unknown[0]}: there is no such variable; expected one of {', '.join(sorted(NAMES))}")
    mail, webhook = (_of(environment, f"{PREFIX}{kind}_") for kind in ("MAIL", "WEBHOOK"))
    found: list[Sender] = []
    if mail:
        found.append(_mail(mail))
    if webhook:
        found.append(_webhook(webhook, clock))
    return found


def _of(environment: Mapping[str, str], prefix: str) -> dict[str, str]:
    return {name: value for name, value in environment.items() if name.startswith(prefix) and value}


def _mail(given: Mapping[str, str]) -> MailSender:
    security = _security(given)
    user, password = given.get(f"{PREFIX}MAIL_USER"), _reference(given, f"{PREFIX}MAIL_PASSWORD")
    if (user is None) != (password is None):
        raise ConfigurationError(f"{PREFIX}MAIL_USER and {PREFIX}MAIL_PASSWORD: give both or none")
    if user is not None and security == "none":
        raise ConfigurationError(
            f"{PREFIX}MAIL_SECURITY: a password is not sent without encryption; use starttls or tls"
        )
    host, port = _server(_need(given, f"{PREFIX}MAIL_SERVER"), _PORTS[security])
    return MailSender(
        host=host,
        port=port,
        security=security,
        sender=_address(_need(given, f"{PREFIX}MAIL_FROM"), f"{PREFIX}MAIL_FROM"),
        recipients=tuple(
            _address(each.strip(), f"{PREFIX}MAIL_TO") for each in _need(given, f"{PREFIX}MAIL_TO").split(",")
        ),
        user=user,
        password=password,
        channel=Channel("mail", _priority(given, f"{PREFIX}MAIL_PRIORITY")),
    )


def _webhook(given: Mapping[str, str], clock: Clock) -> WebhookSender:
    address = _need(given, f"{PREFIX}WEBHOOK_URL")
    if not address.startswith(("https://", "http://", "env:", "file:")):
        raise ConfigurationError(f"{PREFIX}WEBHOOK_URL: expected https://..., http://..., env:NAME or file:PATH")
    _need(given, f"{PREFIX}WEBHOOK_SECRET")
    secret = _reference(given, f"{PREFIX}WEBHOOK_SECRET")
    assert secret is not None
    return WebhookSender(address, secret, clock, Channel("webhook", _priority(given, f"{PREFIX}WEBHOOK_PRIORITY")))


def _security(given: Mapping[str, str]) -> Security:
    wanted = given.get(f"{PREFIX}MAIL_SECURITY", "starttls")
    for known in get_args(Security):
        if wanted == known:
            chosen: Security = known
            return chosen
    raise ConfigurationError(f"{PREFIX}MAIL_SECURITY {wanted}: expected {', '.join(get_args(Security))}")


def _server(text: str, usual_port: int) -> tuple[str, int]:
    host, colon, port = text.rpartition(":")
    if not colon:
        return text, usual_port
    if not (host and port.isdecimal() and 0 < int(port) < 1 << 16):
        raise ConfigurationError(f"{PREFIX}MAIL_SERVER {text}: expected HOST or HOST:PORT")
    return host.strip("[]"), int(port)


def _address(text: str, name: str) -> str:
    local, _, domain = text.rpartition("@")
    if not local or not domain or any(character.isspace() for character in text):
        raise ConfigurationError(f"{name} {text}: expected an address such as ops@example.org")
    return text


def _priority(given: Mapping[str, str], name: str) -> Priority:
    wanted = given.get(name, Priority.MEDIUM.value)
    if wanted not in list(Priority):
        raise ConfigurationError(f"{name} {wanted}: expected {', '.join(Priority)}")
    return Priority(wanted)


def _reference(given: Mapping[str, str], name: str) -> str | None:
    reference = given.get(name)
    if reference is not None and not reference.startswith(("env:", "file:")):
        raise ConfigurationError(f"{name}: a secret is referred to by env:NAME or file:PATH")
    return reference


def _need(given: Mapping[str, str], name: str) -> str:
    if name not in given:
        raise ConfigurationError(f"{name} is not set; docs/alarms.md tells what is needed")
    return given[name]

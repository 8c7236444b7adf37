"""Alarms by e-mail: one message for all that waits, by SMTP over TLS."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formatdate
from typing import Literal

from facility.alarms.notice import Channel, Notice, paragraph, subject
from facility.log import get_logger
from facility.secrets import resolve_secret
from facility.service.alarm_sender import TIMEOUT_S, NotTakenError, message_id

Security = Literal["starttls", "tls", "none"]
_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class MailSender:
    """A mail server, and who writes to whom; `password` is a reference (`env:NAME` or `file:PATH`)."""

    host: str
    port: int
    security: Security
    sender: str
    recipients: tuple[str, ...]
    user: str | None
    password: str | None
    channel: Channel

    def send(self, notices: Sequence[Notice]) -> None:
        """Send one message; who of several recipients is refused is logged, and it counts as taken when one is not."""
        try:
            with self._connected() as server:
                refused = server.send_message(self._message(notices), self.sender, self.recipients)
        except (OSError, smtplib.SMTPException) as error:
            raise NotTakenError(f"mail server {self.host} port {self.port}: {_reason(error)}") from error
        if refused:
            _log.error("recipients refused by the mail server", refused=sorted(refused))

    @contextmanager
    def _connected(self) -> Iterator[smtplib.SMTP]:
        context = ssl.create_default_context()
        connection = (
            smtplib.SMTP_SSL(self.host, self.port, timeout=TIMEOUT_S, context=context)
            if self.security == "tls"
            else smtplib.SMTP(self.host, self.port, timeout=TIMEOUT_S)
        )
        with connection as server:
            if self.security == "starttls":
                server.starttls(context=context)
            if self.user is not None and self.password is not None:
                server.login(self.user, resolve_secret(self.password).get_secret_value())
            yield server

    def _message(self, notices: Sequence[Notice]) -> EmailMessage:
        message = EmailMessage()
        message["Subject"] = subject(notices)
        message["From"], message["To"] = self.sender, ", ".join(self.recipients)
        message["Date"] = formatdate()
        message["Message-ID"] = f"<{message_id(notices)}@{self.sender.rpartition('@')[2]}>"
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: out-of-office replies stay away
        message.set_content("\n\n".join(paragraph(one) for one in notices) + "\n")
        return message


def _reason(error: Exception) -> str:
    """Return why, without what a server may repeat of a login."""
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return f"login refused ({error.smtp_code})"
    return str(error) or type(error).__name__

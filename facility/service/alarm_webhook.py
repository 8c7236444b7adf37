"""Notices by webhook: one POST for all that waits, signed (`facility.signed`)."""

from __future__ import annotations

import http.client
import json
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from facility.alarms.notice import Channel, Notice
from facility.ports import Clock
from facility.secrets import resolve_secret
from facility.service.alarm_sender import TIMEOUT_S, NotTakenError, message_id
from facility.signed import SIGNATURE, TIMESTAMP, signature

_MOST_OF_AN_ANSWER = 64 * 1024


@dataclass(frozen=True, slots=True)
class WebhookSender:
    """Where to post, and the reference of the secret to sign with. `address` may be a reference too: it often holds a token."""

    address: str
    secret: str
    clock: Clock
    channel: Channel

    def send(self, notices: Sequence[Notice]) -> None:
        """Post; anything but a status of 2xx is a refusal, a redirection too: it could lead anywhere."""
        body = json.dumps({"notices": [{"id": one.id, **one.body} for one in notices]}).encode()
        timestamp = str(int(self.clock.now().timestamp()))
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "facility",
            "Facility-Delivery": message_id(notices),
            TIMESTAMP: timestamp,
            SIGNATURE: signature(resolve_secret(self.secret).get_secret_value(), timestamp, body),
        }
        status = self._post(body, headers)
        if not 200 <= status < 300:
            raise NotTakenError(f"webhook: answered with status {status}")

    def _post(self, body: bytes, headers: dict[str, str]) -> int:
        target = urlsplit(resolved(self.address))
        path = (target.path or "/") + (f"?{target.query}" if target.query else "")
        host = target.hostname or ""
        connection = (
            http.client.HTTPSConnection(host, target.port, timeout=TIMEOUT_S, context=ssl.create_default_context())
            if target.scheme == "https"
            else http.client.HTTPConnection(host, target.port, timeout=TIMEOUT_S)
        )
        try:
            connection.request("POST", path, body, headers)
            answer = connection.getresponse()
            answer.read(_MOST_OF_AN_ANSWER)
        except (OSError, http.client.HTTPException) as error:
            raise NotTakenError(f"webhook {host}: {error or type(error).__name__}") from error
        finally:
            connection.close()
        return answer.status


def resolved(address: str) -> str:
    """Return an address, or the one that a reference leads to."""
    return resolve_secret(address).get_secret_value() if address.startswith(("env:", "file:")) else address

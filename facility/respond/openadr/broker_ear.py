"""An ear at a VTN's broker of MQTT: whatever is published on our topics rings the bell, and then the VTN is read.

Content is not looked at: a message that is forged, repeated, late or lost changes nothing but when the VTN is read. A connection
that is lost is made again, with growing pauses; each that is made rings too, for what was published meanwhile was missed.
"""

from __future__ import annotations

import ssl
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.reasoncodes import ReasonCode

from facility.respond.openadr.notifiers import BearerToken, Certificate, Offer

FIRST_PAUSE_S, LONGEST_PAUSE_S = 1, 60
KEEPALIVE_S = 30  # a broker that is silent for one and a half of it is gone
AT_LEAST_ONCE = 1
_OUR_ID = "{clientID}"  # so does the standard write it


class BrokerEar:
    """A connection to one broker, in a thread of its own.

    Attributes
    ----------
    why_not
        Why it hears nothing now; None while it listens.
    is_refused
        Whether the broker did not let us in: another token may be wanted.
    """

    def __init__(
        self, offer: Offer, client_id: str, token: Callable[[], str], ring: Callable[[], None], *, why_not: str
    ) -> None:
        self.why_not: str | None = why_not
        self.is_refused = False
        self._topics, self._ring = sorted(offer.topics), ring
        self._client = _client(offer, client_id, token)
        self._client.on_connect = self._connected
        self._client.on_connect_fail = lambda *_: self._lost("no connection")
        self._client.on_disconnect = lambda *given: self._lost(f"disconnected: {given[3]}")
        self._client.on_subscribe = self._subscribed
        self._client.on_message = lambda *_: ring()
        self._client.connect_async(offer.host, offer.port, KEEPALIVE_S)
        self._client.loop_start()

    def close(self) -> None:
        """Hang up."""
        self._client.disconnect()
        self._client.loop_stop()

    def _connected(self, client: mqtt.Client, _data: Any, _flags: Any, code: ReasonCode, _properties: Any) -> None:
        self.is_refused = code.is_failure
        if code.is_failure:
            self.why_not = f"refused: {code}"
            return
        client.subscribe([(topic, AT_LEAST_ONCE) for topic in self._topics])

    def _subscribed(
        self, _client: mqtt.Client, _data: Any, _message: int, codes: Sequence[ReasonCode], _properties: Any
    ) -> None:
        refused = [topic for topic, code in zip(self._topics, codes, strict=True) if code.is_failure]
        self.why_not = f"refused on {', '.join(refused)}" if refused else None
        self._ring()

    def _lost(self, why: str) -> None:
        if not self.is_refused:
            self.why_not = why


def _client(offer: Offer, client_id: str, token: Callable[[], str]) -> mqtt.Client:
    client, how = mqtt.Client(CallbackAPIVersion.VERSION2), offer.authentication
    client.reconnect_delay_set(FIRST_PAUSE_S, LONGEST_PAUSE_S)
    if isinstance(how, BearerToken):
        client.username_pw_set(client_id if how.username == _OUR_ID else how.username, token())
    if offer.encrypted:
        client.tls_set_context(_context(how) if isinstance(how, Certificate) else ssl.create_default_context())
    return client


def _context(how: Certificate) -> ssl.SSLContext:
    """Return how we show the certificate that the VTN gave us; Python reads one from files only, which are gone at once."""
    context = ssl.create_default_context(cadata=how.ca_cert)
    with tempfile.TemporaryDirectory() as folder:  # ours alone
        shown = Path(folder) / "client.pem"
        shown.write_text(f"{how.client_cert}\n{how.client_key}\n", encoding="ascii")
        context.load_cert_chain(shown)
    return context

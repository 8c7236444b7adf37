"""The broker as a VTN publishes there: topics of programs, of their events, and of what is targeted at one VEN."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from tests.respond.openadr.vtn_store import KINDS, Json

ROOT = "OpenADR/3.1.0"
PUBLISHER = "vtn", "vtn-secret"
_WITHIN_S = 10.0
_CHANGES = ("CREATE", "UPDATE", "DELETE")


@dataclass
class Broker:
    """A broker that is open to VENs as `authentication` says; the VTN itself has a password, on a port of its own."""

    uri: str
    authentication: Json
    port: int
    sent: list[mqtt.MQTTMessageInfo] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2)
        self._client.username_pw_set(*PUBLISHER)
        self._client.reconnect_delay_set(1, 1)
        self._client.connect("127.0.0.1", self.port)
        self._client.loop_start()

    def offer(self) -> Json:
        return {"URIS": [self.uri], "serialization": "JSON", "authentication": self.authentication}

    def publish(self, kind: str, change: int, told: Json, vens: Iterable[str]) -> None:
        """Say that an object was made, changed or removed; `vens` are those that it is targeted at."""
        notification = {"objectType": KINDS[kind], "operation": _CHANGES[change], "object": told}
        for path in _paths(kind, told, vens):
            topic = f"{ROOT}/{path}/{_CHANGES[change].lower()}"
            self.sent.append(self._client.publish(topic, json.dumps(notification), qos=1))

    def wait(self) -> None:
        """Wait until the broker has taken all that was published."""
        for each in self.sent:
            each.wait_for_publish(_WITHIN_S)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


def topics(parts: Iterable[str]) -> Json:
    """Return the topics of a path below `/notifiers/mqtt/topics`; only those of events have one for all changes."""
    path = "/".join([ROOT, *parts])
    named = {change: f"{path}/{change.lower()}" for change in _CHANGES}
    return {"topics": {**named, **({"ALL": f"{path}/+"} if path.endswith("events") else {})}}


def _paths(kind: str, told: Json, vens: Iterable[str]) -> Iterator[str]:
    if kind not in ("programs", "events"):
        return
    if told.get("targets"):
        yield from (f"vens/{ven}/{kind}" for ven in vens)
    else:
        yield "programs" if kind == "programs" else f"programs/{told['programID']}/events"

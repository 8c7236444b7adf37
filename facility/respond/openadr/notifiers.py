"""Where a VTN of OpenADR 3.1 publishes what has changed: the broker of `/notifiers`, how it lets us in, and our topics there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Annotated, Literal, TypeVar
from urllib.parse import quote, urlsplit

from pydantic import Field, ValidationError

from facility.respond.openadr.client import VtnClient
from facility.respond.openadr.entities import Entity
from facility.respond.openadr.http_json import VtnError
from facility.respond.openadr.settings import THIS_MACHINE

E = TypeVar("E", bound=Entity)
_PORTS = {"mqtt": 1883, "mqtts": 8883}
_NOT_OURS = (403, 404)  # a VTN need not have all kinds of topics for all of its clients


class Anonymous(Entity):
    """The broker asks for nothing."""

    method: Literal["ANONYMOUS"]


class BearerToken(Entity):
    """The broker takes the token that the VTN takes."""

    method: Literal["OAUTH2_BEARER_TOKEN"]
    username: str


class Certificate(Entity):
    """The broker takes a certificate, which the VTN hands out; all in PEM."""

    method: Literal["CERTIFICATE"]
    ca_cert: str
    client_cert: str
    client_key: Annotated[str, Field(repr=False)]


class Broker(Entity):
    """What a VTN says of its broker."""

    uris: Annotated[tuple[str, ...], Field(alias="URIS")]
    serialization: str
    authentication: Annotated[Anonymous | BearerToken | Certificate, Field(discriminator="method")]


class _Notifiers(Entity):
    mqtt: Annotated[Broker | None, Field(alias="MQTT")] = None


class _Topics(Entity):
    create: Annotated[str | None, Field(alias="CREATE")] = None
    update: Annotated[str, Field(alias="UPDATE")]
    delete: Annotated[str, Field(alias="DELETE")]
    every: Annotated[str | None, Field(alias="ALL")] = None

    def names(self) -> Iterator[str]:
        yield from (self.every,) if self.every else filter(None, (self.create, self.update, self.delete))


class _TopicsAnswer(Entity):
    topics: _Topics


@dataclass(frozen=True, slots=True)
class Offer:
    """A broker that we may listen to: where it is, how it lets us in, and what we are told where."""

    host: str
    port: int
    encrypted: bool
    authentication: Anonymous | BearerToken | Certificate
    topics: frozenset[str]


def offer(client: VtnClient, ven_id: str, programs: Iterable[str]) -> Offer | None:
    """Return the broker of a VTN, with the topics of some programs and of what is meant for us alone; None where it has none.

    Raises
    ------
    VtnError
        If it does not answer, or what it offers cannot be taken.
    """
    broker = _read(_Notifiers, client.get("/notifiers"), "/notifiers").mqtt
    if broker is None:
        return None
    host, port, encrypted = _place(broker.uris)
    topics = frozenset(topic for path in _paths(ven_id, programs) for topic in _topics(client, path))
    if not topics:
        raise VtnError("/notifiers/mqtt/topics: no topic is open to us")
    return Offer(host, port, encrypted, broker.authentication, topics)


def _place(uris: Iterable[str]) -> tuple[str, int, bool]:
    """Return the first address that may be taken: in the clear only on this machine, for a token may go there."""
    for uri in uris:
        parts = urlsplit(uri)
        encrypted = parts.scheme == "mqtts"
        if parts.hostname and (encrypted or (parts.scheme == "mqtt" and parts.hostname in THIS_MACHINE)):
            return parts.hostname, parts.port or _PORTS[parts.scheme], encrypted
    raise VtnError(f"/notifiers: MQTT: expected mqtts://... among {', '.join(uris) or 'its URIs'}")


def _paths(ven_id: str, programs: Iterable[str]) -> Iterator[str]:
    """Yield where topics are told: of programs, of the events of each, and of what is targeted at us."""
    us = f"vens/{quote(ven_id, safe='')}"
    yield from ("programs", f"{us}/programs", f"{us}/events")
    yield from (f"programs/{quote(program, safe='')}/events" for program in programs)


def _topics(client: VtnClient, path: str) -> Iterator[str]:
    where = f"/notifiers/mqtt/topics/{path}"
    try:
        answer = client.get(where)
    except VtnError as error:
        if error.status in _NOT_OURS:
            return
        raise
    yield from _read(_TopicsAnswer, answer, where).topics.names()


def _read(kind: type[E], answer: object, where: str) -> E:
    try:
        return kind.model_validate(answer)
    except ValidationError as error:
        wrong = error.errors()[0]
        raise VtnError(f"{where}: {'.'.join(map(str, wrong['loc']))}: {wrong['msg']}") from None

"""An SNMP agent as a device: GETs planned once and kept encoded, split where the agent needs it."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from typing import Protocol

from facility.acquire.ber import Raw
from facility.acquire.decode import BAD, Decoder, Value, encode_integer
from facility.acquire.requests import halve_snmp, oids, plan_snmp
from facility.acquire.snmp_pdu import TOO_BIG, Pdu, Request, error_name, get, set_integer
from facility.acquire.udp import UdpChannel
from facility.errors import DeviceError, WriteRefusedError
from facility.profile import Limits, ProfilePoint

_REFUSED = b""  # in place of a number: not merely absent
_ATTEMPTS = 2
Group = tuple[str, ...]


class Session(Protocol):
    """How an agent is asked: with a community, or as a v3 user."""

    async def ask(self, channel: UdpChannel, request: Request, timeout_s: float) -> Pdu:
        """Send a request and return its answer."""
        ...


class SnmpClient:
    """Reads and sets the points of one agent. The session, and with it the secret, is opened when first needed."""

    def __init__(
        self,
        channel: UdpChannel,
        open_session: Callable[[], Session],
        points: Mapping[str, ProfilePoint],
        limits: Limits,
    ) -> None:
        self._channel = channel
        self._open_session = open_session
        self._points = points
        self._limits = limits
        self._session: Session | None = None
        self._plan: tuple[Group, ...] = plan_snmp(points, limits)
        self._requests: dict[Group, Request] = {}
        self._users: dict[str, list[tuple[str, Decoder, Group]]] = {}
        for key, point in points.items():
            for oid in oids(point):
                self._users.setdefault(oid, []).append((key, Decoder(point), oids(point)))
        self._turn = asyncio.Lock()

    async def read(self, into: dict[str, Value]) -> None:
        """Read every point; groups that the agent made us split stay split."""
        raw: dict[str, Raw] = {}
        todo, done = deque(self._plan), []
        while todo:
            group = todo.popleft()
            pdu = await self._ask(self._request(group))
            smaller = _split(group, pdu)
            if smaller:
                todo.extendleft(reversed(smaller))
                continue
            raw.update(_values(group, pdu))
            done.append(group)
            self._decode(group, raw, into)
        self._plan = tuple(done)

    def _decode(self, group: Group, raw: Mapping[str, Raw], into: dict[str, Value]) -> None:
        for oid in group:
            for key, decoder, needed in self._users[oid]:
                if len(needed) == 1:
                    into[key] = decoder.varbind(raw[oid])
                elif all(each in raw for each in needed):
                    into[key] = decoder.varbinds([raw[each] for each in needed])

    def _request(self, group: Group) -> Request:
        if group not in self._requests:
            self._requests[group] = get(group)
        return self._requests[group]

    async def _ask(self, request: Request) -> Pdu:
        async with self._turn:
            session, self._session = self._session or self._open_session(), None
            answer = await self._attempts(session, request)
            self._session = session  # one that got no answer is not kept: its secret may be put right meanwhile
            return answer

    async def _attempts(self, session: Session, request: Request) -> Pdu:
        for _ in range(_ATTEMPTS - 1):
            try:
                return await session.ask(self._channel, request, self._limits.timeout_s)
            except DeviceError:
                self._channel.close()  # another source port, and the name looked up again
        return await session.ask(self._channel, request, self._limits.timeout_s)

    async def write(self, key: str, value: float) -> Value:
        """Set an instance and read it back."""
        point = self._points[key]
        pdu = await self._ask(set_integer(oids(point)[0], encode_integer(point, value)))
        if pdu.error_status:
            raise WriteRefusedError(f"the agent refuses to set {key}: {error_name(pdu.error_status)}")
        group = oids(point)
        answer = await self._ask(get(group))
        return Decoder(point).varbinds(answer.values) if answer.error_status == 0 else BAD

    async def close(self) -> None:
        """Close the socket and forget the session."""
        self._channel.close()
        self._session = None


def _split(group: Group, pdu: Pdu) -> tuple[Group, ...]:
    """Return the smaller groups to ask for instead; none if this answer is all there is to have."""
    if pdu.error_status == 0:
        return ()
    if pdu.error_status == TOO_BIG:
        return halve_snmp(group)
    if not 1 <= pdu.error_index <= len(group):
        raise DeviceError(f"the agent answers {error_name(pdu.error_status)} to the whole request")
    culprit = pdu.error_index - 1
    return ((group[culprit],), group[:culprit] + group[culprit + 1 :]) if len(group) > 1 else ()


def _values(group: Group, pdu: Pdu) -> dict[str, Raw]:
    values: tuple[Raw, ...] = (_REFUSED,) if pdu.error_status else pdu.values
    return dict(zip(group, values, strict=True))

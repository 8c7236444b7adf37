"""Walks along the chain of events and says where it is not as it was made; in constant memory."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from facility.errors import ConfigurationError
from facility.history.audit_keys import AuditKey
from facility.history.journal_codec import CHAIN_START, EVENT, chained, sealed

_HEAD = re.compile(r"([0-9]{1,18}):([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class Link:
    """An event as the database keeps it; `key_id` is none for events made before there was a key."""

    sequence: int
    time: datetime
    kind: str
    body: str
    previous_hash: str
    hash: str
    key_id: str | None


@dataclass(frozen=True, slots=True, order=True)
class Head:
    """The last event of a chain: who has it can tell later whether it, and all before it, is still there."""

    sequence: int
    hash: str

    def __str__(self) -> str:
        return f"{self.sequence}:{self.hash}"


def heads_in(text: str) -> list[Head]:
    """Return the heads that a text names as SEQUENCE:HASH, such as a file of exported heads.

    Raises
    ------
    ConfigurationError
        If it names none.
    """
    found = [Head(int(number), digest) for number, digest in _HEAD.findall(text)]
    if not found:
        raise ConfigurationError("no head found: expected SEQUENCE:HASH, as `facility audit head` prints it")
    return found


@dataclass(frozen=True, slots=True)
class Fault:
    """The first event that is not as it was made, or the first that is missing at the end, and what is wrong with it."""

    sequence: int
    what: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a walk found; `events` are those that were well."""

    events: int
    sealed: int  # made with a key that is known
    unsealed: int  # from before there was a key: whoever can change the database can make them anew
    lost: int  # made with a key that was declared lost: only their order is known
    head: Head | None
    fault: Fault | None


class _Walk:
    def __init__(self, keys: Sequence[AuditKey], heads: Iterable[Head]) -> None:
        self.coming, self.heads = deque(keys), deque(sorted(set(heads)))
        self.key: AuditKey | None = None
        self.head: Head | None = None
        self.sealed = self.unsealed = self.lost = 0
        self._begin_keys()

    def take(self, link: Link) -> Fault | None:
        """Take the next event; return what is wrong with it, if anything."""
        what = self._wrong_head(link) or self._wrong(link)
        if what is not None:
            return Fault(link.sequence, what)
        if self.key is None:
            self.unsealed += 1
        elif self.key.secret is None:
            self.lost += 1
        else:
            self.sealed += 1
        self.head = Head(link.sequence, link.hash)
        self._begin_keys()
        return None

    def end(self) -> Fault | None:
        """Return what is missing after the last event, if anything."""
        if self.heads:
            return Fault(self.next, f"and what followed is missing: event {self.heads[0].sequence} was the head once")
        if self.coming:
            return Fault(
                self.next, f"and what followed is missing: key {self.coming[0].id} began after one that is not there"
            )
        return None

    def verdict(self, fault: Fault | None) -> Verdict:
        events = self.sealed + self.unsealed + self.lost
        return Verdict(events, self.sealed, self.unsealed, self.lost, self.head, fault)

    @property
    def next(self) -> int:
        """The number that comes next; a database may leave some out."""
        return 1 if self.head is None else self.head.sequence + 1

    @property
    def _previous(self) -> str:
        return CHAIN_START if self.head is None else self.head.hash

    def _begin_keys(self) -> None:
        while self.coming and self.coming[0].after == self._previous:
            self.key = self.coming.popleft()

    def _wrong_head(self, link: Link) -> str | None:
        if self.heads and link.sequence > self.heads[0].sequence:
            return f"event {self.heads[0].sequence} before it, which was the head once, is not there"
        if self.heads and link.sequence == self.heads[0].sequence and link.hash != self.heads.popleft().hash:
            return "is another event than the one that was the head once"
        return None

    def _wrong(self, link: Link) -> str | None:
        expected = None if self.key is None else self.key.id
        if link.previous_hash != self._previous:
            after = "the start" if self.head is None else f"event {self.head.sequence}"
            return f"does not follow {after}: events were removed, inserted or reordered before it"
        if link.key_id != expected:
            return f"is made with key {link.key_id or 'none'}, while key {expected or 'none'} was in force"
        if not _is_whole(link, self.key):
            return "was changed, or was made without the key"
        event = EVENT.load(link.body)
        return (
            None
            if (link.kind, link.time) == (event.kind, event.time)
            else "has another kind or time than it was made with"
        )


def walk(links: Iterable[Link], keys: Sequence[AuditKey], heads: Iterable[Head] = ()) -> Verdict:
    """Return the first fault of a chain, or that there is none.

    Parameters
    ----------
    links
        All events in the order of their numbers.
    keys
        Of the journal, oldest first.
    heads
        Heads that were exported earlier; each must be on the chain.
    """
    going = _Walk(keys, heads)
    try:
        for link in links:
            if (fault := going.take(link)) is not None:
                return going.verdict(fault)
    except ValueError:  # a time or a text that is none
        return going.verdict(Fault(going.next, "cannot be read"))
    return going.verdict(going.end())


def _is_whole(link: Link, key: AuditKey | None) -> bool:
    if key is None:
        return link.hash == chained(link.previous_hash, link.body)
    return key.secret is None or link.hash == sealed(key.secret, link.previous_hash, link.body)

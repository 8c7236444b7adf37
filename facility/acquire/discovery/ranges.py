"""From what the user writes to the addresses that are asked: `10.0.0.0/28`, `10.0.0.5..20`, `10.0.0.5:1161`, `pdu-7.example`.

Never more than is written there. That is why odd spellings are refused: the system would read `10.1` as 10.0.0.1.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import NamedTuple

from facility.errors import ConfigurationError

MOST = 4096
_NAME = re.compile(r"([A-Za-z0-9][A-Za-z0-9_-]*\.)*[A-Za-z][A-Za-z0-9_-]*")
_WITH_PORT = re.compile(r"(?:\[([^\]]*)\]|([^:\[\]]*))(?::([0-9]{1,5}))?")
_Address = IPv4Address | IPv6Address


class Target(NamedTuple):
    """A host to ask, at a port of its own or at those of the protocols."""

    host: str
    port: int | None = None


class _Span(NamedTuple):
    """The addresses from one to another."""

    first: _Address
    last: _Address

    def __len__(self) -> int:
        return int(self.last) - int(self.first) + 1

    def addresses(self) -> Iterator[_Address]:
        return (self.first + step for step in range(len(self)))


def parse_targets(words: Iterable[str], most: int = MOST) -> tuple[Target, ...]:
    """Return the hosts that these words name, in their order, each once.

    Raises
    ------
    ConfigurationError
        If a word is no host, network or range, names what cannot be asked, or all name more than `most` addresses together.
    """
    parts = [_part(word) for word in words]
    count = sum(part.__len__() if isinstance(part, _Span) else 1 for part in parts)  # len() ends at 2^63
    if count > most:
        raise ConfigurationError(
            f"{count:,} addresses, more than {most:,}: give a smaller range, or allow it with --most {count}"
        )
    return tuple(dict.fromkeys(target for part in parts for target in _targets(part)))


def _targets(part: _Span | Target) -> Sequence[Target]:
    if isinstance(part, Target):
        return (part,)
    return [Target(_askable(address)) for address in part.addresses()]


def _part(word: str) -> _Span | Target:
    if "/" in word:
        return _network(word)
    if ".." in word:
        return _range(word)
    if word.count(":") > 1 and not word.startswith("["):
        return Target(_host(word, word))
    match = _WITH_PORT.fullmatch(word)
    if match is None:
        raise ConfigurationError(f"{word}: expected a host, host:port, [IPv6]:port, a network or a range")
    port = int(match[3]) if match[3] else None
    if port is not None and not 1 <= port <= 65535:
        raise ConfigurationError(f"{word}: a port is from 1 to 65535")
    return Target(_host(match[1] or match[2] or "", word), port)


def _network(word: str) -> _Span:
    """Return the hosts of a network: not its own address, nor that which all of its hosts hear."""
    try:
        network = ip_network(word, strict=True)
    except ValueError as error:
        raise ConfigurationError(f"{word}: not a network such as 10.0.0.0/28: {error}") from None
    first, last = network[0], network[-1]
    if network.num_addresses > 2:
        first += 1
        last -= network.version == 4
    return _Span(first, last)


def _range(word: str) -> _Span:
    """Return a range; its end may be given as the last part of the address only."""
    start, _, end = word.partition("..")
    first = _address(start, word)
    short = first.version == 4 and end.isdecimal() and end.isascii()
    last = _address(f"{start.rpartition('.')[0]}.{end}" if short else end, word)
    if first.version != last.version or int(first) > int(last):
        raise ConfigurationError(f"{word}: a range rises, such as 10.0.0.5..10.0.0.20 or 10.0.0.5..20")
    return _Span(first, last)


def _host(text: str, word: str) -> str:
    if _NAME.fullmatch(text) and len(text) <= 253:
        return text
    return _askable(_address(text, word))


def _address(text: str, word: str) -> _Address:
    try:
        return ip_address(text)
    except ValueError:
        raise ConfigurationError(f"{word}: {text or 'nothing'} is neither an address nor a host name") from None


def _askable(address: _Address) -> str:
    """Return an address as text if it can be one device's."""
    if getattr(address, "scope_id", None):
        raise ConfigurationError(
            f"{address}: site files have no addresses with a zone; give a global or a local (fd..) one"
        )
    if address.is_multicast or address.is_unspecified or address == IPv4Address(2**32 - 1):
        raise ConfigurationError(f"{address}: several hosts would hear what is sent there; give the address of one")
    return str(address)

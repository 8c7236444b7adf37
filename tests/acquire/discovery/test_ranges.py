"""What the user writes, and which addresses it names: never more."""

from __future__ import annotations

from ipaddress import IPv4Address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facility.acquire.discovery.ranges import Target, parse_targets
from facility.errors import ConfigurationError


def hosts(*words: str) -> list[str]:
    return [f"{target.host} {target.port}" if target.port else target.host for target in parse_targets(words)]


@pytest.mark.parametrize(
    ("word", "named"),
    [
        ("10.0.0.5", ["10.0.0.5"]),
        ("10.0.0.5:1161", ["10.0.0.5 1161"]),
        ("10.0.0.0/30", ["10.0.0.1", "10.0.0.2"]),
        ("10.0.0.0/31", ["10.0.0.0", "10.0.0.1"]),
        ("10.0.0.7/32", ["10.0.0.7"]),
        ("10.0.0.254..10.0.1.1", ["10.0.0.254", "10.0.0.255", "10.0.1.0", "10.0.1.1"]),
        ("10.0.0.5..7", ["10.0.0.5", "10.0.0.6", "10.0.0.7"]),
        ("fd00::5", ["fd00::5"]),
        ("FD00:0::5", ["fd00::5"]),
        ("[fd00::5]", ["fd00::5"]),
        ("[fd00::5]:1161", ["fd00::5 1161"]),
        ("fd00::/126", ["fd00::1", "fd00::2", "fd00::3"]),
        ("fd00::/127", ["fd00::", "fd00::1"]),
        ("fd00::9..fd00::a", ["fd00::9", "fd00::a"]),
        ("pdu-7", ["pdu-7"]),
        ("pdu_7.row1.example:161", ["pdu_7.row1.example 161"]),
    ],
)
def test_what_a_word_names(word: str, named: list[str]) -> None:
    assert hosts(word) == named


def test_words_keep_their_order_and_a_host_is_asked_once() -> None:
    assert hosts("10.0.0.9", "10.0.0.8..10", "10.0.0.9:99") == ["10.0.0.9", "10.0.0.8", "10.0.0.10", "10.0.0.9 99"]


@pytest.mark.parametrize(
    "word",
    [
        "",
        "10.1",  # the system takes it for 10.0.0.1
        "0x7f000001",
        "2130706433",
        "010.0.0.1",
        "10.0.0.300",
        "10.0.0.5/28",  # a host of it, or the network?
        "10.0.0.0/33",
        "10.0.0.0/",
        "10.0.0.9..5",
        "10.0.0.5..",
        "..10.0.0.5",
        "10.0.0.5..300",
        "10.0.0.5..fd00::1",
        "pdu-1..pdu-7",
        "10.0.0.5:0",
        "10.0.0.5:65536",
        "10.0.0.5:",
        ":161",
        "fe80::1%eth0",
        "[fd00::5",
        "[10.0.0.5",
        "0.0.0.0",
        "255.255.255.255",
        "224.0.0.1",
        "ff02::1",
        "223.255.255.255..224.0.0.0",
        "user@host",
        "a b",
        "-snmp",
        "pdu-7\n",
    ],
)
def test_what_is_refused(word: str) -> None:
    with pytest.raises(ConfigurationError):
        parse_targets([word])


def test_large_ranges_are_refused_before_they_are_written_out_and_allowed_when_said() -> None:
    with pytest.raises(ConfigurationError, match=r"65,534 addresses, more than 4,096: .* --most 65534"):
        parse_targets(["10.0.0.0/16"])
    with pytest.raises(ConfigurationError, match="more than 4,096"):
        parse_targets(["fd00::/8"])
    with pytest.raises(ConfigurationError, match="more than 4,096"):
        parse_targets(["10.0.0.0/21", "10.1.0.0/21", "10.2.0.0/29"])
    assert len(parse_targets(["10.0.0.0/16"], most=65534)) == 65534


@given(st.integers(0x0A000000, 0x0AFFFFFF), st.integers(20, 32), st.integers(0, 300))
def test_every_address_lies_in_what_was_given(first: int, prefix: int, more: int) -> None:
    network = ip_network((first, prefix), strict=False)
    assert all(IPv4Address(target.host) in network for target in parse_targets([str(network)]))
    last = min(first + more, 0x0AFFFFFF)
    targets = parse_targets([f"{IPv4Address(first)}..{IPv4Address(last)}"])
    assert targets == tuple(Target(str(IPv4Address(number))) for number in range(first, last + 1))


@given(st.text(max_size=30))
def test_any_text_is_refused_or_names_one_host_or_a_bounded_range(word: str) -> None:
    try:
        targets = parse_targets([word], most=100)
    except ConfigurationError:
        return
    assert 1 <= len(targets) <= 100

"""What an exception answer means: whose fault it is, and what to do about it. Pure.

Source: MODBUS Application Protocol Specification V1.1b3, section 7 (modbus.org).
"""

from __future__ import annotations

from typing import Final, Literal

Verdict = Literal["address", "busy", "gateway", "device"]

_VERDICTS: Final[dict[int, Verdict]] = {
    1: "address", 2: "address", 3: "address", 5: "busy", 6: "busy", 10: "gateway", 11: "gateway",
}  # fmt: skip
_NAMES: Final = {
    1: "illegal function", 2: "illegal data address", 3: "illegal data value", 4: "device failure", 5: "acknowledge",
    6: "device busy", 8: "memory parity error", 10: "gateway path unavailable", 11: "gateway target does not respond",
}  # fmt: skip
# "Acknowledge" (5) still works on it, and a gateway (10, 11) may have passed it on.
_REFUSALS: Final = frozenset({1, 2, 3, 6})
_IDENTIFY: Final = 0x2B
_READS: Final = frozenset({1, 2, 3, 4, _IDENTIFY})


def verdict(code: int) -> Verdict:
    """Return what an exception code is about.

    `address`: the device is well, but does not have what was asked for. `busy`: ask again. `gateway`: the gateway does not reach
    this unit, which says nothing about its others. `device`: the device is not well, or the code is of its maker's own.
    """
    return _VERDICTS.get(code, "device")


def refuses(code: int) -> bool:
    """Whether a write that got this answer has certainly not been done; after any other it is in doubt."""
    return code in _REFUSALS


def explain(code: int, unit: int, address: str) -> str:
    """Return an exception answer in words."""
    if verdict(code) == "gateway":
        return f"the gateway at {address} does not reach unit {unit}: {name(code)}"
    return f"unit {unit} at {address} answers: {name(code)}"


def name(code: int) -> str:
    """Return the name of an exception code."""
    return _NAMES.get(code, f"exception {code}")


def exception_code(pdu: bytes) -> int | None:
    """Return the code of an exception answer; None for any other answer."""
    return pdu[1] if len(pdu) == 2 and pdu[0] & 0x80 else None


def is_out_of_reach(pdu: bytes) -> bool:
    """Whether a gateway answers for a unit that does not."""
    code = exception_code(pdu)
    return code is not None and verdict(code) == "gateway"


def may_repeat(request: bytes, answer: bytes) -> bool:
    """Whether a request may be sent again after this answer.

    "Busy" did nothing yet. "Acknowledge" has taken the request and works on it: a read may be repeated, but a write would be
    done twice, and many controllers wear with each.
    """
    code = exception_code(answer)
    return code == 6 or (code == 5 and request[0] in _READS)

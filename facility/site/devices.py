"""Devices with an address, and the points that facility may set."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag, model_validator

from facility.site.snmp import SnmpAddress
from facility.site.values import (
    Count,
    Host,
    Id,
    Named,
    NonNegative,
    Number,
    Part,
    Positive,
    Reversion,
    RowLabels,
    need_order,
)


class ModbusAddress(Part):
    """A Modbus unit: behind a TCP server (`host`), or on a serial port of this machine (`serial`).

    `framing: rtu` is for gateways that hand RTU frames through unchanged.
    """

    host: Host | None = None
    port: Annotated[int, Field(strict=True, ge=1, le=65535)] = 502
    framing: Literal["tcp", "rtu"] = "tcp"
    serial: Annotated[str, Field(pattern=r"^/\S+$", max_length=253)] | None = None
    baud: Annotated[int, Field(strict=True, ge=300, le=921_600)] = 19200
    parity: Literal["none", "even", "odd"] = "even"
    stop_bits: Literal[1, 2] = 1
    unit_id: Annotated[int, Field(strict=True, ge=0, le=255)] = 1

    @model_validator(mode="after")
    def _one_line(self) -> ModbusAddress:
        if (self.host is None) == (self.serial is None):
            raise ValueError("give either host (TCP) or serial (a port of this machine)")
        foreign = ("baud", "parity", "stop_bits") if self.serial is None else ("port", "framing")
        fields = type(self).model_fields
        if misplaced := [name for name in foreign if getattr(self, name) != fields[name].default]:
            raise ValueError(f"{', '.join(misplaced)}: only with {'serial' if self.serial is None else 'host'}")
        if (self.serial is not None or self.framing == "rtu") and not 1 <= self.unit_id <= 247:
            raise ValueError("on a serial line, unit_id is from 1 to 247; 0 is for broadcasts, which nobody answers")
        return self


def _one_or_slots(value: object) -> str:
    return "<slots>" if isinstance(value, Mapping) else "<id>"


class Device(Named):
    """A thing with an address, read through a profile; `equipment` is what it measures or sets.

    One equipment id, or a map from the profile's slots to equipment ids. `tag` tells apart devices that measure the same. `rows`
    names the rows of the profile's tables that are there, and `intervals_s` how often its groups are polled, where not as the
    profile says.
    """

    profile: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    modbus: ModbusAddress | None = None
    snmp: SnmpAddress | None = None
    equipment: Annotated[
        Annotated[Id, Tag("<id>")] | Annotated[Mapping[str, Id], Tag("<slots>")], Discriminator(_one_or_slots)
    ]
    tag: Id | None = None
    rows: Mapping[str, RowLabels] = {}
    interval_s: Positive = 10.0
    intervals_s: Mapping[str, Positive] = {}

    @model_validator(mode="after")
    def _one_protocol(self) -> Device:
        if (self.modbus is None) == (self.snmp is None):
            raise ValueError("give either modbus or snmp")
        return self


class WritablePoint(Part):
    """A point that facility may set, once an engineer switches writes on; in the point's canonical unit."""

    point: str
    low: Number
    high: Number
    max_step: Positive | None = None
    deadband: NonNegative = 0.0  # a smaller change is not sent
    min_interval_s: Positive = 900.0
    writes_per_day: Count | None = None  # None: 24 where a write wears the device's EEPROM, else 1,440
    reversion: Reversion = "none"

    @model_validator(mode="after")
    def _order(self) -> WritablePoint:
        need_order(self, "low", "high")
        return self

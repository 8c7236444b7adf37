"""Faults on demand: of devices, machines, sensors and the site; one book for the socket server and the site in process.

A fault is called by its target: a device id (what it answers), an equipment id (what it does), or `equipment.quantity` (what its
sensor says). docs/simulated_site.md lists them.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from facility.site import Site
from tools.simulated_site.device_points import keys_of
from tools.simulated_site.setpoints import Key


class Fault(enum.StrEnum):
    """What can go wrong."""

    NONE = "none"
    SILENT = "silent"  # a device takes requests and never answers
    SLOW = "slow"  # it answers after `amount` seconds
    GARBAGE = "garbage"  # it answers bytes that mean nothing
    EXCEPTION = "exception"  # it answers each request with an error of its protocol
    NO_VALUE = "nan"  # it answers what it says for "no value", everywhere
    TRIP = "trip"  # a machine stops; at the main meter: the utility is lost
    STUCK = "stuck"  # a sensor says for ever what it said when it began
    DRIFT = "drift"  # a sensor goes off by `amount` an hour
    BIAS = "bias"  # a sensor is off by `amount`
    SMOKE = "smoke"  # in a hall
    LEAK = "leak"


OF_DEVICES = frozenset({Fault.SILENT, Fault.SLOW, Fault.GARBAGE, Fault.EXCEPTION, Fault.NO_VALUE})
WITHOUT_VALUE = OF_DEVICES - {Fault.SLOW}  # in process a slow device still answers in time
OF_SENSORS = frozenset({Fault.STUCK, Fault.DRIFT, Fault.BIAS})
OF_HALLS = frozenset({Fault.SMOKE, Fault.LEAK})
SLOW_S = 2.0


class FaultRefusedError(ValueError):
    """A fault that its target cannot have."""


@dataclass(frozen=True, slots=True)
class Call:
    """A fault as it was called for; `amount` in the unit of the quantity (of a slow device: seconds), None for the usual one."""

    fault: Fault
    amount: float | None = None


@dataclass(frozen=True, slots=True)
class Spell:
    """A fault that comes and goes by itself, in seconds since the epoch."""

    target: str
    call: Call
    begins_s: float
    ends_s: float


@dataclass(frozen=True, slots=True)
class Active:
    """A fault that is there, and since when."""

    call: Call
    began_s: float


class Faults:
    """The faults of a site: those called for until they are taken back, and those on a schedule."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._halls = tuple(hall.id for hall in site.halls)
        self._devices = {device.id: device for device in site.devices}
        self.called: dict[str, Active] = {}
        self._spells: tuple[Spell, ...] = ()
        self.tripped: frozenset[str] = frozenset()
        self.smoking: frozenset[str] = frozenset()  # halls
        self.sensors: dict[Key, Active] = {}
        self.silent: frozenset[Key] = frozenset()  # what devices that answer nothing of use should measure
        self._seen: dict[str, Active] = {}

    def call(self, target: str, fault: Fault, amount: float | None = None, *, now_s: float) -> None:
        """Let a fault begin; it stays until it is taken back.

        Raises
        ------
        FaultRefusedError
            If there is no such target, or it cannot have this fault.
        """
        self._check(target, fault)
        call, before = Call(fault, amount), self.called.get(target)
        if fault is Fault.NONE:
            self.called.pop(target, None)
        elif before is None or before.call != call:
            self.called[target] = Active(call, now_s)
        self.step(now_s)

    def replace(self, calls: Mapping[str, Call], now_s: float) -> None:
        """Make these the only faults called for; those that stay keep their beginning.

        Raises
        ------
        FaultRefusedError
            If a target cannot have its fault; the others begin all the same.
        """
        for target in [target for target in self.called if target not in calls]:
            self.call(target, Fault.NONE, now_s=now_s)
        refused = []
        for target, call in calls.items():
            try:
                self.call(target, call.fault, call.amount, now_s=now_s)
            except FaultRefusedError as error:
                refused.append(str(error))
        if refused:
            raise FaultRefusedError("; ".join(refused))

    def schedule(self, spell: Spell) -> None:
        """Let a fault come and go by itself."""
        self._check(spell.target, spell.call.fault)
        self._spells = (*self._spells, spell)

    def step(self, now_s: float) -> None:
        """Find what is there now."""
        if not self._spells and self.called == self._seen:
            return
        active = dict(self.called)
        for spell in self._spells:
            if spell.begins_s <= now_s < spell.ends_s:
                active.setdefault(spell.target, Active(spell.call, spell.begins_s))
        if active == self._seen:
            return
        self._seen = active
        self.tripped = frozenset(self._with({Fault.TRIP}))
        self.smoking = frozenset(self._with({Fault.SMOKE}))
        self.sensors = {_key(target): active[target] for target in self._with(OF_SENSORS)}
        devices = [self._devices[target] for target in self._with(WITHOUT_VALUE)]
        self.silent = frozenset(key for device in devices for key in keys_of(device))

    def hall_values(self) -> dict[Key, float]:
        """Return the alarm inputs of the halls."""
        found: dict[Key, float] = {}
        for hall in self._halls:
            active = self._seen.get(hall)
            fault = Fault.NONE if active is None else active.call.fault
            found[(hall, "smoke_status")] = float(fault is Fault.SMOKE)
            found[(hall, "leak_status")] = float(fault is Fault.LEAK)
        return found

    def _with(self, faults: set[Fault] | frozenset[Fault]) -> Iterator[str]:
        return (target for target, active in self._seen.items() if active.call.fault in faults)

    def _check(self, target: str, fault: Fault) -> None:
        if fault in OF_DEVICES:
            known, what = target in self._devices, "a device id"
        elif fault in OF_SENSORS:
            known = any(_key(target) in keys_of(device) for device in self._site.devices)
            what = "a sensor of a device (equipment.quantity)"
        elif fault in OF_HALLS:
            known, what = target in self._halls, "a hall"
        else:
            known = fault is Fault.NONE or target in machines_of(self._site)
            what = "a machine that can stop"
        if not known:
            raise FaultRefusedError(f"{target}: {fault} is a fault of {what}, and there is none of this name")


def machines_of(site: Site) -> frozenset[str]:
    """Return what can trip: machines with a motor or an inverter, and the main meter, for the utility itself."""
    plants = site.plants
    groups = [site.crahs, site.heat_pumps, site.batteries, site.photovoltaics]
    groups += [loop.cdus for loop in site.liquid_loops]
    groups += [group for one in plants for group in (one.chillers, one.towers, one.dry_coolers, one.pumps)]
    return frozenset(one.id for group in groups for one in group) | {site.electrical.main_meter}


def _key(target: str) -> Key:
    equipment, _, quantity = target.partition(".")
    return equipment, quantity

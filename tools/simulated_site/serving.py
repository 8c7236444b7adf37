"""Puts every device of a site file behind its socket, over one simulated site."""

from __future__ import annotations

import asyncio
import hashlib
import math
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import replace

from facility.errors import ConfigurationError
from facility.secrets import resolve_secret
from facility.site import Device, ModbusAddress, SnmpAddress
from tools.simulated_site.device_points import equipment_of
from tools.simulated_site.devices import MODBUS_DEVICES, SNMP_DEVICES
from tools.simulated_site.devices.registers import Kind, Register
from tools.simulated_site.devices.varbinds import Oid, SnmpMap, count
from tools.simulated_site.fault_file import FaultFile
from tools.simulated_site.faults import Fault
from tools.simulated_site.protocol.modbus_server import ModbusDevice
from tools.simulated_site.protocol.snmp_agent import AgentProtocol, V2cAgent, V3Agent
from tools.simulated_site.protocol.snmp_pdu import Responder, Value
from tools.simulated_site.protocol.usm import usm_user
from tools.simulated_site.setpoints import Key, SetpointRefusedError
from tools.simulated_site.simulation import SimulatedSite
from tools.simulated_site.watchdog import BEAT, Watchdog

ENTERPRISE = b"\x80\x00\x01\x3e\x05"  # an engine id of enterprise 318 with octets of its own


class Readout:
    """What the devices measure, refreshed once a simulation step rather than once a request."""

    def __init__(self, simulation: SimulatedSite) -> None:
        self._simulation = simulation
        self._measured: dict[Key, float] = {}
        self.refresh()

    def refresh(self) -> None:
        """Measure anew."""
        self._measured = self._simulation.measured()

    def of(self, equipment: str | None, quantity: str) -> float:
        """Return a measured value; a setpoint as it is in force; NaN for a slot that the site does not use."""
        if equipment is None:
            return math.nan
        in_force = self._simulation.setpoints.in_force((equipment, quantity))
        return self._measured[(equipment, quantity)] if in_force is None else in_force


class DeviceServers:
    """All servers of a site, from start to stop."""

    def __init__(
        self,
        simulation: SimulatedSite,
        readout: Readout,
        faults: FaultFile,
        boots: int,
        watchdogs: Mapping[str, Watchdog] | None = None,
    ) -> None:
        self._simulation, self._readout, self._faults, self._boots = simulation, readout, faults, boots
        self._watchdogs = watchdogs or {}
        self._open = AsyncExitStack()

    async def start(self) -> int:
        """Listen for every device; return how many there are. Where one cannot be listened for, none is."""
        try:
            for device in self._simulation.site.devices:
                if device.modbus is not None:
                    await self._start_modbus(device, device.modbus)
                elif device.snmp is not None:
                    await self._start_snmp(device, device.snmp)
        except BaseException:
            await self.stop()
            raise
        return len(self._simulation.site.devices)

    async def stop(self) -> None:
        """Close every socket."""
        await self._open.aclose()

    async def _start_modbus(self, device: Device, address: ModbusAddress) -> None:
        if address.host is None or address.framing != "tcp":
            raise ConfigurationError(
                f"device {device.id}: the simulated site serves Modbus TCP; give host, framing: tcp"
            )

        watchdog = self._watchdogs.get(device.id)

        def read(register: Register) -> float:
            if watchdog is not None:
                watchdog.look()
                if register.quantity == BEAT:
                    return watchdog.counted
            return self._readout.of(equipment_of(device, register.slot), register.quantity)

        def write(register: Register, value: float) -> None:
            if watchdog is not None and register.quantity == BEAT:
                watchdog.write(value)
                return
            equipment = equipment_of(device, register.slot)
            if equipment is None:
                raise SetpointRefusedError(f"{device.id}: slot {register.slot} is not used")
            self._set(equipment, register.quantity, value)

        model = MODBUS_DEVICES[device.profile]
        if watchdog is not None:
            model = replace(model, holding=(*model.holding, Register(watchdog.address, Kind.UINT16, BEAT)))
        unit = ModbusDevice(address.unit_id, model, read, write, lambda: self._faults.state_of(device.id))
        server = await asyncio.start_server(unit.serve, address.host, address.port)
        self._open.callback(server.close)

    def _set(self, equipment: str, quantity: str, value: float) -> None:
        key = equipment, quantity
        before = self._simulation.setpoints.in_force(key)
        self._simulation.set(*key, value)
        assert before is not None, "what is no setpoint was refused"
        for watchdog in self._watchdogs.values():
            watchdog.set_remotely(key, before)

    async def _start_snmp(self, device: Device, address: SnmpAddress) -> None:
        responder = self._responder(device, SNMP_DEVICES[device.profile])
        agent = self._agent(device, address, responder)
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(
            lambda: AgentProtocol(agent, lambda: self._faults.state_of(device.id)), (address.host, address.port)
        )
        self._open.callback(transport.close)

    def _responder(self, device: Device, model: SnmpMap) -> Responder:
        fixed: Mapping[Oid, Value] = dict(model.fixed)
        measured = {varbind.oid: varbind for varbind in model.measured}

        def value(name: Oid) -> Value:
            if name in fixed:
                return fixed[name]
            varbind = measured[name]
            no_value = self._faults.of(device.id) is Fault.NO_VALUE
            true = math.nan if no_value else self._readout.of(equipment_of(device, ""), varbind.quantity)
            return count(varbind, true)

        return Responder((*fixed, *measured), value)

    def _agent(self, device: Device, address: SnmpAddress, responder: Responder) -> V2cAgent | V3Agent:
        if address.community is not None:
            return V2cAgent(resolve_secret(address.community).get_secret_value(), responder)
        assert address.v3 is not None
        if address.v3.auth_key is None:
            raise ConfigurationError(f"device {device.id}: the simulated site serves SNMPv3 with authentication only")
        engine_id = ENTERPRISE + hashlib.sha256(device.id.encode()).digest()[:12]
        priv = resolve_secret(address.v3.priv_key).get_secret_value() if address.v3.priv_key else None
        auth = resolve_secret(address.v3.auth_key).get_secret_value()
        user = usm_user(address.v3.user, address.v3.auth_protocol, auth, priv, engine_id)
        return V3Agent(engine_id, user, responder, self._boots)

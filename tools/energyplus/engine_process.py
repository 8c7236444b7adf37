"""The EnergyPlus engine in its own process: steps when it is told to, and ends when nobody is there any more.

Run as a script with the number of a connection's file descriptor; it imports nothing of this repository. Its first message is a
`Job`; after that each message is a row of actuator values (None: released) for one zone time step, answered by the outputs at its
end. An empty message or a closed connection ends the run.
"""

from __future__ import annotations

import shutil
import sys
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, TypedDict

from pyenergyplus.api import EnergyPlusAPI

_WEATHER_RUN = 3  # kind of simulation: a run period, after sizing


class Job(TypedDict):
    """What to run."""

    arguments: list[str]
    folder: str  # of the run; removed here if nobody is there any more to do it
    actuators: list[tuple[str, str, str]]  # component type, control type, key
    variables: list[tuple[str, str]]  # name, key
    meters: list[str]
    warm_up: list[list[float | None]]  # actuator values by step of the day


class Run:
    """One run: callbacks of the engine on one side, the connection on the other."""

    def __init__(self, api: Any, job: Job, connection: Connection) -> None:
        self._api, self._job, self._connection = api, job, connection
        self._state = api.state_manager.new_state()
        self._actuators: list[int] | None = None
        self._outputs: list[tuple[Any, int]] = []
        self._row: list[float | None] = []
        self._stopped = False

    def run(self) -> int:
        """Run to the end; return the engine's exit code."""
        runtime, state = self._api.runtime, self._state
        runtime.set_console_output_status(state, False)
        for name, key in self._job["variables"]:
            self._api.exchange.request_variable(state, name, key)
        runtime.callback_begin_zone_timestep_before_set_current_weather(state, self._begin)
        # Setpoint managers overwrite the setpoints of nodes at each system time step: they are set again after them.
        runtime.callback_after_predictor_after_hvac_managers(state, self._actuate)
        runtime.callback_end_zone_timestep_after_zone_reporting(state, self._end)
        return int(runtime.run_energyplus(state, self._job["arguments"]))

    def _begin(self, state: Any) -> None:
        exchange = self._api.exchange
        if self._stopped or exchange.kind_of_sim(state) != _WEATHER_RUN or not exchange.api_data_fully_ready(state):
            return
        if self._actuators is None and not self._found(state):
            return
        if exchange.warmup_flag(state):
            steps_per_hour = exchange.num_time_steps_in_hour(state)
            step = exchange.hour(state) * steps_per_hour + exchange.zone_time_step_number(state) - 1
            self._row = self._job["warm_up"][step % len(self._job["warm_up"])]
        else:
            self._row = self._told()
        self._actuate(state)

    def _told(self) -> list[float | None]:
        try:
            row: list[float | None] = self._connection.recv()
        except EOFError:
            row = []
        if not row:
            self._stop()
        return row

    def _stop(self) -> None:
        self._stopped = True
        self._api.runtime.stop_simulation(self._state)

    def _found(self, state: Any) -> bool:
        exchange, job = self._api.exchange, self._job
        self._actuators = [exchange.get_actuator_handle(state, *one) for one in job["actuators"]]
        variables = [exchange.get_variable_handle(state, *one) for one in job["variables"]]
        meters = [self._meter(state, one) for one in job["meters"]]
        if min([*self._actuators, *variables, *meters], default=0) < 0:
            known = [[point.what, point.name, point.key, point.type] for point in exchange.get_api_data(state)]
            dictionary = written(job, "eplusout.rdd")
            self._connection.send(("unknown", self._actuators, variables + meters, known, dictionary))
            self._stop()
            return False
        self._outputs = [(exchange.get_variable_value, handle) for handle in variables]
        self._outputs += [(exchange.get_meter_value, handle) for handle in meters]
        return True

    def _meter(self, state: Any, name: str) -> int:
        """Return a meter's handle; the engine says of its first one that it is not there (EnergyPlus issue 11522)."""
        handle = int(self._api.exchange.get_meter_handle(state, name))
        meters = (point.key for point in self._api.exchange.get_api_data(state) if point.what == "OutputMeter")
        return 0 if handle < 0 and next(meters, "").casefold() == name.casefold() else handle

    def _actuate(self, state: Any) -> None:
        exchange = self._api.exchange
        for handle, value in zip(self._actuators or (), self._row, strict=False):
            if value is None:
                exchange.reset_actuator(state, handle)
            else:
                exchange.set_actuator_value(state, handle, value)

    def _end(self, state: Any) -> None:
        exchange = self._api.exchange
        if (
            self._stopped
            or not self._outputs
            or exchange.warmup_flag(state)
            or exchange.kind_of_sim(state) != _WEATHER_RUN
        ):
            return
        try:
            self._connection.send(("values", [read(state, handle) for read, handle in self._outputs]))
        except OSError:  # nobody is there any more
            self._stop()


def written(job: Job, name: str) -> str:
    """Return a file that the engine has written; nothing where there is none."""
    path = Path(job["arguments"][job["arguments"].index("-d") + 1]) / name
    return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""


def main() -> None:
    """Take a job, run it, say how it ended."""
    connection = Connection(int(sys.argv[1]))
    job: Job = connection.recv()
    code = Run(EnergyPlusAPI(), job, connection).run()
    try:
        connection.send(("ended", code, written(job, "eplusout.err")))
    except OSError:
        shutil.rmtree(job["folder"], ignore_errors=True)


if __name__ == "__main__":
    main()

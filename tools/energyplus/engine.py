"""An EnergyPlus run that steps on demand, seen from our side of its process."""

from __future__ import annotations

import contextlib
import json
import subprocess
import tempfile
import weakref
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from tools.energyplus.engine_line import severe, start_process
from tools.energyplus.model import Model, package_folder
from tools.energyplus.names import Names

_END_S = 10.0
Row = Sequence[float | None]


class EngineError(RuntimeError):
    """The engine ended, or refuses the model; its own words are in the message."""


class UnknownNamesError(EngineError):
    """The model has no such actuators or outputs; their places in the order asked for, and what it has."""

    def __init__(self, actuators: Sequence[int], outputs: Sequence[int], names: Names) -> None:
        super().__init__("the model has no such actuator or output")
        self.actuators, self.outputs, self.names = actuators, outputs, names


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is set and read in each step: actuators (type, control, key), variables (name, key) and meters."""

    actuators: Sequence[tuple[str, str, str]]
    variables: Sequence[tuple[str, str]]
    meters: Sequence[str]


class Engine:
    """One run. `advance` does one zone time step; `close` ends it at any point, as does letting go of it."""

    def __init__(self, model: Model, weather: Path, wanted: Wanted, warm_up: Sequence[Row]) -> None:
        package_folder()  # says what to install
        self._folder = tempfile.TemporaryDirectory(prefix="energyplus-", ignore_cleanup_errors=True)
        folder = Path(self._folder.name)
        (folder / "model.epJSON").write_text(json.dumps(model), encoding="utf-8")
        self._connection, self._process = start_process()
        self._finalizer = weakref.finalize(self, _end, self._connection, self._process, self._folder)
        arguments = ["-w", str(weather), "-d", str(folder / "out"), str(folder / "model.epJSON")]
        job = {
            "arguments": arguments, "folder": str(folder), "actuators": list(wanted.actuators), "variables": list(wanted.variables),
            "meters": list(wanted.meters), "warm_up": [list(row) for row in warm_up],
        }  # fmt: skip
        self._connection.send(job)

    @property
    def process_id(self) -> int:
        """The id of the engine's process."""
        return self._process.pid

    def advance(self, row: Row) -> list[float]:
        """Do one zone time step with these actuator values; return the outputs at its end: variables, then meters.

        Raises
        ------
        UnknownNamesError
            If the model lacks something that is wanted.
        EngineError
            If the engine has ended; with its log's severe messages.
        """
        with contextlib.suppress(OSError):  # then it has said why, or is closed
            self._connection.send(list(row))
        try:
            kind, *rest = self._connection.recv()
        except (EOFError, OSError):
            self.close()
            raise EngineError("the EnergyPlus process is gone; begin again with a new plant") from None
        if kind == "values":
            values: list[float] = rest[0]
            return values
        self.close()
        if kind == "unknown":
            actuators, outputs, known, dictionary = rest
            raise UnknownNamesError(_missing(actuators), _missing(outputs), Names.of(known, dictionary))
        raise EngineError(f"EnergyPlus ended with code {rest[0]}:\n{severe(rest[1])}")

    def close(self) -> None:
        """End the run, its process and its files."""
        self._finalizer()


def _end(connection: Connection, process: subprocess.Popen[bytes], folder: tempfile.TemporaryDirectory[str]) -> None:
    with contextlib.suppress(OSError):
        connection.send([])  # asks it to stop
    connection.close()
    try:
        process.wait(_END_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    folder.cleanup()


def _missing(handles: Sequence[int]) -> list[int]:
    return [place for place, handle in enumerate(handles) if handle < 0]

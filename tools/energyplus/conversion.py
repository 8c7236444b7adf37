"""IDF files, the engine's older format, become epJSON by the engine itself."""

from __future__ import annotations

import tempfile
from pathlib import Path

from facility.errors import ConfigurationError
from tools.energyplus.engine_line import severe, start_process


def converted(idf: Path) -> str:
    """Return the text of an IDF file as epJSON.

    Raises
    ------
    ConfigurationError
        If the engine cannot read it, such as a file of another version of EnergyPlus.
    """
    with tempfile.TemporaryDirectory(prefix="energyplus-", ignore_cleanup_errors=True) as folder:
        connection, process = start_process()
        arguments = ["--convert-only", "-d", folder, str(idf)]
        with connection:
            nothing: dict[str, list[str]] = {"actuators": [], "variables": [], "meters": [], "warm_up": []}
            connection.send({"arguments": arguments, "folder": folder, **nothing})
            try:
                _, code, log = connection.recv()
            except EOFError:
                code, log = 1, ""
        process.wait()
        made = Path(folder) / f"{idf.stem}.epJSON"
        if code != 0 or not made.is_file():
            raise ConfigurationError(f"{idf}: cannot be made into epJSON:\n{severe(log)}")
        return made.read_text(encoding="utf-8")

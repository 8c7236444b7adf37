"""The state folder: everything a running site keeps on its own disk. By default `var/<site id>` in the working folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class StateFolder:
    """Paths inside a site's state folder."""

    root: Path

    @property
    def hot_log(self) -> Path:
        """Acknowledged readings that are not in the table yet."""
        return self.root / "hot_log"

    @property
    def table(self) -> Path:
        """The Delta table of readings, unless the site keeps it elsewhere."""
        return self.root / "telemetry"

    @property
    def journal(self) -> Path:
        """The SQLite journal, unless the site keeps it elsewhere."""
        return self.root / "journal.sqlite"

    @property
    def reached(self) -> Path:
        """How far the table had come when it was last seen."""
        return self.root / "reached.json"

    @property
    def models(self) -> Path:
        """Fitted models and their cards."""
        return self.root / "models"

    @property
    def findings(self) -> Path:
        """Points that are not believed now, and why."""
        return self.root / "findings.json"

    @property
    def lock(self) -> Path:
        """Held by the one process that may write readings."""
        return self.root / "writer.lock"

    @property
    def writing(self) -> Path:
        """A lock a device, held by whoever writes a setpoint to it."""
        return self.root / "writing"

    @property
    def seat(self) -> Path:
        """The name by which this folder is known among those that want to write to the site's devices."""
        return self.root / "writer_seat"

    @property
    def openadr(self) -> Path:
        """The bells that OpenADR servers ring when something has changed there."""
        return self.root / "openadr"

    @property
    def workload(self) -> Path:
        """What commands of a workload scheduler have done that is not undone."""
        return self.root / "workload.json"

    @property
    def offers(self) -> Path:
        """The offers to the grid that were made last."""
        return self.root / "offers.json"


def default_state(site_id: str) -> StateFolder:
    """Return the state folder that a command uses when none is given."""
    return StateFolder(Path("var") / site_id)

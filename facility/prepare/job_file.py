"""A list of jobs from a JSON or CSV file. Every word of it is checked; a fault is named with its entry and its key."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, model_validator

from facility.errors import ConfigurationError
from facility.workload import Job, JobKind

FIRST, LAST, LONGEST_H = datetime(2000, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC), 8784.0
MOST_BYTES, MOST_JOBS = 4_000_000, 10_000
_Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=60)]
_Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class _Entry(BaseModel):
    """A job as a file gives it. A cell left empty in CSV is as good as none."""

    model_config = ConfigDict(extra="forbid")

    id: _Name
    pool: _Name
    power_kw: _Positive
    energy_kwh: _Positive
    arrives: AwareDatetime
    due: AwareDatetime
    kind: JobKind = JobKind.WHOLE
    tier: _Name | None = None
    running: bool = False

    @model_validator(mode="after")
    def _in_time(self) -> _Entry:
        if self.due <= self.arrives:
            raise ValueError("due must lie after arrives")
        if not all(FIRST <= moment <= LAST for moment in (self.arrives, self.due)):
            raise ValueError(f"arrives and due must lie from {FIRST.year} to {LAST.year}")
        if self.energy_kwh > LONGEST_H * self.power_kw:
            raise ValueError("energy_kwh would take more than a year at power_kw")
        return self

    def job(self) -> Job:
        return Job(
            self.id, self.pool, self.power_kw, self.energy_kwh, _utc(self.arrives), _utc(self.due), self.kind,
            self.tier or "", self.running,
        )  # fmt: skip


def read_jobs(path: Path) -> tuple[Job, ...]:
    """Return the jobs of a file: a JSON list of objects, or CSV with the same keys as its first line.

    Raises
    ------
    ConfigurationError
        If the file cannot be read, or an entry is wrong.
    """
    try:
        with path.open("rb") as file:
            text = file.read(MOST_BYTES + 1)
        if len(text) > MOST_BYTES:
            raise ConfigurationError(f"{path}: larger than {MOST_BYTES} bytes; split it")
        entries = _csv(text.decode("utf-8-sig")) if path.suffix.lower() == ".csv" else json.loads(text)
    except OSError as error:
        raise ConfigurationError(f"{path}: cannot be read: {error.strerror}") from error
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError, csv.Error) as error:
        raise ConfigurationError(f"{path}: neither a JSON list nor CSV in UTF-8: {error}") from error
    if not isinstance(entries, list) or len(entries) > MOST_JOBS:
        raise ConfigurationError(f"{path}: expected a list of at most {MOST_JOBS} jobs")
    return tuple(_job(path, number, entry) for number, entry in enumerate(entries, start=1))


def _csv(text: str) -> list[dict[str, Any]]:
    rows = csv.DictReader(io.StringIO(text), restkey="too many cells", strict=True)
    return [{key: value for key, value in row.items() if value} for row in rows]


def _job(path: Path, number: int, entry: object) -> Job:
    try:
        return _Entry.model_validate(entry).job()
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        key = ".".join(str(part) for part in first["loc"])
        raise ConfigurationError(f"{path}: job {number}{f', {key}' if key else ''}: {first['msg']}") from None


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)

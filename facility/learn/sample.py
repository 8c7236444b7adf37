"""Some of the rows that a part was tested on, kept with its version: what was measured, predicted, and at which conditions."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt
import pandas as pd

from facility.errors import ModelError
from facility.records import FloatArray
from models.evidence import Evidence

MOST = 400  # points of a picture
_CONDITION = "at "


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """Columns of equal length, in the order of time; `conditions` by name."""

    times: npt.NDArray[np.datetime64]
    measured: FloatArray
    predicted: FloatArray
    conditions: Mapping[str, FloatArray]


def sample_of(evidence: Evidence, predicted: FloatArray) -> Sample:
    """Return readings evenly spread over rows, and over racks where there are several."""
    truth = evidence.measured.to_numpy(float)
    row, column = np.nonzero(np.isfinite(truth) & np.isfinite(predicted))
    # A stride that shares no factor with the number of racks would take them in turn; rounding does as well.
    taken = np.unique(np.linspace(0, row.size - 1, min(MOST, row.size)).round().astype(int)) if row.size else row
    row, column = row[taken], column[taken]
    times = pd.DatetimeIndex(evidence.rows.index).tz_convert(None).to_numpy("datetime64[s]")
    conditions = {name: evidence.rows[name].to_numpy(float)[row] for name in evidence.conditions}
    return Sample(times[row], truth[row, column], predicted[row, column], conditions)


def pack(samples: Mapping[str, Sample]) -> bytes:
    """Return samples by part as one compressed file of plain arrays."""
    arrays: dict[str, np.ndarray] = {}
    for part, one in samples.items():
        arrays |= {f"{part}/times": one.times, f"{part}/measured": one.measured, f"{part}/predicted": one.predicted}
        arrays |= {f"{part}/{_CONDITION}{name}": values for name, values in one.conditions.items()}
    packed = io.BytesIO()
    np.savez_compressed(packed, allow_pickle=False, **arrays)
    return packed.getvalue()


def unpack(data: bytes) -> dict[str, Sample]:
    """Return what `pack` packed.

    Raises
    ------
    ModelError
        If the bytes are no such file.
    """
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        return {part: _sample(part, arrays) for part in dict.fromkeys(name.partition("/")[0] for name in arrays)}
    except (BadZipFile, EOFError, KeyError, OSError, ValueError) as error:
        raise ModelError(f"the points of the pictures cannot be read: {error}") from error


def _sample(part: str, arrays: Mapping[str, np.ndarray]) -> Sample:
    prefix = f"{part}/{_CONDITION}"
    conditions = {name.removeprefix(prefix): values for name, values in arrays.items() if name.startswith(prefix)}
    times, measured, predicted = (arrays[f"{part}/{name}"] for name in ("times", "measured", "predicted"))
    return Sample(times, measured, predicted, conditions)

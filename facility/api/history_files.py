"""Readings as files: CSV and Parquet with the same columns, units and zone in their names; Parquet tells more beside.

What stood in for a point has a column of its own, `crah-1.supply_air_temperature_degc manual [degC]`, where anything did.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from facility.api.stood_in_columns import StoodInColumn
from facility.points import Point

TIME = "time [UTC]"
CSV_TYPE, PARQUET_TYPE = "text/csv; charset=utf-8", "application/vnd.apache.parquet"


def csv_file(frame: pd.DataFrame, points: Sequence[Point], stood_in: Sequence[StoodInColumn] = ()) -> str:
    """Return readings by time as CSV; empty where no good one was."""
    buffer = io.StringIO()
    named = frame.rename(columns={point.id: _heading(point) for point in points})
    named = named.assign(**{one.heading: one.values for one in stood_in})
    named.to_csv(buffer, index_label=TIME, date_format="%Y-%m-%dT%H:%M:%S.%fZ", lineterminator="\r\n")
    return buffer.getvalue()


def parquet_file(
    frame: pd.DataFrame, points: Sequence[Point], about: Mapping[str, str], stood_in: Sequence[StoodInColumn] = ()
) -> bytes:
    """Return readings by time as Parquet; `about` goes into the file, and point and unit into each column."""
    times = pa.array(pd.DatetimeIndex(frame.index).as_unit("us"), pa.timestamp("us", tz="UTC"))
    values = [frame[point.id] for point in points] + [one.values for one in stood_in]
    columns = [pa.array(each.to_numpy(float), pa.float64(), from_pandas=True) for each in values]
    fields = [pa.field(TIME, pa.timestamp("us", tz="UTC"))]
    fields += [
        pa.field(_heading(point), pa.float64(), metadata={"point": point.id, "unit": point.unit}) for point in points
    ]
    fields += [
        pa.field(
            one.heading, pa.float64(), metadata={"point": one.point.id, "unit": one.point.unit, "quality": one.kind}
        )
        for one in stood_in
    ]
    buffer = io.BytesIO()
    pq.write_table(pa.Table.from_arrays([times, *columns], schema=pa.schema(fields, dict(about))), buffer)
    return buffer.getvalue()


def _heading(point: Point) -> str:
    return f"{point.id} [{point.unit}]"

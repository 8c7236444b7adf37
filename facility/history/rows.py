"""Readings in columns, as every part of the history passes them on; sorting, and what counts when two share a time."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from facility.records import FloatArray, ReadingBatch

Int32Array = npt.NDArray[np.int32]
Int64Array = npt.NDArray[np.int64]

# A partition holds one day of one bucket. Eight keep a day of 5,000 points at 10 s in pieces that sort in memory (5 million rows),
# and a small site in few enough files. Changing it needs a new table: rows are looked for in the bucket of their equipment.
BUCKETS = 8
_BATCH_ROWS = 1 << 13
DAY_US = 86_400_000_000

TABLE_SCHEMA = pa.schema(
    [
        pa.field("point", pa.string(), nullable=False),
        pa.field("time", pa.timestamp("us", "UTC"), nullable=False),
        pa.field("value", pa.float64(), nullable=False),
        pa.field("quality", pa.int8(), nullable=False),
        pa.field("revision", pa.string(), nullable=False),
        pa.field("segment", pa.int64(), nullable=False),
        pa.field("date", pa.date32(), nullable=False),
        pa.field("bucket", pa.int32(), nullable=False),
    ]
)


def bucket_of(point: str) -> int:
    """Return the bucket of a point: all points of a piece of equipment share it, as they are read together."""
    return zlib.crc32(point.partition(".")[0].encode()) % BUCKETS


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Readings in columns of equal length, in the order they were written unless said otherwise.

    `code` indexes `points`, `revision` indexes `revisions`; `segment` grows with every write, so it tells which of two
    rows with the same point and time was written last.
    """

    points: Sequence[str]
    code: Int32Array
    time_us: Int64Array
    value: FloatArray
    quality: npt.NDArray[np.uint8]
    revisions: Sequence[str]
    revision: Int32Array
    segment: Int64Array

    def __len__(self) -> int:
        return len(self.code)

    def take(self, chosen: npt.NDArray[np.bool_] | npt.NDArray[np.intp] | slice) -> Rows:
        """Return the rows that a mask, an array of positions or a slice selects."""
        columns = ("code", "time_us", "value", "quality", "revision", "segment")
        return replace(self, **{name: getattr(self, name)[chosen] for name in columns})


def empty_rows() -> Rows:
    """Return no rows."""
    i32, i64 = np.empty(0, np.int32), np.empty(0, np.int64)
    return Rows((), i32, i64, np.empty(0), np.empty(0, np.uint8), (), i32, i64)


def from_batch(batch: ReadingBatch, segment: int) -> Rows:
    """Return a batch as rows of a segment."""
    codes: dict[str, int] = {}
    code = np.fromiter((codes.setdefault(point, len(codes)) for point in batch.points), np.int32, len(batch))
    return Rows(
        tuple(codes),
        code,
        batch.time_us,
        batch.values,
        batch.quality,
        (batch.site_revision,),
        np.zeros(len(batch), np.int32),
        np.full(len(batch), segment, np.int64),
    )


def from_arrow(table: pa.Table) -> Rows:
    """Return rows read from the table: columns of `TABLE_SCHEMA`, without the partitions, and perhaps without revisions."""
    points, code = _encoded(table["point"])
    known = "revision" in table.column_names
    revisions, revision = _encoded(table["revision"]) if known else (("",), np.zeros(len(table), np.int32))
    return Rows(
        points,
        code,
        table["time"].cast(pa.int64()).to_numpy(),
        table["value"].to_numpy(),
        table["quality"].to_numpy().astype(np.uint8),
        revisions,
        revision,
        table["segment"].to_numpy(),
    )


def _encoded(column: pa.ChunkedArray) -> tuple[Sequence[str], Int32Array]:
    encoded = column.cast(pa.string()).combine_chunks().dictionary_encode()
    if isinstance(encoded, pa.ChunkedArray):  # combine_chunks keeps a chunked array when there is nothing in it
        return [], np.empty(0, np.int32)
    return encoded.dictionary.to_pylist(), encoded.indices.to_numpy()


def to_arrow(rows: Rows) -> pa.RecordBatchReader:
    """Return rows as the table keeps them, with their partitions; batch by batch, because names are long when written out."""
    buckets = np.array([bucket_of(point) for point in rows.points], np.int32)
    points, revisions = pa.array(rows.points, pa.string()), pa.array(rows.revisions, pa.string())

    def batches() -> Iterator[pa.RecordBatch]:
        for start in range(0, len(rows), _BATCH_ROWS):
            part = rows.take(slice(start, start + _BATCH_ROWS))
            columns = [
                points.take(pa.array(part.code)),
                pa.array(part.time_us).cast(pa.timestamp("us", "UTC")),
                pa.array(part.value),
                pa.array(part.quality.astype(np.int8)),
                revisions.take(pa.array(part.revision)),
                pa.array(part.segment),
                pa.array((part.time_us // DAY_US).astype(np.int32)).cast(pa.date32()),
                pa.array(buckets[part.code]),
            ]
            yield pa.RecordBatch.from_arrays(columns, schema=TABLE_SCHEMA)

    return pa.RecordBatchReader.from_batches(TABLE_SCHEMA, batches())


def concat(parts: Sequence[Rows]) -> Rows:
    """Join rows, in order, under one vocabulary of points and revisions."""
    if not parts:
        return empty_rows()
    if len(parts) == 1:
        return parts[0]
    points: dict[str, int] = {}
    revisions: dict[str, int] = {}
    merged = {
        id(part.points): _merged(part.points, points) for part in {id(part.points): part for part in parts}.values()
    }
    return Rows(
        code=np.concatenate([merged[id(part.points)][part.code] for part in parts]),
        time_us=np.concatenate([part.time_us for part in parts]),
        value=np.concatenate([part.value for part in parts]),
        quality=np.concatenate([part.quality for part in parts]),
        revision=np.concatenate([_merged(part.revisions, revisions)[part.revision] for part in parts]),
        segment=np.concatenate([part.segment for part in parts]),
        points=tuple(points),
        revisions=tuple(revisions),
    )


def _merged(names: Sequence[str], known: dict[str, int]) -> Int32Array:
    return np.fromiter((known.setdefault(name, len(known)) for name in names), np.int32, len(names))


def sorted_once(rows: Rows) -> Rows:
    """Return rows sorted by point and time; of those with the same point and time only the last written."""
    rank = np.empty(len(rows.points), np.int32)
    rank[np.argsort(np.array(rows.points, dtype=object))] = np.arange(len(rows.points), dtype=np.int32)
    ordered = rows.take(np.lexsort((rows.segment, rows.time_us, rank[rows.code])))
    last = _last_of_equals(ordered.code, ordered.time_us)
    return ordered if last.all() else ordered.take(last)


def once(rows: Rows) -> Rows:
    """Return rows with only the last written of those with the same point and time; order is kept where none repeat."""
    if len(rows) < 2:
        return rows
    since = rows.time_us - rows.time_us.min()
    bits = int(since.max()).bit_length()
    if (
        bits + len(rows.points).bit_length() < 63
    ):  # one integer a row: finding that nothing repeats is then one quick sort
        key = np.sort((rows.code.astype(np.int64) << bits) | since)
        if not (key[1:] == key[:-1]).any():
            return rows
    return sorted_once(rows)


def _last_of_equals(code: Int32Array, time_us: Int64Array) -> npt.NDArray[np.bool_]:
    last = np.ones(len(code), np.bool_)
    last[:-1] = (code[1:] != code[:-1]) | (time_us[1:] != time_us[:-1])
    return last

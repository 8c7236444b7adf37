"""One frame of the hot log: an appended batch as bytes, with its length and checksum.

`magic crc32 length | header length, header | Arrow record batch`, little endian, padded to eight bytes. The header is JSON: the
site revision and the points that this segment names for the first time. Rows carry a point's number within the segment, so that a
row costs 21 bytes and not its name.
"""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from facility.history.rows import Rows
from facility.records import ReadingBatch

_MAGIC = b"FHL1"
_FRAME = struct.Struct("<4sIQ")
_LENGTH = struct.Struct("<Q")
_SCHEMA = pa.schema([("code", pa.int32()), ("time", pa.int64()), ("value", pa.float64()), ("quality", pa.uint8())])


class FrameWriter:
    """Encodes the batches of one segment."""

    def __init__(self) -> None:
        self._codes: dict[str, int] = {}
        self._last: tuple[tuple[str, ...], npt.NDArray[np.int32]] = ((), np.empty(0, np.int32))

    def encode(self, batch: ReadingBatch) -> list[bytes | memoryview]:
        """Return the frame of a batch, in pieces. It must be written, or the segment left: later frames build on it."""
        known = len(self._codes)
        code = self._code(batch.points)
        columns = [pa.array(column) for column in (code, batch.time_us, batch.values, batch.quality)]
        body = pa.RecordBatch.from_arrays(columns, schema=_SCHEMA).serialize()
        header = json.dumps(
            {"revision": batch.site_revision, "points": list(islice(self._codes, known, None))}
        ).encode()
        header += b" " * (-len(header) % 8)
        head = _LENGTH.pack(len(header)) + header
        frame = _FRAME.pack(_MAGIC, zlib.crc32(body, zlib.crc32(head)), len(head) + body.size)
        return [frame, head, memoryview(body)]

    def _code(self, points: Sequence[str]) -> npt.NDArray[np.int32]:
        points = tuple(points)
        if points != self._last[0]:  # a poller names the same points each time; looking 170,000 names up costs 90 ms
            for point in points:
                self._codes.setdefault(point, len(self._codes))
            self._last = (points, np.fromiter(map(self._codes.__getitem__, points), np.int32, len(points)))
        return self._last[1]


@dataclass(slots=True)
class FrameReader:
    """Reads the whole frames of one segment, from where it stopped last time."""

    segment: int
    offset: int = 0
    points: tuple[str, ...] = ()

    def read(self, data: memoryview, start: int = 0) -> Iterator[Rows]:
        """Yield the frames in `data`, which begins at `start` in the segment; ends at the first that is not whole."""
        while (payload := _payload(data[self.offset - start :])) is not None:
            self.offset += _FRAME.size + len(payload)
            yield self._decode(payload)

    def _decode(self, payload: memoryview) -> Rows:
        (length,) = _LENGTH.unpack_from(payload)
        header = json.loads(bytes(payload[_LENGTH.size : _LENGTH.size + length]))
        if header["points"]:
            self.points = (*self.points, *header["points"])
        body = pa.ipc.read_record_batch(pa.py_buffer(payload[_LENGTH.size + length :]), _SCHEMA)
        code, time_us, value, quality = (column.to_numpy() for column in body.columns)
        segment = np.full(len(code), self.segment, np.int64)
        return Rows(self.points, code, time_us, value, quality, (header["revision"],), np.zeros_like(code), segment)


def first_frame(path: Path, segment: int) -> Rows:
    """Return the rows of a segment's first frame, which must be whole, without reading the rest."""
    with path.open("rb") as file:
        head = file.read(_FRAME.size)
        data = head + file.read(_FRAME.unpack(head)[2])
    return next(FrameReader(segment).read(memoryview(data)))


def _payload(data: memoryview) -> memoryview | None:
    if len(data) < _FRAME.size:
        return None
    magic, checksum, length = _FRAME.unpack_from(data)
    payload = data[_FRAME.size : _FRAME.size + length]
    whole = magic == _MAGIC and len(payload) == length and zlib.crc32(payload) == checksum
    return payload if whole else None

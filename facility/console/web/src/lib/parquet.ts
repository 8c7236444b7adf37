/** Columns as a Parquet file: one row group, one plain uncompressed page a column, every cell optional. */

import { int, list, long, struct, text, varint, type Value } from "./thrift";

export interface ParquetColumn {
  readonly name: string;
  readonly kind: "text" | "number" | "time"; // times in milliseconds of Unix
  readonly cells: readonly (string | number | null)[];
}
interface Chunk {
  readonly page: Uint8Array;
  readonly at: number;
}

const MAGIC = new TextEncoder().encode("PAR1");
const [PLAIN, RLE] = [0, 3];
/** The physical type, and the logical one where there is one. */
const TYPES = { text: [6, 0], number: [5, undefined], time: [2, 9] } as const;
const OPTIONAL = 1;

/** Return the parts of the file; `about` are words of the whole of it. */
export function parquet(columns: readonly ParquetColumn[], about: Readonly<Record<string, string>>): Uint8Array<ArrayBuffer>[] {
  const rows = columns[0]?.cells.length ?? 0;
  const chunks: Chunk[] = [];
  let at = MAGIC.length;
  for (const column of columns) {
    chunks.push({ page: pageOf(column), at });
    at += chunks.at(-1)?.page.length ?? 0;
  }
  const group = struct({
    1: list(columns.map((column, index) => chunkOf(column, chunks[index] ?? { page: MAGIC, at }))),
    2: long(at - MAGIC.length),
    3: long(rows),
  });
  const footer = struct({
    1: int(1),
    2: list([struct({ 4: text("table"), 5: int(columns.length) }), ...columns.map(schemaOf)]),
    3: long(rows),
    4: list(rows ? [group] : []),
    5: list(Object.entries(about).map(([key, value]) => struct({ 1: text(key), 2: text(value) }))),
    6: text("facility"),
  });
  const end = Uint8Array.from(footer.bytes);
  return [MAGIC, ...(rows ? chunks.map((chunk) => Uint8Array.from(chunk.page)) : []), end, size(end.length), MAGIC];
}

function schemaOf({ name, kind }: ParquetColumn): Value {
  const [type, logical] = TYPES[kind];
  const fields = { 1: int(type), 3: int(OPTIONAL), 4: text(name) };
  return struct(logical === undefined ? fields : { ...fields, 6: int(logical) });
}

function chunkOf({ name, kind, cells }: ParquetColumn, { page, at }: Chunk): Value {
  const about = struct({
    1: int(TYPES[kind][0]),
    2: list([int(PLAIN), int(RLE)]),
    3: list([text(name)]),
    4: int(0), // not compressed
    5: long(cells.length),
    6: long(page.length),
    7: long(page.length),
    9: long(at),
  });
  return struct({ 2: long(at), 3: about });
}

/** Return the header, which cells there are, and these. */
function pageOf({ kind, cells }: ParquetColumn): Uint8Array {
  const there = presence(cells);
  const values = cells.filter((cell) => cell !== null).map((cell) => plain(kind, cell));
  const length = values.reduce((sum, each) => sum + each.length, there.length);
  const about = struct({ 1: int(cells.length), 2: int(PLAIN), 3: int(RLE), 4: int(RLE) });
  const header = struct({ 1: int(0), 2: int(length), 3: int(length), 5: about });
  return joined([Uint8Array.from(header.bytes), there, ...values]);
}

/** A bit a cell, in one run of groups of eight. */
function presence(cells: readonly (string | number | null)[]): Uint8Array {
  const bits = new Uint8Array(Math.ceil(cells.length / 8));
  cells.forEach((cell, index) => {
    if (cell !== null) bits[index >> 3] = (bits[index >> 3] ?? 0) | (1 << (index & 7));
  });
  const run = varint(2 * bits.length + 1);
  return joined([size(run.length + bits.length), Uint8Array.from(run), bits]);
}

function plain(kind: ParquetColumn["kind"], cell: string | number): Uint8Array {
  if (kind === "text") {
    const bytes = new TextEncoder().encode(String(cell));
    return joined([size(bytes.length), bytes]);
  }
  const view = new DataView(new ArrayBuffer(8));
  if (kind === "time") view.setBigInt64(0, BigInt(Math.round(Number(cell))), true);
  else view.setFloat64(0, Number(cell), true);
  return new Uint8Array(view.buffer);
}

function size(value: number): Uint8Array<ArrayBuffer> {
  const view = new DataView(new ArrayBuffer(4));
  view.setUint32(0, value, true);
  return new Uint8Array(view.buffer);
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, each) => sum + each.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

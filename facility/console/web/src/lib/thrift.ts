/** Thrift's compact protocol, as much of it as the footer and the page headers of a Parquet file are written in. */

export interface Value {
  readonly type: number;
  readonly bytes: readonly number[];
}

const INT = 5;
const LONG = 6;
const BINARY = 8;
const LIST = 9;
const STRUCT = 12;
const SHORT_LIST = 15; // from this size on it stands apart

/** Sizes, counts and numbers of choices: none is negative. */
export const int = (value: number): Value => ({ type: INT, bytes: varint(2 * value) });
export const long = (value: number): Value => ({ type: LONG, bytes: varint(2 * value) });

export function text(value: string): Value {
  const bytes = new TextEncoder().encode(value);
  return { type: BINARY, bytes: [...varint(bytes.length), ...bytes] };
}

export function list(values: readonly Value[]): Value {
  const type = values[0]?.type ?? STRUCT;
  const size = values.length;
  const head = size < SHORT_LIST ? [(size << 4) | type] : [0xf0 | type, ...varint(size)];
  return { type: LIST, bytes: head.concat(...values.map((each) => each.bytes)) };
}

/** Fields by their ids, which rise by at most 15. */
export function struct(fields: Readonly<Record<number, Value>>): Value {
  const bytes: number[][] = [];
  let last = 0;
  for (const [name, { type, bytes: own }] of Object.entries(fields)) {
    bytes.push([((Number(name) - last) << 4) | type], [...own]);
    last = Number(name);
  }
  return { type: STRUCT, bytes: [...bytes.flat(), 0] };
}

/** Seven bits a byte, the lowest first. */
export function varint(value: number): number[] {
  const bytes: number[] = [];
  for (; value > 0x7f; value = Math.floor(value / 0x80)) bytes.push((value % 0x80) | 0x80);
  return [...bytes, value];
}

/** What is on a screen as a file: the same rows in the same order and in the units shown, unit or zone in each heading. */

import type { Course } from "./axis";
import type { Line } from "./lines";
import { parquet, type ParquetColumn } from "./parquet";
import { isoIn } from "./time";
import { convert, shownIn } from "./units";
import type { System } from "./settings.svelte";

/** A column; times are in milliseconds of Unix. */
export interface Column<T> {
  readonly kind: ParquetColumn["kind"];
  readonly heading: string;
  readonly unit: string;
  readonly cell: (row: T) => string | number | null | undefined;
}
type Maybe<V> = V | null | undefined;

export const text = <T>(heading: string, cell: (row: T) => Maybe<string>): Column<T> => ({ kind: "text", heading, unit: "", cell });
export const number = <T>(heading: string, unit: string, cell: (row: T) => Maybe<number>): Column<T> => ({ kind: "number", heading, unit, cell });
/** A time as the API writes it. */
export const time = <T>(heading: string, cell: (row: T) => Maybe<string>): Column<T> => ({
  kind: "time",
  heading,
  unit: "",
  cell: (row) => {
    const said = cell(row);
    return said ? Date.parse(said) : null;
  },
});
/** A quantity of the API, in the units that are shown. */
export const measure = <T>(heading: string, unit: string, system: System, cell: (row: T) => Maybe<number>, heat = false): Column<T> =>
  number(heading, shownIn(unit, system, heat).unit, (row) => {
    const value = cell(row);
    return value === null || value === undefined ? null : tidy(convert(value, unit, system, heat));
  });

/** A quantity whose unit differs from row to row, in the units that are shown; `unitShown` is the column that tells it. */
export const amountOf = <T extends { unit: string }>(heading: string, system: System, cell: (row: T) => Maybe<number>): Column<T> =>
  number(heading, "", (row) => {
    const value = cell(row);
    return value === null || value === undefined ? null : tidy(convert(value, row.unit, system));
  });
export const unitShown = <T extends { unit: string }>(system: System): Column<T> => text("unit", (row) => shownIn(row.unit, system).unit);

/** Lines over time as columns; rows are the indices of the times, which are in seconds of Unix. */
export function courses(times: readonly number[], charts: readonly { unit: string; lines: readonly Line[]; title?: string }[]): Column<number>[] {
  const at = (values: Course) => (index: number) => tidy(values[index]);
  const named = (title: string | undefined, line: Line): string => (title === undefined ? (line.inFile ?? line.label) : `${title}: ${line.inFile ?? line.label}`);
  return [
    { kind: "time", heading: "time", unit: "", cell: (index) => 1000 * (times[index] ?? 0) },
    ...charts.flatMap(({ unit, lines, title }) => lines.map((line) => number(named(title, line), unit, at(line.values)))),
  ];
}

/** Return rows as CSV (RFC 4180); times on the clock of the zone, with their offset. */
export function csv<T>(columns: readonly Column<T>[], rows: readonly T[], zone: string): string {
  const headings = columns.map((column) => headed(column, zone));
  const lines = rows.map((row) => columns.map((column) => inCsv(column.kind, column.cell(row), zone)));
  return [headings, ...lines].map((line) => line.map(quoted).join(",") + "\r\n").join("");
}

/** Return rows as the parts of a Parquet file; times are instants, so their headings say UTC. */
export function parquetOf<T>(columns: readonly Column<T>[], rows: readonly T[], about: Readonly<Record<string, string>>): Uint8Array<ArrayBuffer>[] {
  const told = columns.map((column) => ({
    name: headed(column, "UTC"),
    kind: column.kind,
    cells: rows.map((row) => column.cell(row) ?? null),
  }));
  return parquet(told, about);
}

/** Hand a file to the browser. */
export function save(name: string, type: string, parts: BlobPart[]): void {
  const address = URL.createObjectURL(new Blob(parts, { type }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  URL.revokeObjectURL(address);
}

function headed<T>({ kind, heading, unit }: Column<T>, zone: string): string {
  const inBrackets = kind === "time" ? zone : unit;
  return inBrackets ? `${heading} [${inBrackets}]` : heading;
}

function inCsv(kind: ParquetColumn["kind"], cell: Maybe<string | number>, zone: string): Maybe<string | number> {
  return kind === "time" && typeof cell === "number" ? isoIn(cell, zone) : cell;
}

/** Without the digits that a change of units makes up. */
function tidy(value: Maybe<number>): number | null {
  return value === null || value === undefined ? null : Number(value.toPrecision(12));
}

/** A text that a spreadsheet would run as a formula is kept a text. */
function quoted(cell: Maybe<string | number>): string {
  if (typeof cell === "number") return String(cell);
  const said = /^[=+\-@\t\r]/.test(cell ?? "") ? `'${cell}` : (cell ?? "");
  return /[",\r\n]/.test(said) ? `"${said.replaceAll('"', '""')}"` : said;
}

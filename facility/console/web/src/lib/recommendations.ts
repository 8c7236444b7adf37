/** Recommendations as they are read, and as a file. */

import type { ListedAnswer } from "./api_types";
import type { System } from "./settings.svelte";
import { number, text, time, type Column } from "./table_file";
import { withOffset } from "./time";
import { amount, convert, grouped, shownIn } from "./units";

/** Return those of a list that belong to one of them, itself first. */
export function groupOf(row: ListedAnswer, rows: readonly ListedAnswer[]): readonly ListedAnswer[] {
  const others = row.belongs_with.split(" ");
  return [row, ...rows.filter((each) => others.includes(each.id))];
}

/** A value with its 90 % interval, where it has one. */
export function interval(value: number | null, low: number | null, high: number | null, decimals: number): string {
  if (value === null) return "–";
  return grouped(value, decimals) + (low === null || high === null ? "" : ` (${grouped(low, decimals)} to ${grouped(high, decimals)})`);
}

/** What it sets, as text: modes are named. */
export function setting(row: ListedAnswer, value: number | null, system: System): string {
  return value === null ? "–" : amount(value, row.quantity, row.unit, system);
}

/** Something to know of a recommendation. */
export interface Fact {
  readonly name: string;
  readonly say: (row: ListedAnswer) => string;
  /** Whether it is said again where it is decided. */
  readonly weighs?: boolean;
}

/** What it is written back to, where it does not turn out well. */
function before(row: ListedAnswer, system: System): string {
  return row.current === null ? "what is in force when it is written" : setting(row, row.current, system);
}

export function factsOf(currency: string, system: System, zone: string): readonly Fact[] {
  return [
    { name: "Now", say: (row) => setting(row, row.current, system) },
    { name: "To", say: (row) => setting(row, row.recommended, system) },
    { name: "Saves kW", weighs: true, say: (row) => interval(row.saving_kw, row.saving_kw_low, row.saving_kw_high, 1) },
    { name: `Saves ${currency} a day`, weighs: true, say: (row) => interval(row.saving_cost_per_day, row.saving_cost_per_day_low, row.saving_cost_per_day_high, 1) },
    { name: "Saves kgCO2 a day", weighs: true, say: (row) => interval(row.saving_kgco2_per_day, row.saving_kgco2_per_day_low, row.saving_kgco2_per_day_high, 0) },
    { name: "Surely saves", weighs: true, say: (row) => (row.low_confidence ? "no, its interval holds zero" : "yes, with 90 %") },
    { name: "Limit that binds", weighs: true, say: (row) => row.binding_limit ?? "none" },
    { name: "Risk", say: (row) => (row.risk === "high" ? `high: ${row.risk_why}` : "ordinary") },
    { name: "People needed", say: (row) => `${row.people}, ${row.still_needed} of them still` },
    { name: "Is rolled back to", weighs: true, say: (row) => before(row, system) },
    { name: "Until", weighs: true, say: (row) => withOffset(Date.parse(row.expires), zone) },
    { name: "Why", say: (row) => row.reason },
    { name: "State", say: (row) => row.state.replaceAll("_", " ") },
  ];
}

/** Its file: settings in the unit shown, which stands beside them. */
export function columnsOf(currency: string, system: System): Column<ListedAnswer>[] {
  const shown = (row: ListedAnswer, value: number | null): number | null => (value === null ? null : convert(value, row.unit, system));
  const ends = (heading: string, unit: string, name: "saving_kw" | "saving_cost_per_day" | "saving_kgco2_per_day"): Column<ListedAnswer>[] => [
    number(heading, unit, (row) => row[name]),
    number(`${heading}, low 90 %`, unit, (row) => row[`${name}_low`]),
    number(`${heading}, high 90 %`, unit, (row) => row[`${name}_high`]),
  ];
  return [
    text("equipment", (row) => row.equipment),
    text("setting", (row) => row.quantity),
    text("unit", (row) => shownIn(row.unit, system).unit),
    number("now", "", (row) => shown(row, row.current)),
    number("to", "", (row) => shown(row, row.recommended)),
    ...ends("saves power", "kW", "saving_kw"),
    ...ends("saves money", `${currency}/day`, "saving_cost_per_day"),
    ...ends("saves carbon", "kgCO2/day", "saving_kgco2_per_day"),
    text("limit that binds", (row) => row.binding_limit),
    text("why", (row) => row.reason),
    text("risk", (row) => row.risk),
    number("people needed", "", (row) => row.people),
    text("rolled back to", (row) => before(row, system)),
    time("until", (row) => row.expires),
    text("state", (row) => row.state),
  ];
}

/** A plan's schedule as columns: `equipment.quantity`, and the same of present operation. */

import type { PlanAnswer } from "./api_types";

type Cell = string | number | null | undefined;

export class Schedule {
  /** Starts of the steps, in seconds of Unix. */
  readonly times: number[];
  readonly #rows: readonly Record<string, Cell>[];

  constructor(plan: PlanAnswer) {
    this.#rows = plan.schedule;
    this.times = this.#rows.map((row) => Date.parse(String(row["time"])) / 1000);
  }

  /** Return a scheduled series; nulls where the plan has none. */
  series(name: string): (number | null)[] {
    return this.#rows.map((row) => number(row[name]));
  }

  /** Return the same of present operation. */
  baseline(name: string): (number | null)[] {
    return this.series(`baseline ${name}`);
  }

  has(name: string): boolean {
    return this.#rows[0] !== undefined && name in this.#rows[0];
  }

  /** Return the names that end so, of the plan. */
  names(ending: string): string[] {
    return Object.keys(this.#rows[0] ?? {}).filter((name) => name.endsWith(ending) && !name.startsWith("baseline "));
  }

  /** Return a column of words, such as the modes of a plant. */
  words(name: string): (string | undefined)[] {
    return this.#rows.map((row) => (typeof row[name] === "string" ? row[name] : undefined));
  }
}

function number(cell: Cell): number | null {
  return typeof cell === "number" ? cell : null;
}

/** Measured savings as they are read. */

import type { SavingAnswer } from "./api_types";
import { interval } from "./recommendations";

type Figure = "promised_kw" | "saved_kw" | "saved_kwh" | "saved_cost" | "saved_kgco2";

/** A figure as text, with its 90 % interval. */
export function figure(row: SavingAnswer, name: Figure, decimals: number): string {
  return interval(row[name], row[`${name}_low`], row[`${name}_high`], decimals);
}

/** What was measured until now, in steps: the last of them still runs, and its mean moves until it ends. */

import { get, Problem } from "./api";
import type { HistoryAnswer } from "./api_types";

export interface Measured {
  readonly times: readonly number[]; // starts of the steps, in seconds of Unix
  readonly ended: readonly (number | null)[];
  /** The step that runs, from the mean of the one before it. */
  readonly running: readonly (number | null)[];
}

/** Return a point's means over the steps of the last seconds; the steps are those of the clock, so that they meet a plan's. */
export async function measured(point: string, lastS: number, stepS: number): Promise<Measured> {
  const now = Date.now() / 1000;
  const from = Math.floor((now - lastS) / stepS) * stepS;
  const answer = await get<HistoryAnswer>("/history", { point: [point], from: new Date(from * 1000).toISOString(), step: stepS });
  const [series] = answer.series;
  if (!series) throw new Problem(0, `${point} has no history`, "");
  const times = answer.times.map((time) => Date.parse(time) / 1000);
  const runs = (index: number): boolean => (times[index] ?? 0) + stepS > now;
  return {
    times,
    ended: series.values.map((value, index) => (runs(index) ? null : value)),
    running: series.values.map((value, index) => (runs(index) || runs(index + 1) ? value : null)),
  };
}

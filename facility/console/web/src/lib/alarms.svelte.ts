/** The alarms that stand, asked for every few seconds by the banner for all screens. */

import { get, Problem } from "./api";
import type { AlarmAnswer, AlarmsAnswer } from "./api_types";

export const PRIORITIES = ["high", "medium", "low"] as const;
/** The mark of each priority. */
export const LEVEL = { high: "urgent", medium: "high", low: "medium" } as const;
const EVERY_MS = 5_000;

class Alarms {
  /** In any state but normal, most urgent first. */
  list: AlarmAnswer[] = $state.raw([]);
  problem: Problem | undefined = $state.raw();

  begin(): () => void {
    void this.load();
    const timer = setInterval(() => void this.load(), EVERY_MS);
    return () => {
      clearInterval(timer);
    };
  }

  async load(): Promise<void> {
    try {
      const answer = await get<AlarmsAnswer>("/alarms", { limit: 500 });
      this.list = answer.alarms;
      this.problem = undefined;
    } catch (error) {
      this.list = [];
      this.problem = error instanceof Problem ? error : new Problem(0, String(error), "");
    }
  }
}

/** Whether nobody has acknowledged it yet. */
export function waits(alarm: AlarmAnswer): boolean {
  return alarm.state === "unacknowledged" || alarm.state === "returned_unacknowledged";
}

/** Whether it calls for somebody: neither put aside nor explained by another one. */
export function calls(alarm: AlarmAnswer): boolean {
  return waits(alarm) || alarm.state === "acknowledged";
}

export const alarms = new Alarms();

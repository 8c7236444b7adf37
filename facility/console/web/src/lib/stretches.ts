/** Stretches of a plan in which something stays as it is, to be shaded along its charts. */

import type { PlanAnswer } from "./api_types";
import type { Schedule } from "./schedule";
import { grouped } from "./units";

export interface Stretch {
  readonly from: number; // seconds of Unix
  readonly to: number;
  readonly label: string;
  /** From 0, dark, to 4, light. */
  readonly shade: number;
}
export interface LaneOf {
  readonly title: string;
  readonly stretches: readonly Stretch[];
}

const SHADES = 5;
const KNOWN: Readonly<Record<string, number>> = { mechanical: 0, partial: 2, free: 4 };
const PLAIN = 2;
const LEAST_KW = 0.1;

/** The shade of a mode: that of its kind where this is known, else one that its letters decide, the same on every site and day. */
export function shadeOf(mode: string): number {
  const name = mode.toLowerCase();
  return KNOWN[name] ?? [...name].reduce((sum, letter) => sum + (letter.codePointAt(0) ?? 0), 0) % SHADES;
}

/** Return the stretches in which the label of a step stays the same; steps without one are left out. */
export function stretched(times: readonly number[], labels: readonly (string | undefined)[], shade: (label: string) => number = () => PLAIN): Stretch[] {
  const found: Stretch[] = [];
  const step = (times[1] ?? 0) - (times[0] ?? 0);
  labels.forEach((label, index) => {
    const from = times[index] ?? 0;
    const last = found.at(-1);
    if (!label) return;
    if (last && last.label === label && last.to === from) found[found.length - 1] = { ...last, to: from + step };
    else found.push({ from, to: from + step, label, shade: shade(label) });
  });
  return found;
}

/** Return what a plan does beside setpoints: economizer modes, fewer servers awake, heat delivered, promises to the grid. */
export function lanes(plan: PlanAnswer, schedule: Schedule): LaneOf[] {
  const found = [...modes(schedule), ...consolidation(schedule), ...reuse(schedule), ...promises(plan)];
  return found.filter((lane) => lane.stretches.length > 0);
}

function modes(schedule: Schedule): LaneOf[] {
  return schedule.names(".mode").map((name) => ({
    title: `${owner(name)}: economizer`,
    stretches: stretched(schedule.times, schedule.words(name), shadeOf),
  }));
}

function consolidation(schedule: Schedule): LaneOf[] {
  return schedule.names(".awake_servers_command").map((name) => {
    const before = schedule.baseline(name);
    const fewer = schedule.series(name).map((value, step) => value !== null && value < (before[step] ?? value));
    return { title: `${owner(name)}: consolidation`, stretches: stretched(schedule.times, fewer.map((is) => (is ? "fewer servers awake" : undefined))) };
  });
}

function reuse(schedule: Schedule): LaneOf[] {
  return schedule
    .names(".heat_delivered_kw")
    .filter((name) => owner(name) !== "site")
    .map((name) => {
      const delivers = schedule.series(name).map((value) => (value !== null && value > LEAST_KW ? "heat delivered" : undefined));
      return { title: `${owner(name)}: heat reuse`, stretches: stretched(schedule.times, delivers) };
    });
}

/** One lane an event; parts of it that ask different amounts are named by a point and their number. */
function promises(plan: PlanAnswer): LaneOf[] {
  const found = new Map<string, Stretch[]>();
  for (const one of plan.commitments) {
    const [kw, delivered] = [one.committed_kw, one.delivered_kw].map((each) => (each === null ? "–" : grouped(each, 0)));
    const what = one.kind === "import_cap" ? "draw at most" : "draw less by";
    const [from = 0, to = 0] = [one.start, one.end].map((time) => Date.parse(time) / 1000);
    const label = `${what} ${kw} kW; planned ${delivered} kW`;
    const event = one.id.split(".")[0] ?? "";
    found.set(event, [...(found.get(event) ?? []), { from, to, label, shade: PLAIN }]);
  }
  return [...found].map(([event, stretches]) => ({ title: `demand response ${event}`, stretches }));
}

function owner(name: string): string {
  return name.slice(0, name.indexOf("."));
}

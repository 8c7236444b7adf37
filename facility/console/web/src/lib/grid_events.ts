/** What the grid asks of the site, in words; which of it waits, runs, or is over. */

import type { GridEventAnswer } from "./api_types";
import { grouped } from "./units";

export interface Sorted {
  /** Still to come or running, the earliest first, whatever was answered. */
  readonly ahead: readonly GridEventAnswer[];
  readonly over: readonly GridEventAnswer[];
}

export const PROMISED: readonly string[] = ["opted_in", "active"];
const OVER: readonly string[] = ["done", "declined", "cancelled"];

export function sorted(events: readonly GridEventAnswer[], nowMs: number): Sorted {
  const isOver = (event: GridEventAnswer): boolean => OVER.includes(event.state) || Date.parse(event.end) <= nowMs;
  const begins = (event: GridEventAnswer): number => Date.parse(event.start);
  return {
    ahead: events.filter((event) => !isOver(event)).sort((one, other) => begins(one) - begins(other)),
    over: events.filter(isOver).sort((one, other) => begins(other) - begins(one)),
  };
}

/** Opting in is possible until its time is up, opting out until the end. */
export function mayOptIn(event: GridEventAnswer, nowMs: number): boolean {
  return !PROMISED.includes(event.state) && nowMs <= Date.parse(event.answer_until);
}

export function mayOptOut(event: GridEventAnswer): boolean {
  return event.state === "invited" || PROMISED.includes(event.state);
}

/** Return what is asked, each amount once: an event may ask more in one hour than in another. */
export function asked(event: GridEventAnswer): string {
  const each = event.asks.map((ask) => `${ask.kind === "import_cap" ? "draw at most" : "draw less by"} ${grouped(ask.kw, 0)} kW`);
  return [...new Set(each)].join(", then ") || `tells ${event.kind.replaceAll("_", " ")}`;
}

/** Whether it is about a reduction: only that has a baseline. */
export function reduces(event: GridEventAnswer): boolean {
  return event.asks.some((ask) => ask.kind === "reduction");
}

/** How long it is until a time, as a countdown: two units, seconds only below an hour. */
export function countdown(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const [days, hours, minutes] = [Math.floor(seconds / 86_400), Math.floor(seconds / 3_600) % 24, Math.floor(seconds / 60) % 60];
  if (days) return `${days} d ${hours} h`;
  return hours ? `${hours} h ${minutes} min` : `${minutes} min ${seconds % 60} s`;
}

/** When it begins or ends, as a countdown. */
export function untilNext(event: GridEventAnswer, nowMs: number): string {
  const begins = Date.parse(event.start) - nowMs;
  return begins > 0 ? `begins in ${countdown(begins)}` : `ends in ${countdown(Date.parse(event.end) - nowMs)}`;
}

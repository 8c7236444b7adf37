/** Times as the site's clock shows them, or UTC; those of an hour that comes twice with their offset, so that they are told apart. */

import type { Clock } from "./settings.svelte";

const TURNS_BACK_MS = [1_800_000, 3_600_000]; // by how much clocks are put back
const formats = new Map<string, Intl.DateTimeFormat>();

function format(zone: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = zone + JSON.stringify(options);
  let found = formats.get(key);
  if (!found) {
    found = new Intl.DateTimeFormat("en-GB", { timeZone: zone, hourCycle: "h23", ...options });
    formats.set(key, found);
  }
  return found;
}

/** Return the zone whose clock is shown. */
export function zoneOf(clock: Clock, siteZone: string): string {
  return clock === "utc" ? "UTC" : siteZone;
}

export function hourAndMinute(ms: number, zone: string): string {
  return dayAndTime(ms, zone).slice("2027-01-01 ".length);
}

export function dayAndTime(ms: number, zone: string): string {
  return comesTwice(ms, zone) ? withOffset(ms, zone) : onClock(ms, zone);
}

export function withOffset(ms: number, zone: string): string {
  return `${onClock(ms, zone)} ${offset(ms, zone)}`;
}

/** Return a time on the zone's clock as ISO 8601 writes it: 2026-07-01T14:00:00+02:00. */
export function isoIn(ms: number, zone: string): string {
  const seconds = String(new Date(ms).getUTCSeconds()).padStart(2, "0"); // of every zone with whole minutes of offset
  return `${onClock(ms, zone).replace(" ", "T")}:${seconds}${offset(ms, zone)}`;
}

/** Return the zone's offset at a time, such as +02:00. */
export function offset(ms: number, zone: string): string {
  const name = format(zone, { timeZoneName: "longOffset" })
    .formatToParts(ms)
    .find((part) => part.type === "timeZoneName")?.value;
  const found = name?.replace("GMT", "") ?? "";
  return found || "+00:00";
}

/** Return how long ago something was, in the largest unit that fits. */
export function ago(seconds: number): string {
  if (seconds < 90) return `${Math.max(0, Math.round(seconds))} s`;
  if (seconds < 5_400) return `${Math.round(seconds / 60)} min`;
  if (seconds < 129_600) return `${Math.round(seconds / 3_600)} h`;
  return `${Math.round(seconds / 86_400)} days`;
}

function onClock(ms: number, zone: string): string {
  const parts = parted(ms, zone);
  return `${parts["year"]}-${parts["month"]}-${parts["day"]} ${parts["hour"]}:${parts["minute"]}`;
}

function comesTwice(ms: number, zone: string): boolean {
  const shown = onClock(ms, zone);
  return TURNS_BACK_MS.some((by) => onClock(ms - by, zone) === shown || onClock(ms + by, zone) === shown);
}

function parted(ms: number, zone: string): Record<string, string> {
  const options = { year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit" } as const;
  return Object.fromEntries(format(zone, options).formatToParts(ms).map((part) => [part.type, part.value]));
}

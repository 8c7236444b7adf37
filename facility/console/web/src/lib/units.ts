/** Numbers as they are read: in SI or inch-pound units, with the digits that a reading bears. */

import { QUALITY, standsIn, type Live } from "./live.svelte";
import type { System } from "./settings.svelte";

interface Shown {
  readonly unit: string;
  readonly factor: number;
  readonly offset: number;
  readonly digits: number;
}

const same = (unit: string, digits: number): Shown => ({ unit, factor: 1, offset: 0, digits });

const SI: Record<string, Shown> = {
  kW: same("kW", 1),
  kVA: same("kVA", 1),
  kWh: same("kWh", 0),
  degC: same("°C", 1),
  K: same("K", 1),
  frac: { unit: "%", factor: 100, offset: 0, digits: 0 },
  "L/s": same("L/s", 1),
  kPa: same("kPa", 0),
  A: same("A", 1),
  V: same("V", 0),
  Hz: same("Hz", 2),
  min: same("min", 0),
  count: same("", 0),
  enum: same("", 0),
  m3: same("m³", 2),
  "g/kg": same("g/kg", 1),
};

const IP: Record<string, Shown> = {
  degC: { unit: "°F", factor: 1.8, offset: 32, digits: 1 },
  K: { unit: "°F", factor: 1.8, offset: 0, digits: 1 },
  "L/s": { unit: "gpm", factor: 15.8503, offset: 0, digits: 0 },
  kPa: { unit: "psi", factor: 0.145038, offset: 0, digits: 1 },
  m3: { unit: "gal", factor: 264.172, offset: 0, digits: 0 },
  "g/kg": { unit: "gr/lb", factor: 7, offset: 0, digits: 0 }, // a pound has 7,000 grains
};

/** 1 ton of refrigeration is 12,000 Btu/h. */
const TONS: Shown = { unit: "tons", factor: 1 / 3.516853, offset: 0, digits: 1 };

/** Return how a unit is shown; heat flows in tons of refrigeration where inch-pound units are. */
export function shownIn(unit: string, system: System, heat = false): Shown {
  if (system === "ip" && heat && unit === "kW") return TONS;
  return (system === "ip" ? IP[unit] : undefined) ?? SI[unit] ?? same(unit, 2);
}

/** Return a number in the unit that is shown. */
export function convert(value: number, unit: string, system: System, heat = false): number {
  const { factor, offset } = shownIn(unit, system, heat);
  return value * factor + offset;
}

/** Return a number that was entered in the unit that is shown in the service's own. */
export function entered(value: number, unit: string, system: System): number {
  const { factor, offset } = shownIn(unit, system);
  return Number(((value - offset) / factor).toPrecision(9));
}

/** Return a number as text, without its unit. */
export function numeral(value: number | null | undefined, unit: string, system: System, heat = false): string {
  if (value === null || value === undefined) return "–";
  return grouped(convert(value, unit, system, heat), shownIn(unit, system, heat).digits);
}

/** Return a number as text with its unit. */
export function quantity(value: number | null | undefined, unit: string, system: System, heat = false): string {
  const text = numeral(value, unit, system, heat);
  const label = shownIn(unit, system, heat).unit;
  return label && text !== "–" ? `${text} ${label}` : text;
}

/** Return a reading as text: what stands in has its mark, what is not known now says why, what was never read says nothing. */
export function told(one: Live, unit: string, system: System): string {
  if (one.quality === "none") return "";
  if (standsIn(one)) return `✎ ${quantity(one.value, unit, system)}`;
  return one.quality === "good" ? quantity(one.value, unit, system) : (QUALITY[one.quality] ?? one.quality);
}

const MODES = ["mechanical", "partial", "free"];

/** Return what a point reads or is set to as text; modes are named. */
export function amount(value: number, name: string, unit: string, system: System): string {
  return (name.endsWith("economizer_mode_command") ? MODES[value] : undefined) ?? quantity(value, unit, system);
}

/** Return a difference as text with its unit: a kelvin is 1.8 °F, whatever the zeros of the scales. */
export function difference(value: number, unit: string, system: System): string {
  return quantity(value, unit === "degC" ? "K" : unit, system);
}

/** By decimals: to make one takes as long as to write a hundred numbers with it. */
const formats = new Map<number, Intl.NumberFormat>();

/** Return a number with so many decimals and its thousands apart. */
export function grouped(value: number, decimals: number): string {
  let found = formats.get(decimals);
  if (!found) {
    found = new Intl.NumberFormat("en", { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
    formats.set(decimals, found);
  }
  return found.format(value);
}

/** Return a quantity in words: `supply_air_temperature_degc` is "supply air temperature". */
export function words(name: string): string {
  return name.replace(/_(degc|frac|kw|kwh|lps|kpa|a|v|hz|min|kva)$/, "").replaceAll("_", " ");
}

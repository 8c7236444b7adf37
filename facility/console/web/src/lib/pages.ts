/**
 * The screens: their addresses, their names in the menu, and the keys that open them (`g`, then the letter).
 *
 * The overview comes with the page; the others are fetched when the browser has nothing else to do, or when they are opened.
 */

import type { Component } from "svelte";

import type { Permission } from "./api_types";
import Overview from "../pages/Overview.svelte";

export interface Page {
  readonly path: string;
  readonly title: string; // empty: not in the menu
  readonly key: string;
  readonly load: () => Promise<{ readonly default: Component }>;
  /** Who may not do this is not offered the screen. */
  readonly needs?: Permission;
}

export const pages: readonly Page[] = [
  { path: "overview", title: "Overview", key: "o", load: async () => ({ default: Overview }) },
  { path: "halls", title: "Halls", key: "h", load: () => import("../pages/Halls.svelte") },
  { path: "plan", title: "Plan", key: "p", load: () => import("../pages/Plan.svelte") },
  { path: "energy", title: "Energy", key: "e", load: () => import("../pages/Energy.svelte") },
  { path: "recommendations", title: "Recommendations", key: "r", load: () => import("../pages/Recommendations.svelte") },
  { path: "dispatch", title: "Dispatch", key: "d", load: () => import("../pages/Dispatch.svelte") },
  { path: "demand-response", title: "Demand response", key: "b", load: () => import("../pages/DemandResponse.svelte") },
  { path: "savings", title: "Savings", key: "v", load: () => import("../pages/Savings.svelte") },
  { path: "alarms", title: "Alarms", key: "a", load: () => import("../pages/Alarms.svelte") },
  { path: "trends", title: "Trends", key: "t", load: () => import("../pages/Trends.svelte") },
  { path: "models", title: "Models", key: "m", load: () => import("../pages/Models.svelte") },
  { path: "service", title: "Service", key: "s", load: () => import("../pages/Service.svelte") },
  { path: "audit", title: "Audit", key: "l", load: () => import("../pages/Audit.svelte") },
  { path: "people", title: "People", key: "u", load: () => import("../pages/People.svelte"), needs: "administer" },
  { path: "settings", title: "Settings", key: ",", load: () => import("../pages/Settings.svelte") },
  { path: "equipment", title: "", key: "", load: () => import("../pages/Equipment.svelte") },
];

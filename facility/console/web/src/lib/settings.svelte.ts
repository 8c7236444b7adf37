/** What a reader has chosen for this browser: theme, units, and whose clock. */

import { flushSync } from "svelte";

export type Theme = "system" | "light" | "dark" | "contrast";
export type System = "si" | "ip";
export type Clock = "site" | "utc";

const DARK = matchMedia("(prefers-color-scheme: dark)");
const KEY = "facility-settings";

interface Kept {
  theme: Theme;
  system: System;
  clock: Clock;
}

const DEFAULTS: Kept = { theme: "system", system: "si", clock: "site" };

function kept(): Kept {
  try {
    return { ...DEFAULTS, ...(JSON.parse(localStorage.getItem(KEY) ?? "{}") as Partial<Kept>) };
  } catch {
    return DEFAULTS; // a browser that keeps nothing, or something else under our name
  }
}

class Settings {
  theme: Theme = $state("system");
  system: System = $state("si");
  clock: Clock = $state("site");
  /** While it prints, paper is light, and what was drawn in a theme's colours is drawn again. */
  printing = $state(false);

  #prefersDark = $state(DARK.matches);

  constructor() {
    Object.assign(this, kept());
    DARK.addEventListener("change", () => (this.#prefersDark = DARK.matches));
    addEventListener("beforeprint", () => this.#print(true));
    addEventListener("afterprint", () => this.#print(false));
  }

  /** The theme that is shown. */
  get shown(): Exclude<Theme, "system"> {
    if (this.theme !== "system") return this.theme;
    return this.#prefersDark ? "dark" : "light";
  }

  #print(now: boolean): void {
    document.documentElement.dataset["theme"] = now ? "light" : this.shown;
    flushSync(() => (this.printing = now));
  }

  /** Apply and keep; called by an effect, whenever one of them changes. */
  apply(): void {
    const { theme, system, clock } = this;
    if (!this.printing) document.documentElement.dataset["theme"] = this.shown;
    try {
      localStorage.setItem(KEY, JSON.stringify({ theme, system, clock }));
    } catch {
      // chosen for as long as the page is open
    }
  }
}

export const settings = new Settings();

/** The keyboard: `g` and a letter opens a screen, `?` lists all keys; a screen adds its own while it is open. */

import { route } from "./route.svelte";

export interface Key {
  readonly key: string;
  readonly does: string;
  readonly run: () => void;
}

const SEQUENCE_MS = 1_500;

class Keys {
  helpOpen = $state(false);
  /** Of the open screen. */
  own: readonly Key[] = $state.raw([]);
  /** What `g` and a letter opens. */
  screens: ReadonlyMap<string, string> = new Map();
  #goes = 0;

  /** Listen until the returned function is called. */
  listen(): () => void {
    const hear = (event: KeyboardEvent): void => {
      this.#press(event);
    };
    addEventListener("keydown", hear);
    return () => {
      removeEventListener("keydown", hear);
    };
  }

  /** Add a screen's keys until the returned function is called; made for `$effect`. */
  use(own: readonly Key[]): () => void {
    this.own = own;
    return () => {
      this.own = [];
    };
  }

  toggleHelp(): void {
    this.helpOpen = !this.helpOpen;
  }

  #press(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    if (document.querySelector("dialog[open]")) return; // it hears its own keys
    const goes = Date.now() - this.#goes < SEQUENCE_MS;
    this.#goes = 0;
    const screen = goes ? this.screens.get(event.key) : undefined;
    if (screen) route.go(`#/${screen}`);
    else if (event.key === "g") this.#goes = Date.now();
    else if (event.key === "?") this.toggleHelp();
    else if (event.key === "/") route.go("#/trends");
    else if (!this.#own(event.key)) return;
    event.preventDefault();
  }

  #own(key: string): boolean {
    const found = this.own.find((each) => each.key === key);
    found?.run();
    return found !== undefined;
  }
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest("input, textarea, select, [contenteditable]") !== null;
}

export const keys = new Keys();

/** An answer of the API that is asked for again and again while a screen shows it. */

import { untrack } from "svelte";

import { Problem } from "./api";

export class Asked<T> {
  answer: T | undefined = $state.raw();
  problem: Problem | undefined = $state.raw();
  /** When the last answer came, in milliseconds of Unix; 0: none yet. */
  at = $state(0);

  #asked = 0;
  #heard = 0;

  constructor(private readonly ask: () => Promise<T>) {}

  /** Ask now and then every so often, until the returned function is called; made for `$effect`. */
  every(ms: number): () => void {
    untrack(() => void this.load()); // what the question reads is named by the effect, not found by asking
    const timer = setInterval(() => void this.load(), ms);
    return () => {
      clearInterval(timer);
    };
  }

  /** Ask; an answer that comes after that to a later question is not heard any more. */
  async load(): Promise<void> {
    const number = ++this.#asked;
    const isLate = (): boolean => number < this.#heard;
    try {
      const answer = await this.ask();
      if (isLate()) return;
      this.answer = answer;
      this.at = Date.now();
      this.problem = undefined;
    } catch (error) {
      if (isLate()) return;
      this.problem = error instanceof Problem ? error : new Problem(0, String(error), "");
    }
    this.#heard = number;
  }
}

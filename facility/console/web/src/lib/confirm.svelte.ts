/** Writes that may want the password first: it is asked for, and the write is sent again. */

import { Problem, send } from "./api";

/** Kinds of refusal that a password mends. */
const MENDED_BY_PASSWORD: Record<string, string> = {
  confirm: "The password was given a while ago; this needs it again.",
  locked: "The session was idle and only reads until the password is given again.",
};

class Confirming {
  /** Why the password is asked for; nothing while it is not. */
  why: string | undefined = $state();
  #answer: ((confirmed: boolean) => void) | undefined;

  ask(why: string): Promise<boolean> {
    this.why = why;
    return new Promise((resolve) => (this.#answer = resolve));
  }

  end(confirmed: boolean): void {
    this.why = undefined;
    this.#answer?.(confirmed);
    this.#answer = undefined;
  }
}

export const confirming = new Confirming();

/** Send a write; where the service asks for the password, ask for it and send the write again. */
export async function write<T>(method: "POST" | "PATCH" | "DELETE", path: string, body?: unknown): Promise<T> {
  try {
    return await send<T>(method, path, body);
  } catch (error) {
    const why = error instanceof Problem ? MENDED_BY_PASSWORD[error.kind] : undefined;
    if (why === undefined || !(await confirming.ask(why))) throw error;
    return send<T>(method, path, body);
  }
}

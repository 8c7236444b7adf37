/** Who reads, and what they may. */

import { get, send, useCsrf } from "./api";
import type { Permission, SessionAnswer } from "./api_types";

const ASK_AGAIN_MS = 30_000;

class SessionStore {
  who: SessionAnswer = $state({ name: null, permissions: [], locked: false, must_change_password: false, confirm_at_provider: false, passwords: true });

  /** Whether the service has said yet who reads. */
  known = $state(false);

  begin(): void {
    void this.load();
    setInterval(() => void this.load(), ASK_AGAIN_MS);
  }

  async load(): Promise<void> {
    try {
      this.who = await get<SessionAnswer>("/session");
      useCsrf(this.who.csrf ?? "");
      this.known = true;
    } catch {
      // the banner says that the service is away; who reads stays who it was
    }
  }

  may(permission: Permission): boolean {
    return this.who.permissions.includes(permission);
  }

  /** Whether what all but viewers may is to be offered: it is there, or is once the password of an idle session is given again. */
  offers(permission: "decide" | "release"): boolean {
    return this.may(permission) || (this.who.locked && this.who.role !== "viewer");
  }

  /** Whether a person has signed in. */
  get signedIn(): boolean {
    return this.who.role !== null && this.who.role !== undefined;
  }

  async signIn(name: string, password: string): Promise<void> {
    await send("POST", "/session", { name, password });
    await this.load();
  }

  async signOut(): Promise<void> {
    await send("DELETE", "/session");
    await this.load();
  }

  /** Give the password again: unlocks, and lets change what wants a recent password. */
  async confirm(password: string): Promise<void> {
    await send("POST", "/session/confirm", { password });
    await this.load();
  }

  async changePassword(old: string, fresh: string): Promise<void> {
    await send("POST", "/session/password", { old, new: fresh });
    await this.load();
  }
}

export const session = new SessionStore();

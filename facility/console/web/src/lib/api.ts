/** Asks the API, and says in one kind of error what was refused and why (RFC 9457). */

export class Problem extends Error {
  constructor(
    readonly status: number,
    detail: string,
    /** The last part of the problem's type, such as `sign-in` or `confirm`; empty where nothing can be done about it. */
    readonly kind: string,
  ) {
    super(detail);
  }
}

export const UNREACHABLE = 0;
const PREFIX = "/api/v1";
const READING = ["GET", "HEAD"];

/** The session's value that each write carries; the session store keeps it. */
let csrf = "";

export function useCsrf(value: string): void {
  csrf = value;
}

export async function get<T>(path: string, query: Record<string, Query> = {}): Promise<T> {
  return (await ask("GET", path + address(query))) as T;
}

/** Return all of a list that is answered in pages, each asked for after the last of the one before. */
export async function getAll<T>(path: string, idOf: (one: T) => string, limit = 500): Promise<T[]> {
  const found: T[] = [];
  for (;;) {
    const last = found.at(-1);
    const page = await get<T[]>(path, { limit, after: last && idOf(last) });
    found.push(...page);
    if (page.length < limit) return found;
  }
}

export async function send<T>(method: "POST" | "PATCH" | "DELETE", path: string, body?: unknown): Promise<T> {
  return (await ask(method, path, body)) as T;
}

type Query = string | number | boolean | undefined | readonly string[];

/** Return a query with its `?`; what is undefined is left out, a list is repeated. */
export function address(query: Record<string, Query>): string {
  const parts = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined) continue;
    for (const each of Array.isArray(value) ? value : [value]) parts.append(name, String(each));
  }
  const text = parts.toString();
  return text ? `?${text}` : "";
}

async function ask(method: string, path: string, body?: unknown): Promise<unknown> {
  const headers: Record<string, string> = {};
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (!READING.includes(method)) headers["X-CSRF-Token"] = csrf;
  const answer = await reach(PREFIX + path, {
    method,
    headers,
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  if (!answer.ok && answer.status !== 503) throw await problemOf(answer);
  if (answer.status === 204) return undefined;
  if (answer.headers.get("content-type")?.startsWith("application/problem")) throw await problemOf(answer);
  return answer.json();
}

async function reach(url: string, options: RequestInit): Promise<Response> {
  try {
    return await fetch(url, options);
  } catch {
    throw new Problem(UNREACHABLE, "The service does not answer. It is asked again by itself.", "unreachable");
  }
}

async function problemOf(answer: Response): Promise<Problem> {
  try {
    const { detail, type } = (await answer.json()) as { detail?: string; type?: string };
    return new Problem(answer.status, detail ?? answer.statusText, (type ?? "").split(":").at(-1) ?? "");
  } catch {
    return new Problem(answer.status, `The service answers ${answer.status}.`, "");
  }
}

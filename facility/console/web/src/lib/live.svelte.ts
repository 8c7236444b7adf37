/** What is measured now: one WebSocket for the whole page. Nothing it holds is shown as live once it falls silent. */

export interface Live {
  readonly value: number | null;
  readonly quality: string; // good, stale, bad, out_of_range, suspect; none: never read; manual, substituted: not measured
  readonly time: number | null; // of the reading, in seconds of Unix
}

/** A number that is looked for first; `note` says where it is from, or why there is none. */
export interface Figure {
  readonly name: string;
  readonly value: string | null;
  readonly unit: string;
  readonly note: string;
  readonly abnormal: boolean;
}

export type Link = "connecting" | "live" | "silent" | "away";

type Row = [point: string, value: number | null, quality: string, time: number | null];
interface Message {
  kind: "whole" | "changes";
  at: string;
  figures: Figure[];
  values: Row[];
}

const SILENT_MS = 8_000; // the service says something every two seconds
const AGAIN_MS = [500, 1_000, 2_000, 5_000];
export const NONE: Live = { value: null, quality: "none", time: null };
/** What is said of a value that is not simply a good one. */
export const QUALITY: Readonly<Record<string, string>> = {
  stale: "stale",
  bad: "bad",
  out_of_range: "out of range",
  suspect: "not believed",
  none: "never read",
};
const STOOD_IN = ["manual", "substituted"];
const DRAWS = ["power_kw", "fan_power_kw", "pump_power_kw"];

/** Whether it is no reading, but stands in for one. */
export function standsIn(one: Live): boolean {
  return STOOD_IN.includes(one.quality);
}

/** Whether it is there to be added up or drawn: measured well, or standing in for that. */
export function counts(one: Live): boolean {
  return one.value !== null && (one.quality === "good" || standsIn(one));
}

class LiveValues {
  link: Link = $state("connecting");
  /** When the service last looked, in milliseconds of Unix by its own clock; 0: never. */
  at = $state(0);
  /** None while nothing is heard: an old number never reads as one of now. */
  figures: Figure[] = $state.raw([]);
  // Plain maps behind two counters: with a signal for each of thousands of points, a first message takes seconds to take in.
  #heard = $state(0); // messages
  #shape = $state(0); // messages that told which points there are
  readonly #values = new Map<string, Live>();
  readonly #points = new Map<string, string[]>(); // by equipment
  readonly #feeds = new Map<string, string[]>(); // by equipment and quantity, where a feed stands between the two
  #socket: WebSocket | undefined;
  #tries = 0;
  #silence: ReturnType<typeof setTimeout> | undefined;

  /** Connect, and again whenever the connection is lost, until the returned function is called; made for `$effect`. */
  begin(): () => void {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}/api/v1/live?form=gzip`);
    this.#socket = socket;
    this.#expect();
    socket.binaryType = "arraybuffer";
    let heard = Promise.resolve(); // one after the other, as they came
    socket.onmessage = (event: MessageEvent<ArrayBuffer>) => {
      heard = heard.then(async () => {
        const message = await unpacked(event.data);
        if (this.#socket === socket && socket.readyState === WebSocket.OPEN) this.#hear(message);
      });
    };
    socket.onclose = () => {
      if (this.#socket === socket) this.#lost();
    };
    return () => {
      const last = this.#socket;
      this.#socket = undefined;
      clearTimeout(this.#silence);
      last?.close();
    };
  }

  /** Return the reading of a point, or of a quantity's feeds as one; stale where nothing is heard from the service. */
  of(point: string): Live {
    void this.#heard;
    const found = this.#values.get(point) ?? together(quantityOf(point), this.feedsOf(point).map((feed) => this.#values.get(feed) ?? NONE));
    return this.link === "live" || found.quality === "none" ? found : { ...found, value: null, quality: "stale" };
  }

  /** Return a good number of now, or nothing. */
  number(point: string): number | null {
    const found = this.of(point);
    return found.quality === "good" ? found.value : null;
  }

  /** Return what stands in for a point, where anything does: it is shown with its mark, and never as measured. */
  stoodIn(point: string): Live | null {
    const found = this.of(point);
    return standsIn(found) ? found : null;
  }

  /** Return the first of a unit's quantities that has ever been read. */
  firstOf(equipment: string, quantities: readonly string[]): Live {
    for (const quantity of quantities) {
      const found = this.of(`${equipment}.${quantity}`);
      if (found.quality !== "none") return found;
    }
    return NONE;
  }

  /** Return what a unit draws, by its own meter or by that of its fans or pumps. */
  drawnBy(equipment: string): Live {
    return this.firstOf(equipment, DRAWS);
  }

  /** Return the points that a quantity is read by: itself, or its feeds. */
  feedsOf(point: string): readonly string[] {
    void this.#shape;
    return this.#values.has(point) ? [point] : (this.#feeds.get(point) ?? []);
  }

  /** Return the points of a piece of equipment. */
  pointsOf(equipment: string): readonly string[] {
    void this.#shape;
    return this.#points.get(equipment) ?? [];
  }

  get size(): number {
    void this.#shape;
    return this.#values.size;
  }

  /** Return the ids of all points, sorted. */
  all(): string[] {
    void this.#shape;
    return [...this.#values.keys()].sort();
  }

  #hear(message: Message): void {
    if (message.kind === "whole") this.#values.clear();
    for (const [point, value, quality, time] of message.values) this.#values.set(point, { value, quality, time });
    this.#heard++;
    if (message.kind === "whole") this.#index();
    this.at = Date.parse(message.at);
    this.figures = message.figures;
    this.#tries = 0;
    this.link = "live";
    this.#expect();
  }

  #expect(): void {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => this.#quiet("silent"), SILENT_MS);
  }

  #index(): void {
    this.#points.clear();
    this.#feeds.clear();
    for (const point of this.#values.keys()) {
      const first = point.indexOf(".");
      const last = point.lastIndexOf(".");
      const equipment = point.slice(0, first);
      put(this.#points, equipment, point);
      if (last > first) put(this.#feeds, equipment + point.slice(last), point);
    }
    this.#shape++;
  }

  #quiet(link: Link): void {
    this.link = link;
    this.figures = [];
  }

  #lost(): void {
    clearTimeout(this.#silence);
    this.#quiet("away");
    const wait = AGAIN_MS[Math.min(this.#tries++, AGAIN_MS.length - 1)];
    const lost = this.#socket;
    setTimeout(() => {
      if (this.#socket === lost) this.begin();
    }, wait);
  }
}

export function equipmentOf(point: string): string {
  return point.slice(0, point.indexOf("."));
}

export function quantityOf(point: string): string {
  return point.slice(point.lastIndexOf(".") + 1);
}

async function unpacked(data: ArrayBuffer): Promise<Message> {
  const stream = new Blob([data]).stream().pipeThrough(new DecompressionStream("gzip"));
  return (await new Response(stream).json()) as Message;
}

/** Put a point into its group. */
function put(groups: Map<string, string[]>, group: string, point: string): void {
  const members = groups.get(group);
  if (members) members.push(point);
  else groups.set(group, [point]);
}

/** Return readings as one, as a plan takes them: power, energy and current add up, the rest is a mean; nothing unless all are good or stood in for. */
export function together(quantity: string, feeds: readonly Live[]): Live {
  const first = feeds[0];
  if (!first) return NONE;
  const wrong = feeds.find((feed) => feed.quality !== "good" && !standsIn(feed));
  if (wrong) return { ...wrong, value: null };
  const stoodIn = feeds.find((feed) => feed.quality !== "good");
  if (feeds.some((feed) => feed.value === null)) return { ...(stoodIn ?? first), value: null };
  const sum = feeds.reduce((total, feed) => total + (feed.value ?? 0), 0);
  const value = /_(kw|kwh|a)$/.test(quantity) ? sum : sum / feeds.length;
  return { value, quality: stoodIn?.quality ?? "good", time: Math.min(...feeds.map((feed) => feed.time ?? 0)) };
}

export const live = new LiveValues();

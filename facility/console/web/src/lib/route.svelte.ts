/** Which screen is open: the part of the address behind `#`, so that a link or reload brings the same screen. */

class Route {
  #hash = $state(location.hash);

  constructor() {
    addEventListener("hashchange", () => (this.#hash = location.hash));
  }

  /** The parts of the address: `#/equipment/crah-1` is ["equipment", "crah-1"]. */
  get parts(): string[] {
    const path = this.#hash.replace(/^#\/?/, "").split("?")[0] ?? "";
    return path.split("/").filter(Boolean).map(decodeURIComponent);
  }

  get query(): URLSearchParams {
    return new URLSearchParams(this.#hash.split("?")[1] ?? "");
  }

  get page(): string {
    return this.parts[0] ?? "overview";
  }

  go(hash: string): void {
    location.hash = hash;
  }
}

export const route = new Route();

export function equipmentLink(id: string): string {
  return `#/equipment/${encodeURIComponent(id)}`;
}

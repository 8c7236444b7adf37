import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig, type Plugin } from "vite";

/** Puts the licences of all packages whose code is in the page beside it, as they ask. */
function licences(): Plugin {
  const texts = (folder: string): string[] =>
    readdirSync(folder)
      .filter((name) => /^licen[cs]e/i.test(name))
      .map((name) => readFileSync(join(folder, name), "utf8"));
  return {
    name: "licences",
    generateBundle() {
      const folders = new Set<string>();
      for (const id of this.getModuleIds()) {
        const found = /^(.*\/node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(id);
        if (found?.[1]) folders.add(found[1]);
      }
      const source = [...folders].sort().map((folder) => `${folder.split("/node_modules/").at(-1)}\n\n${texts(folder).join("\n")}`);
      this.emitFile({ type: "asset", fileName: "assets/licences.txt", source: source.join(`\n${"-".repeat(72)}\n\n`) });
    },
  };
}

// The page runs under a policy that allows nothing inline and nothing from elsewhere: so no inlined assets, no module polyfill.
export default defineConfig({
  plugins: [svelte(), licences()],
  build: {
    outDir: "../dist",
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: "es2022",
  },
  // `npm run dev` beside a running `facility serve`.
  server: { proxy: { "/api": { target: "http://127.0.0.1:8000", ws: true } } },
});

/** How dispatch stands, for the header of every screen and for its own. */

import { get } from "./api";
import type { DispatchAnswer } from "./api_types";
import { Asked } from "./asked.svelte";

export const dispatch = new Asked(() => get<DispatchAnswer>("/dispatch"));
export const EVERY_MS = 10_000;

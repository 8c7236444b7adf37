/** The history of any number of points: asked for in pieces of as many as one request may name. */

import { get } from "./api";
import type { HistoryAnswer } from "./api_types";
import { Axis, type Course } from "./axis";

const MOST_POINTS = 100;

export interface History {
  readonly times: readonly number[]; // starts of the steps, in seconds of Unix
  readonly courses: ReadonlyMap<string, Course>; // by point
}

/** Return the means of points over the steps of the last seconds, that which runs now included. */
export async function history(points: readonly string[], lastS: number, stepS: number): Promise<History> {
  const to = Date.now() / 1000; // the same of all pieces
  const from = Math.floor((to - lastS) / stepS) * stepS;
  const iso = (seconds: number): string => new Date(seconds * 1000).toISOString();
  const pieces: HistoryAnswer[] = [];
  for (let first = 0; first < points.length; first += MOST_POINTS) {
    const point = points.slice(first, first + MOST_POINTS);
    pieces.push(await get<HistoryAnswer>("/history", { point, from: iso(from), to: iso(to), step: stepS }));
  }
  const timesOf = (piece: HistoryAnswer): number[] => piece.times.map((time) => Date.parse(time) / 1000);
  const axis = new Axis(...pieces.map(timesOf));
  const courses = pieces.flatMap((piece) => piece.series.map((one) => [one.point, axis.place(timesOf(piece), one.values)] as const));
  return { times: axis.times, courses: new Map(courses) };
}

/** One time axis for series that have times of their own: what a series has no time for is undefined, which is drawn as no gap. */

export type Course = readonly (number | null | undefined)[];

export class Axis {
  readonly times: readonly number[]; // seconds of Unix

  constructor(...each: readonly (readonly number[])[]) {
    this.times = [...new Set(each.flat())].sort((one, other) => one - other);
  }

  /** Return values at times of their own, on this axis. */
  place(times: readonly number[], values: Course): Course {
    const found = new Map(times.map((time, index) => [time, values[index]]));
    return this.times.map((time) => found.get(time));
  }
}

import type { Course } from "./axis";

/** A line of a chart. */
export interface Line {
  readonly label: string;
  /** Its name in a file, where another line has the same label. */
  readonly inFile?: string;
  readonly values: Course;
  /** A colour of the style sheet, such as `--plan`. */
  readonly colour: string;
  readonly dash?: boolean;
  /** For what was not measured. */
  readonly dotted?: boolean;
  readonly steps?: boolean;
  /** A dot at each value, for one that stands alone. */
  readonly dots?: boolean;
  readonly width?: number;
  readonly digits?: number;
  /** The index of the line up to which the space is shaded. */
  readonly bandTo?: number;
}

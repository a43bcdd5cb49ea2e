// What a page and the worker that draws for it say to each other: one question, one answer, then the worker is ended.

/** The theme's, as CSS has them. */
export interface Colors {
  ink: string;
  soft: string;
  line: string;
  accent: string;
  /** The family of the letters. */
  font: string;
}

export interface Ask {
  /** The specification, as JSON. */
  spec: string;
  /** How wide it may be. */
  width_px: number;
  /** How many of the picture's pixels make one of these. */
  ratio: number;
  colors: Colors;
}

/** A PNG, and how wide it is meant to be seen; or why there is none. */
export type Answer = { png: ArrayBuffer; width_px: number } | { flaw: string };

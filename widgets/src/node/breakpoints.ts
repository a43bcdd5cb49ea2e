// Editing a curve of breakpoints: times from 0 s on that grow strictly, values within a range.

export type Point = [timeS: number, value: number];

export interface Bounds {
  min: number;
  max: number;
}

/** Times are kept apart by this, so that a drag can't make two points meet. */
export const GAP_S = 0.001;

const ORDINARY: Bounds = { min: -1, max: 1 };

/** The range that is drawn; where the parameter has no end, the points give one. */
export function boundsOf(min: number | null, max: number | null, points: readonly Point[]): Bounds {
  const values = points.map(([, value]) => value);
  const low = min ?? Math.min(ORDINARY.min, ...values);
  const high = max ?? Math.max(ORDINARY.max, ...values);
  return low < high ? { min: low, max: high } : { min: low - 1, max: high + 1 };
}

/** Length of the time axis that is drawn: the sound's if all points are within it, else the points' with room for one more. */
export function spanOf(points: readonly Point[], durationS = 0): number {
  if (durationS > 0 && (points.at(-1)?.[0] ?? 0) <= durationS) return durationS;
  const last = points.at(-1)?.[0] ?? 0;
  const wanted = Math.max(1, last * 1.25);
  const magnitude = 10 ** Math.floor(Math.log10(wanted));
  const nice = [1, 2, 2.5, 5, 10].find((step) => step * magnitude >= wanted) ?? 10;
  return nice * magnitude;
}

/** Add a point; one that stands at the same time is replaced. */
export function add(points: readonly Point[], point: Point, bounds: Bounds): Point[] {
  const timeS = roundTime(Math.max(0, point[0]));
  const others = points.filter(([other]) => Math.abs(other - timeS) >= GAP_S / 2);
  return [...others, [timeS, within(point[1], bounds)] as Point].sort((a, b) => a[0] - b[0]);
}

/** Move a point; it stays between its neighbours. */
export function move(points: readonly Point[], index: number, point: Point, bounds: Bounds): Point[] {
  const before = points[index - 1];
  const after = points[index + 1];
  const earliest = before ? before[0] + GAP_S : 0;
  const latest = after ? after[0] - GAP_S : Number.POSITIVE_INFINITY;
  if (latest < earliest) return [...points];
  const timeS = roundTime(Math.min(latest, Math.max(earliest, point[0])));
  return points.map((old, i) => (i === index ? [timeS, within(point[1], bounds)] : old));
}

export function remove(points: readonly Point[], index: number): Point[] {
  return points.filter((_, i) => i !== index);
}

/** Where the keyboard adds a point: half-way to the next one, or a second after the last. */
export function addAfter(points: readonly Point[], index: number, bounds: Bounds): Point[] {
  const here = points[index];
  if (!here) return add(points, [0, Math.min(bounds.max, Math.max(bounds.min, 0))], bounds);
  const next = points[index + 1];
  const point: Point = next ? [(here[0] + next[0]) / 2, (here[1] + next[1]) / 2] : [here[0] + 1, here[1]];
  return add(points, point, bounds);
}

/** What came from Python, made safe to draw. */
export function asPoints(value: unknown): Point[] {
  if (!Array.isArray(value)) return [];
  return value.filter(
    (item): item is Point =>
      Array.isArray(item) && item.length === 2 && item.every((part) => typeof part === "number" && Number.isFinite(part)),
  );
}

function within(value: number, bounds: Bounds): number {
  return Number(Math.min(bounds.max, Math.max(bounds.min, value)).toPrecision(6));
}

function roundTime(timeS: number): number {
  return Math.round(timeS * 1e6) / 1e6;
}

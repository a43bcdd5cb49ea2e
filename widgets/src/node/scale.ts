// How a slider maps a range, and how numbers are read and written.

export interface Range {
  min: number;
  max: number;
  step: number | null;
  integer: boolean;
  log: boolean;
}

/** Positions of a slider: enough for a pixel each, few enough that an arrow key moves noticeably. */
export const POSITIONS = 1000;

/** Value at a slider's position (0 to POSITIONS). */
export function toValue(range: Range, position: number): number {
  const part = Math.min(1, Math.max(0, position / POSITIONS));
  const raw = range.log
    ? range.min * (range.max / range.min) ** part
    : range.min + (range.max - range.min) * part;
  return snap(range, raw);
}

/** Slider's position (0 to POSITIONS) of a value. */
export function toPosition(range: Range, value: number): number {
  const part = range.log
    ? Math.log(value / range.min) / Math.log(range.max / range.min)
    : (value - range.min) / (range.max - range.min);
  return Number.isFinite(part) ? Math.min(1, Math.max(0, part)) * POSITIONS : 0;
}

/** The nearest value that the slider offers: on a step from the minimum, never outside the range. */
export function snap(range: Range, value: number): number {
  const step = range.step ?? (range.integer ? 1 : null);
  let snapped = value;
  if (step !== null) snapped = range.min + Math.round((value - range.min) / step) * step;
  else if (value !== range.min && value !== range.max) snapped = Number(value.toPrecision(range.log ? 3 : 4));
  if (range.integer) snapped = Math.round(snapped);
  return tidy(Math.min(range.max, Math.max(range.min, snapped)));
}

/** The next value for an arrow key. On a log scale without a step it moves by a hundredth of the range. */
export function nudge(range: Range, value: number, steps: number): number {
  const step = range.step ?? (range.integer ? 1 : null);
  if (step !== null && !range.log) return snap(range, value + steps * step);
  const moved = toValue(range, toPosition(range, value) + (steps * POSITIONS) / 100);
  if (moved !== value) return moved;
  return snap(range, value + steps * (step ?? 0));
}

/** Without the dust of binary fractions: 0.1 + 0.2 is 0.3. */
export function tidy(value: number): number {
  return Number(value.toPrecision(12));
}

/** A number as people write it, with a true minus sign. */
export function write(value: number): string {
  return String(tidy(value)).replace("-", "−");
}

/** What people write as a number: `−3,5`, `2e3`. Null if it is none. */
export function read(text: string): number | null {
  const plain = text.trim().replace(/[−–]/g, "-").replace(",", ".");
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(plain)) return null;
  const value = Number(plain);
  return Number.isFinite(value) ? value : null;
}

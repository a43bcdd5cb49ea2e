// A lane: a label and a scale at the left, a canvas over the time axis at the right. What it shows is in modules of their own.
import { make } from "./elements.ts";
import type { Ink } from "./ink.ts";
import type { Piece, Tile } from "./tiles.ts";
import type { Span } from "./time_axis.ts";

export interface Lane {
  readonly name: string;
  readonly element: HTMLElement;
  readonly canvas: HTMLCanvasElement;
  /** Whether it is drawn from tiles. */
  readonly tiled: boolean;
  draw(pieces: Piece[], span: Span, ink: Ink): void;
  /** What stands at a time and a height (0 at the bottom, 1 at the top), in words. */
  read(timeS: number, height: number, tile: Tile | undefined): string;
}

export interface Pen {
  context: CanvasRenderingContext2D;
  width: number;
  height: number;
  x(timeS: number): number;
}

/** Fit the canvas to its box at the screen's resolution, and clear it. */
export function prepare(canvas: HTMLCanvasElement, span: Span): Pen | null {
  const { clientWidth: width, clientHeight: height } = canvas;
  const context = canvas.getContext("2d");
  if (!context || width === 0) return null;
  const ratio = globalThis.devicePixelRatio || 1;
  const wide = Math.round(width * ratio);
  const high = Math.round(height * ratio);
  if (canvas.width !== wide) canvas.width = wide;
  if (canvas.height !== high) canvas.height = high;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  const perS = width / (span.endS - span.startS);
  return { context, width, height, x: (timeS) => (timeS - span.startS) * perS };
}

export function frame(label: string, unit: string, height: number) {
  const element = make("div", "sch-lane");
  const title = make("div", "sch-lane-title", unit ? `${label} (${unit})` : label);
  title.title = title.textContent ?? "";
  const scale = make("div", "sch-gutter");
  const canvas = make("canvas", "");
  canvas.style.height = `${height}px`;
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", title.textContent ?? "");
  element.append(title, scale, canvas);
  const gutter = (marks: [number, string][]): void => {
    for (const [part, text] of marks) {
      const mark = make("span", "", text);
      mark.style.top = `${part * 100}%`;
      scale.append(mark);
    }
  };
  return { element, canvas, gutter };
}

/** Draw minima and maxima as bars. Returns whether there was any value. */
export function band(pen: Pen, piece: Piece, low: Float32Array, high: Float32Array, y: (value: number) => number): boolean {
  const { tile, span } = piece;
  const columnS = (tile.endS - tile.startS) / tile.columns;
  const wide = Math.max(1, pen.x(columnS) - pen.x(0));
  let any = false;
  for (let column = 0; column < tile.columns; column++) {
    if (Number.isNaN(low[column]!)) continue;
    any = true;
    const startS = tile.startS + column * columnS;
    if (startS + columnS <= span.startS || startS >= span.endS) continue;
    const x = pen.x(startS);
    if (x < -wide || x > pen.width) continue;
    const top = y(high[column]!);
    pen.context.fillRect(x, top, wide, Math.max(1, y(low[column]!) - top));
  }
  return any;
}

export function say(pen: Pen, text: string, ink: Ink): void {
  pen.context.fillStyle = ink.soft;
  pen.context.font = "12px system-ui, sans-serif";
  pen.context.textBaseline = "middle";
  pen.context.fillText(text, 10, pen.height / 2);
}

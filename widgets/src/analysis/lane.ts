// A lane: a label and a scale at the left, a canvas over the time axis at the right. Waveform, image and curve are lanes.
import { paint } from "./colormap.ts";
import type { PlanMarks, PlanSound, PlanTrack } from "./plan.ts";
import { type Tile, floats } from "./tiles.ts";
import type { Span } from "./time_axis.ts";

export interface Ink {
  ink: string;
  soft: string;
  line: string;
  accent: string;
  marks: string[];
}

export interface Lane {
  readonly name: string;
  readonly element: HTMLElement;
  readonly canvas: HTMLCanvasElement;
  draw(tile: Tile | undefined, span: Span, ink: Ink): void;
  /** What stands at a place, in words, for the cursor's read-out. */
  read(part: number): string;
}

const WAVE_HEIGHT = 84;
const CURVE_HEIGHT = 72;
const IMAGE_HEIGHT = 132;

export interface MarkLine {
  plan: PlanMarks;
  times: Float32Array;
  color: number;
  on: boolean;
}

export function waveLane(sound: PlanSound, marks: () => MarkLine[]): Lane {
  const { element, canvas, gutter } = frame(sound.label, "", WAVE_HEIGHT);
  const peak = Math.max(sound.peak, 1e-4);
  gutter(sound.channels === 2 ? [[0.25, "L"], [0.75, "R"]] : []);
  return {
    name: sound.name,
    element,
    canvas,
    draw(tile, span, ink) {
      const pen = prepare(canvas);
      if (!pen) return;
      const { context, width, height } = pen;
      const lanes = sound.channels;
      context.strokeStyle = ink.line;
      context.lineWidth = 1;
      for (let lane = 0; lane < lanes; lane++) {
        const middle = ((lane + 0.5) / lanes) * height;
        line(context, 0, middle, width, middle);
      }
      if (tile) {
        const values = floats(tile.data);
        context.fillStyle = ink.accent;
        for (let lane = 0; lane < lanes; lane++) {
          const middle = ((lane + 0.5) / lanes) * height;
          const scale = (0.47 * height) / lanes / peak;
          const low = values.subarray(2 * lane * tile.columns, (2 * lane + 1) * tile.columns);
          const high = values.subarray((2 * lane + 1) * tile.columns, (2 * lane + 2) * tile.columns);
          band(context, tile, span, width, low, high, (value) => middle - value * scale);
        }
      }
      for (const mark of marks()) {
        if (!mark.on) continue;
        context.strokeStyle = ink.marks[mark.color % ink.marks.length]!;
        context.lineWidth = mark.color === 0 ? 1 : 1.5;
        context.setLineDash(mark.color === 0 ? [] : [4, 3]);
        const inset = mark.color === 0 ? height * 0.12 : 0;
        context.beginPath();
        for (const timeS of mark.times) {
          if (timeS < span.startS || timeS > span.endS) continue;
          const x = ((timeS - span.startS) / (span.endS - span.startS)) * width;
          context.moveTo(x, inset);
          context.lineTo(x, height - inset);
        }
        context.stroke();
        context.setLineDash([]);
      }
    },
    read: () => "",
  };
}

export function curveLane(track: PlanTrack): Lane {
  const { element, canvas, gutter } = frame(track.label, track.unit, CURVE_HEIGHT);
  element.title = track.tooltip;
  gutter([[0.06, short(track.high)], [0.94, short(track.low)]]);
  const y = (value: number, height: number): number => 3 + ((track.high - value) / (track.high - track.low)) * (height - 6);
  let last: { tile: Tile; span: Span } | undefined;
  return {
    name: track.name,
    element,
    canvas,
    draw(tile, span, ink) {
      last = tile && { tile, span };
      const pen = prepare(canvas);
      if (!pen || !tile) return;
      const { context, width, height } = pen;
      const values = floats(tile.data);
      context.strokeStyle = ink.accent;
      context.fillStyle = ink.accent;
      context.lineWidth = 1.4;
      context.lineJoin = "round";
      const low = values.subarray(0, tile.columns);
      const high = values.subarray(tile.columns);
      band(context, tile, span, width, low, high, (value) => y(value, height));
      context.beginPath();
      let drawing = false;
      for (let column = 0; column < tile.columns; column++) {
        const value = (low[column]! + high[column]!) / 2;
        const x = place(tile, span, width, column + 0.5);
        if (Number.isNaN(value) || x < -10 || x > width + 10) {
          drawing = false;
          continue;
        }
        if (drawing) context.lineTo(x, y(value, height));
        else context.moveTo(x, y(value, height));
        drawing = true;
      }
      context.stroke();
    },
    read(part) {
      if (!last) return "";
      const column = columnAt(last.tile, last.span, part);
      const value = floats(last.tile.data)[column + last.tile.columns];
      return value === undefined || Number.isNaN(value) ? "" : `${short(value)} ${track.unit}`;
    },
  };
}

export function imageLane(track: PlanTrack): Lane {
  const { element, canvas, gutter } = frame(track.label, track.unit, IMAGE_HEIGHT);
  element.title = track.tooltip;
  gutter(rowTicks(track));
  const store = document.createElement("canvas");
  let painted: Tile | undefined;
  let last: { tile: Tile; span: Span } | undefined;
  return {
    name: track.name,
    element,
    canvas,
    draw(tile, span) {
      last = tile && { tile, span };
      const pen = prepare(canvas);
      if (!pen || !tile) return;
      const { context, width, height } = pen;
      if (painted !== tile) {
        store.width = tile.columns;
        store.height = tile.rows;
        const bytes = new Uint8Array(tile.data.buffer, tile.data.byteOffset, tile.data.byteLength);
        const pixels = paint(bytes, tile.rows, tile.columns);
        const image = new ImageData(new Uint8ClampedArray(pixels.buffer as ArrayBuffer), tile.columns, tile.rows);
        store.getContext("2d")!.putImageData(image, 0, 0);
        painted = tile;
      }
      const perS = tile.columns / (tile.endS - tile.startS);
      context.imageSmoothingEnabled = track.bin_names.length === 0;
      context.drawImage(
        store,
        (span.startS - tile.startS) * perS, 0, (span.endS - span.startS) * perS, tile.rows,
        0, 0, width, height,
      );
    },
    read(part) {
      if (!last) return "";
      return `column ${columnAt(last.tile, last.span, part)}`;
    },
  };
}

/** What a row of an image is called: its name, or its centre with the unit. */
export function rowName(track: PlanTrack, row: number): string {
  const name = track.bin_names[row];
  if (name !== undefined) return name;
  const centre = track.bins?.[row];
  if (centre === undefined) return `row ${row}`;
  return `${short(centre)} ${track.bins_unit}`;
}

/** The value of an image at a place, undone from its byte. */
export function valueAt(track: PlanTrack, tile: Tile, span: Span, part: number, row: number): number | null {
  const byte = tile.data.getUint8(row * tile.columns + columnAt(tile, span, part));
  return byte === 255 ? null : track.low + (byte / 254) * (track.high - track.low);
}

export function rowTicks(track: PlanTrack): [number, string][] {
  const at = (row: number): number => 1 - (row + 0.5) / track.rows;
  if (track.bin_names.length > 0) {
    const step = Math.max(1, Math.ceil(track.rows / 12));
    return track.bin_names.flatMap((name, row) => (row % step === 0 ? [[at(row), name] as [number, string]] : []));
  }
  const { bins } = track;
  if (!bins || bins.length < 2) return [];
  if (track.bins_unit !== "Hz") return [0, bins.length - 1].map((row) => [at(row), short(bins[row]!)]);
  const found: [number, string][] = [];
  for (const hertz of [62.5, 125, 250, 500, 1000, 2000, 4000, 8000, 16000, 32000, 64000]) {
    if (hertz < bins[0]! || hertz > bins.at(-1)!) continue;
    const row = bins.reduce((best, centre, index) => (Math.abs(centre - hertz) < Math.abs(bins[best]! - hertz) ? index : best), 0);
    if (found.length > 0 && found.at(-1)![0] - at(row) < 0.13) continue;
    found.push([at(row), hertz < 1000 ? `${hertz}` : `${hertz / 1000}k`]);
  }
  return found;
}

/** Four digits, a true minus sign. */
export function short(value: number): string {
  const size = Math.abs(value);
  const text = size !== 0 && (size < 0.001 || size >= 1e6) ? value.toExponential(1) : String(Number(value.toPrecision(size >= 1000 ? 5 : 3)));
  return text.replace("-", "−");
}

function columnAt(tile: Tile, span: Span, part: number): number {
  const timeS = span.startS + part * (span.endS - span.startS);
  const column = Math.floor(((timeS - tile.startS) / (tile.endS - tile.startS)) * tile.columns);
  return Math.min(tile.columns - 1, Math.max(0, column));
}

function place(tile: Tile, span: Span, width: number, column: number): number {
  const timeS = tile.startS + (column / tile.columns) * (tile.endS - tile.startS);
  return ((timeS - span.startS) / (span.endS - span.startS)) * width;
}

function band(
  context: CanvasRenderingContext2D,
  tile: Tile,
  span: Span,
  width: number,
  low: Float32Array,
  high: Float32Array,
  y: (value: number) => number,
): void {
  const wide = Math.max(1, ((tile.endS - tile.startS) / tile.columns / (span.endS - span.startS)) * width);
  for (let column = 0; column < tile.columns; column++) {
    const x = place(tile, span, width, column);
    if (x < -wide || x > width || Number.isNaN(low[column]!)) continue;
    const top = y(high[column]!);
    context.fillRect(x, top, wide, Math.max(1, y(low[column]!) - top));
  }
}

function line(context: CanvasRenderingContext2D, x1: number, y1: number, x2: number, y2: number): void {
  context.beginPath();
  context.moveTo(x1, y1);
  context.lineTo(x2, y2);
  context.stroke();
}

/** Fit the canvas to its box at the screen's resolution, and clear it. */
function prepare(canvas: HTMLCanvasElement): { context: CanvasRenderingContext2D; width: number; height: number } | null {
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
  return { context, width, height };
}

function frame(label: string, unit: string, height: number) {
  const element = document.createElement("div");
  element.className = "sch-lane";
  const title = document.createElement("div");
  title.className = "sch-lane-title";
  title.textContent = unit ? `${label} (${unit})` : label;
  const scale = document.createElement("div");
  scale.className = "sch-gutter";
  const canvas = document.createElement("canvas");
  canvas.style.height = `${height}px`;
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", title.textContent);
  element.append(title, scale, canvas);
  const gutter = (marks: [number, string][]): void => {
    for (const [part, text] of marks) {
      const mark = document.createElement("span");
      mark.style.top = `${part * 100}%`;
      mark.textContent = text;
      scale.append(mark);
    }
  };
  return { element, canvas, gutter };
}

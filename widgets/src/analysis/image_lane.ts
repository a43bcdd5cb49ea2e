// The lane of an image: a spectrogram, a chromagram, whatever has rows over time. Each tile is painted once for each colouring.
import { NO_DATA, paint } from "./colormap.ts";
import type { Coloring } from "./coloring.ts";
import { type Lane, frame, prepare, say } from "./lane.ts";
import type { PlanTrack } from "../contract/analysis.ts";
import { type Tile, columnAt } from "./tiles.ts";
import { noteOf, short } from "./words.ts";

const IMAGE_HEIGHT = 132;

export function imageLane(track: PlanTrack, coloring: Coloring): Lane {
  const { element, canvas, gutter } = frame(track.label, track.unit, IMAGE_HEIGHT);
  element.title = track.tooltip;
  gutter(rowTicks(track));
  const painted = new WeakMap<Tile, { table: Uint32Array; store: HTMLCanvasElement }>();
  const storeOf = (tile: Tile, table: Uint32Array): HTMLCanvasElement => {
    const before = painted.get(tile);
    if (before?.table === table) return before.store;
    const store = before?.store ?? document.createElement("canvas");
    store.width = tile.columns;
    store.height = tile.rows;
    const bytes = new Uint8Array(tile.data.buffer, tile.data.byteOffset, tile.data.byteLength);
    const pixels = paint(bytes, tile.rows, tile.columns, table);
    const image = new ImageData(new Uint8ClampedArray(pixels.buffer as ArrayBuffer), tile.columns, tile.rows);
    store.getContext("2d")!.putImageData(image, 0, 0);
    painted.set(tile, { table, store });
    return store;
  };
  return {
    name: track.name,
    element,
    canvas,
    tiled: true,
    draw(pieces, span, ink) {
      const pen = prepare(canvas, span);
      if (!pen) return;
      const { context, height } = pen;
      const table = coloring.tableFor(track);
      context.imageSmoothingEnabled = track.bin_names.length === 0;
      for (const { tile, span: part } of pieces) {
        const perS = tile.columns / (tile.endS - tile.startS);
        const startS = Math.max(part.startS, span.startS);
        const endS = Math.min(part.endS, span.endS);
        if (endS <= startS) continue;
        const left = Math.floor(pen.x(startS));
        context.drawImage(
          storeOf(tile, table),
          (startS - tile.startS) * perS, 0, (endS - startS) * perS, tile.rows,
          left, 0, Math.ceil(pen.x(endS)) - left, height,
        );
      }
      if (pieces.length > 0 && pieces.every(({ tile }) => isEmpty(tile))) say(pen, "no value here: all are missing (NaN)", ink);
    },
    read(timeS, height, tile) {
      const row = Math.floor(height * track.rows);
      if (row < 0 || row >= track.rows) return "";
      const words = [rowName(track, row)];
      if (track.bins_unit === "Hz" && track.bins?.[row] !== undefined) words.push(noteOf(track.bins[row]));
      const value = tile && tile.rows === track.rows ? valueAt(track, tile, timeS, row) : null;
      if (value !== null) words.push(`${short(value)} ${track.unit}`.trim());
      return words.filter(Boolean).join(" · ");
    },
  };
}

const empty = new WeakMap<Tile, boolean>();

/** Whether no byte of a tile is a value; looked at once for each. */
export function isEmpty(tile: Tile): boolean {
  let known = empty.get(tile);
  if (known === undefined) {
    known = new Uint8Array(tile.data.buffer, tile.data.byteOffset, tile.data.byteLength).every((byte) => byte === NO_DATA);
    empty.set(tile, known);
  }
  return known;
}

/** What a row of an image is called: its name, or its centre with the unit. */
export function rowName(track: PlanTrack, row: number): string {
  const name = track.bin_names[row];
  if (name !== undefined) return name;
  const centre = track.bins?.[row];
  if (centre === undefined) return `row ${row}`;
  return `${short(centre)} ${track.bins_unit}`.trim();
}

/** The value of an image at a place, undone from its byte. */
export function valueAt(track: PlanTrack, tile: Tile, timeS: number, row: number): number | null {
  const byte = tile.data.getUint8(row * tile.columns + columnAt(tile, timeS));
  return byte === NO_DATA ? null : track.low + (byte / 254) * (track.high - track.low);
}

/** Where the gutter has a text: the height from the top, and which. */
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

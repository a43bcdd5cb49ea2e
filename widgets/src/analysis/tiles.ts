// Tiles: each track over the whole time, cut into halves, quarters and so on, as fine as the canvas needs it. What is there
// is kept; what is missing is asked for a few at a time, the coarsest first, so that there is always something to draw.
import type { Span } from "./time_axis.ts";
import type { Wire } from "./wire.ts";

export type { Wire } from "./wire.ts";

export interface Tile extends Span {
  columns: number;
  rows: number;
  data: DataView;
}

/** A tile, and the part of the time axis that it is to be drawn for. */
export interface Piece {
  tile: Tile;
  span: Span;
}

interface Want {
  name: string;
  level: number;
  index: number;
}

export const AT_ONCE = 3;
export const ASK_AGAIN_MS = 6000;
const KEPT = 96;
const DEEPEST = 30;
const ROUGH_MS = 400;

export class TileStore {
  private readonly tiles = new Map<string, Map<string, Tile>>();
  private readonly wanted = new Map<string, Want[]>();
  private readonly pending = new Map<string, { name: string; sinceMs: number; waitMs: number }>();
  private readonly again = new Set<ReturnType<typeof setTimeout>>();
  private readonly off: () => void;
  private timer: ReturnType<typeof setInterval> | undefined;

  /** Whether Python owes an answer for too long. */
  silent = false;

  constructor(
    private readonly wire: Wire,
    private readonly durationS: number,
    private readonly columnsOf: (name: string) => number,
    private readonly onTile: (name: string) => void,
    private readonly onSilence: (silent: boolean) => void = () => {},
  ) {
    this.off = wire.on((content, buffers) => this.receive(content, buffers));
  }

  /** The best that is there for a span that is `width` pixels wide; asks for what is missing. */
  pieces(name: string, span: Span, width: number): Piece[] {
    const length = span.endS - span.startS;
    const level = this.levelFor(name, length, width);
    const tileS = this.durationS / 2 ** level;
    const first = Math.max(0, Math.floor(span.startS / tileS));
    const last = Math.min(2 ** level - 1, Math.max(first, Math.ceil(span.endS / tileS) - 1));
    const found: Piece[] = [];
    const missing: Want[] = [];
    if (!this.get(name, 0, 0)) missing.push({ name, level: 0, index: 0 });
    for (let index = first; index <= last; index++) {
      const part = { startS: index * tileS, endS: (index + 1) * tileS };
      const tile = this.get(name, level, index);
      if (tile) found.push({ tile, span: part });
      else {
        missing.push({ name, level, index });
        const coarser = this.coarser(name, level, index);
        if (coarser) found.push({ tile: coarser, span: part });
      }
    }
    for (const index of [last + 1, first - 1]) {
      if (index >= 0 && index < 2 ** level && !this.get(name, level, index)) missing.push({ name, level, index });
    }
    this.wanted.set(name, missing);
    this.ask();
    return found;
  }

  /** The finest that is there at a time. */
  at(name: string, timeS: number): Tile | undefined {
    let best: Tile | undefined;
    for (const tile of this.tiles.get(name)?.values() ?? []) {
      if (timeS < tile.startS || timeS > tile.endS) continue;
      if (!best || tile.endS - tile.startS < best.endS - best.startS) best = tile;
    }
    return best;
  }

  /** All of it, coarsely. */
  whole(name: string): Tile | undefined {
    return this.get(name, 0, 0);
  }

  /** No longer shown: nothing more is asked for it. */
  forget(name: string): void {
    this.wanted.delete(name);
  }

  close(): void {
    this.off();
    clearInterval(this.timer);
    for (const timer of this.again) clearTimeout(timer);
    this.wanted.clear();
  }

  private levelFor(name: string, length: number, width: number): number {
    const needed = (0.7 * width * this.durationS) / (length * this.columnsOf(name));
    return Math.min(DEEPEST, Math.max(0, Math.ceil(Math.log2(needed))));
  }

  private get(name: string, level: number, index: number): Tile | undefined {
    const kept = this.tiles.get(name);
    const key = `${level}:${index}`;
    const tile = kept?.get(key);
    if (tile && level > 0) {
      // What was used last stands last, and goes last.
      kept!.delete(key);
      kept!.set(key, tile);
    }
    return tile;
  }

  private coarser(name: string, level: number, index: number): Tile | undefined {
    for (let up = 1; up <= level; up++) {
      const tile = this.get(name, level - up, Math.floor(index / 2 ** up));
      if (tile) return tile;
    }
    return undefined;
  }

  private ask(): void {
    const now = Date.now();
    const wants = [...this.wanted.values()].flat().sort((a, b) => Number(a.level > 0) - Number(b.level > 0));
    for (const want of wants) {
      const due = [...this.pending.values()].filter((entry) => now - entry.sinceMs < entry.waitMs).length;
      if (due >= AT_ONCE) break;
      const key = `${want.name}|${want.level}:${want.index}`;
      const before = this.pending.get(key);
      if (before && now - before.sinceMs < before.waitMs) continue;
      // A kernel that runs a cell answers when it has ended; it needn't find a heap of the same question.
      this.pending.set(key, { name: want.name, sinceMs: now, waitMs: before ? before.waitMs * 2 : ASK_AGAIN_MS });
      const tileS = this.durationS / 2 ** want.level;
      this.wire.send({
        kind: "tile",
        name: want.name,
        start_s: want.index * tileS,
        end_s: (want.index + 1) * tileS,
        columns: this.columnsOf(want.name),
      });
    }
    if (this.pending.size > 0) this.timer ??= setInterval(() => this.watch(), 1000);
  }

  private watch(): void {
    const now = Date.now();
    if ([...this.pending.values()].some((entry) => now - entry.sinceMs >= 0.9 * entry.waitMs)) this.hush(true);
    this.ask();
    if (this.pending.size > 0) return;
    clearInterval(this.timer);
    this.timer = undefined;
  }

  private hush(silent: boolean): void {
    if (silent === this.silent) return;
    this.silent = silent;
    this.onSilence(silent);
  }

  private receive(content: Record<string, unknown>, buffers: DataView[]): void {
    const data = buffers[0];
    if (content["kind"] !== "tile" || !data) return;
    const name = String(content["name"]);
    const [startS, endS] = [Number(content["start_s"]), Number(content["end_s"])];
    const [columns, rows] = [Number(content["columns"]), Number(content["rows"])];
    if (!(endS > startS) || !(columns > 0) || !(rows > 0)) return;
    const level = Math.round(Math.log2(this.durationS / (endS - startS)));
    const index = Math.round(startS / (this.durationS / 2 ** level));
    const kept = this.tiles.get(name) ?? new Map<string, Tile>();
    this.tiles.set(name, kept);
    const key = `${level}:${index}`;
    kept.set(key, { startS, endS, columns, rows, data });
    for (const old of kept.keys()) {
      if (kept.size <= KEPT) break;
      if (old !== "0:0") kept.delete(old);
    }
    this.pending.delete(`${name}|${key}`);
    this.wanted.set(name, (this.wanted.get(name) ?? []).filter((want) => want.level !== level || want.index !== index));
    if (content["rough"]) this.askLater({ name, level, index });
    this.hush(false);
    this.ask();
    this.onTile(name);
  }

  private askLater(want: Want): void {
    const timer = setTimeout(() => {
      this.again.delete(timer);
      this.wanted.set(want.name, [want, ...(this.wanted.get(want.name) ?? [])]);
      this.ask();
    }, ROUGH_MS);
    this.again.add(timer);
  }
}

/** A tile's bytes as floats, wherever they start. */
export function floats(data: DataView): Float32Array {
  if (data.byteOffset % 4 === 0) return new Float32Array(data.buffer, data.byteOffset, data.byteLength / 4);
  return new Float32Array(data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength));
}

/** The column of a tile at a time. */
export function columnAt(tile: Tile, timeS: number): number {
  const column = Math.floor(((timeS - tile.startS) / (tile.endS - tile.startS)) * tile.columns);
  return Math.min(tile.columns - 1, Math.max(0, column));
}

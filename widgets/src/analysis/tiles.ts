// Tiles: the columns of one track that a canvas shows, asked from Python. An overview is kept, so that there is always
// something to draw while the detail is on its way (or the kernel is busy).
import type { Span } from "./time_axis.ts";

export interface Tile extends Span {
  columns: number;
  rows: number;
  data: DataView;
}

interface Head {
  tile?: string;
  start_s: number;
  end_s: number;
  columns: number;
  rows: number;
}

export interface Wire {
  send(content: Record<string, unknown>): void;
  on(receive: (content: Record<string, unknown>, buffers: DataView[]) => void): () => void;
}

export const OVERVIEW_COLUMNS = 2048;
const DETAIL_COLUMNS = 1600;
const WAIT_MS = 60;
const ASK_AGAIN_MS = 5000;

export class TileStore {
  private overview = new Map<string, Tile>();
  private detail = new Map<string, Tile>();
  private wanted = new Map<string, { span: Span; timer: ReturnType<typeof setTimeout> | undefined }>();
  private asked = new Map<string, number>();
  private readonly off: () => void;

  constructor(
    private readonly wire: Wire,
    private readonly durationS: number,
    private readonly onTile: (name: string) => void,
  ) {
    this.off = wire.on((content, buffers) => this.receive(content as unknown as Head, buffers));
  }

  /** The best that is there for a span; asks for what is missing. */
  best(name: string, span: Span): Tile | undefined {
    const overview = this.overview.get(name);
    const now = Date.now();
    if (!overview && now - (this.asked.get(name) ?? -ASK_AGAIN_MS) >= ASK_AGAIN_MS) {
      this.asked.set(name, now);
      this.ask(name, { startS: 0, endS: this.durationS }, OVERVIEW_COLUMNS);
    }
    const detail = this.detail.get(name);
    if (detail && covers(detail, span) && fineness(detail) >= 0.9 * fineness({ ...span, columns: OVERVIEW_COLUMNS / 2 })) return detail;
    if (overview && span.endS - span.startS < 0.5 * this.durationS) this.want(name, span);
    return detail && covers(detail, span) ? detail : overview;
  }

  close(): void {
    this.off();
    for (const { timer } of this.wanted.values()) clearTimeout(timer);
  }

  /** Ask when the hand rests, for a bit more than what is seen. */
  private want(name: string, span: Span): void {
    const before = this.wanted.get(name);
    if (before && before.timer === undefined && same(before.span, span)) return;
    if (before?.timer !== undefined) {
      before.span = span;
      return;
    }
    const entry = { span, timer: setTimeout(() => {
      entry.timer = undefined as never;
      const room = (entry.span.endS - entry.span.startS) / 4;
      const startS = Math.max(0, entry.span.startS - room);
      this.ask(name, { startS, endS: Math.min(this.durationS, entry.span.endS + room) }, DETAIL_COLUMNS * 1.5);
    }, WAIT_MS) as ReturnType<typeof setTimeout> | undefined };
    this.wanted.set(name, entry);
  }

  private ask(name: string, span: Span, columns: number): void {
    this.wire.send({ ask: "tile", name, start_s: span.startS, end_s: span.endS, columns });
  }

  private receive(content: Head, buffers: DataView[]): void {
    const data = buffers[0];
    if (typeof content.tile !== "string" || !data) return;
    const tile: Tile = {
      startS: content.start_s,
      endS: content.end_s,
      columns: content.columns,
      rows: content.rows,
      data,
    };
    const whole = tile.startS <= 0 && tile.endS >= this.durationS * 0.999;
    (whole ? this.overview : this.detail).set(content.tile, tile);
    this.onTile(content.tile);
  }
}

function covers(tile: Span, span: Span): boolean {
  const slack = (span.endS - span.startS) * 1e-6;
  return tile.startS <= span.startS + slack && tile.endS >= span.endS - slack;
}

function fineness(tile: Span & { columns: number }): number {
  return tile.columns / (tile.endS - tile.startS);
}

function same(a: Span, b: Span): boolean {
  return a.startS === b.startS && a.endS === b.endS;
}

/** A tile's bytes as floats, wherever they start. */
export function floats(data: DataView): Float32Array {
  if (data.byteOffset % 4 === 0) return new Float32Array(data.buffer, data.byteOffset, data.byteLength / 4);
  return new Float32Array(data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength));
}

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { ASK_AGAIN_MS, AT_ONCE, TileStore, type Wire, floats } from "../src/analysis/tiles.ts";

interface Ask {
  kind: string;
  name: string;
  start_s: number;
  end_s: number;
  columns: number;
}

/** A kernel that answers when it is told to. */
function kernel() {
  const asked: Ask[] = [];
  let receive: (content: Record<string, unknown>, buffers: DataView[]) => void = () => {};
  const wire: Wire = {
    send: (content) => void asked.push(content as unknown as Ask),
    on(to) {
      receive = to;
      return () => (receive = () => {});
    },
  };
  const answer = (rough = false): void => {
    for (const { name, start_s, end_s, columns } of asked.splice(0)) {
      receive({ kind: "tile", name, start_s, end_s, columns, rows: 2, rough }, [new DataView(new ArrayBuffer(8 * columns))]);
    }
  };
  const answerAll = (): void => {
    while (asked.length > 0) answer();
  };
  return { wire, asked, answer, answerAll };
}

const storeOf = (wire: Wire, told: () => void = () => {}, silence: (silent: boolean) => void = () => {}): TileStore =>
  new TileStore(wire, 96, () => 100, told, silence);

describe("tiles", () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  it("asks for the whole once and first, however often it is drawn", () => {
    const { wire, asked } = kernel();
    const store = storeOf(wire);
    for (let i = 0; i < 5; i++) expect(store.pieces("wave", { startS: 0, endS: 96 }, 100)).toEqual([]);
    expect(asked).toHaveLength(1);
    expect(asked[0]).toMatchObject({ kind: "tile", name: "wave", start_s: 0, end_s: 96, columns: 100 });
  });

  it("draws what is coarser until the finer has come, and never leaves a gap", () => {
    const { wire, answer, answerAll } = kernel();
    const store = storeOf(wire);
    const near = { startS: 10, endS: 16 };
    store.pieces("wave", { startS: 0, endS: 96 }, 100);
    answer();
    const before = store.pieces("wave", near, 100);
    expect(before.every(({ tile }) => tile.startS === 0 && tile.endS === 96)).toBe(true);
    answerAll();
    const after = store.pieces("wave", near, 100);
    for (const pieces of [before, after]) {
      expect(pieces[0]!.span.startS).toBeLessThanOrEqual(near.startS);
      expect(pieces.at(-1)!.span.endS).toBeGreaterThanOrEqual(near.endS);
      for (let i = 1; i < pieces.length; i++) expect(pieces[i]!.span.startS).toBeCloseTo(pieces[i - 1]!.span.endS, 9);
    }
    const { tile } = after[0]!;
    expect(tile.columns / (tile.endS - tile.startS)).toBeGreaterThanOrEqual((0.7 * 100) / 6);
  });

  it("asks for a few at a time, and not for what the hand has passed", () => {
    const { wire, asked, answer } = kernel();
    const store = storeOf(wire);
    store.pieces("wave", { startS: 0, endS: 96 }, 100);
    answer();
    for (let s = 10; s < 80; s++) store.pieces("wave", { startS: s, endS: s + 2 }, 100);
    expect(asked.length).toBeLessThanOrEqual(AT_ONCE);
    answer();
    for (const ask of asked) expect(ask.end_s).toBeGreaterThan(75);
  });

  it("does not ask again for what is there", () => {
    const { wire, asked, answerAll } = kernel();
    const store = storeOf(wire);
    store.pieces("wave", { startS: 10, endS: 12 }, 100);
    answerAll();
    store.pieces("wave", { startS: 10, endS: 12 }, 100);
    expect(asked).toEqual([]);
  });

  it("fetches what is beside, so that it is there before one comes to it", () => {
    const { wire, answerAll } = kernel();
    const store = storeOf(wire);
    store.pieces("wave", { startS: 48, endS: 51 }, 100);
    answerAll();
    for (const startS of [45, 51]) {
      for (const { tile, span } of store.pieces("wave", { startS, endS: startS + 3 }, 100)) expect(tile.endS - tile.startS).toBe(span.endS - span.startS);
    }
  });

  it("asks no more for what isn't shown any more", () => {
    const { wire, asked, answer } = kernel();
    const store = storeOf(wire);
    store.pieces("wave", { startS: 10, endS: 40 }, 1000);
    expect(asked).toHaveLength(AT_ONCE);
    store.forget("wave");
    answer();
    expect(asked).toEqual([]);
  });

  it("keeps the whole and what was seen last, and the rest no longer than there is room for it", () => {
    const { wire, asked, answerAll } = kernel();
    const store = storeOf(wire);
    const look = (startS: number): void => {
      store.pieces("wave", { startS, endS: startS + 0.5 }, 100);
      answerAll();
    };
    for (let startS = 0; startS < 95; startS += 0.5) look(startS);
    store.pieces("wave", { startS: 94.5, endS: 95 }, 100);
    expect(asked).toEqual([]);
    expect(store.whole("wave")).toBeTruthy();
    store.pieces("wave", { startS: 0, endS: 0.5 }, 100);
    expect(asked.length).toBeGreaterThan(0);
  });

  it("asks again for what was only guessed", () => {
    const { wire, asked, answer } = kernel();
    const store = storeOf(wire);
    store.pieces("wave", { startS: 0, endS: 96 }, 100);
    answer(true);
    vi.advanceTimersByTime(1000);
    expect(asked).toHaveLength(1);
  });

  it("tells when no answer comes, asks seldom meanwhile, and tells when one has come", () => {
    const { wire, asked, answer } = kernel();
    const silence = vi.fn();
    const store = storeOf(wire, () => {}, silence);
    store.pieces("wave", { startS: 0, endS: 96 }, 100);
    vi.advanceTimersByTime(ASK_AGAIN_MS + 2000);
    expect(silence).toHaveBeenLastCalledWith(true);
    vi.advanceTimersByTime(100_000);
    expect(asked.length).toBeLessThan(7);
    answer();
    expect(silence).toHaveBeenLastCalledWith(false);
  });

  it("passes over answers that are no tiles", () => {
    const told = vi.fn();
    let receive: (content: Record<string, unknown>, buffers: DataView[]) => void = () => {};
    const store = storeOf({ send: () => {}, on: (to) => ((receive = to), () => {}) }, told);
    receive({ kind: "tile", name: "wave", start_s: 5, end_s: 5, columns: 1, rows: 1 }, [new DataView(new ArrayBuffer(8))]);
    receive({ kind: "tile", name: "wave", start_s: 0, end_s: 96, columns: Number.NaN, rows: 1 }, [new DataView(new ArrayBuffer(8))]);
    receive({ kind: "tile", name: "wave", start_s: 0, end_s: 96, columns: 1, rows: 1 }, []);
    expect(told).not.toHaveBeenCalled();
    expect(store.whole("wave")).toBeUndefined();
  });

  it("says nothing more when it has been closed", () => {
    const { wire, answer } = kernel();
    const told = vi.fn();
    const store = storeOf(wire, told);
    store.pieces("wave", { startS: 0, endS: 96 }, 100);
    store.close();
    answer();
    expect(told).not.toHaveBeenCalled();
  });

  it("reads floats that don't start on a multiple of four bytes", () => {
    const bytes = new Uint8Array(9);
    new DataView(bytes.buffer).setFloat32(1, 1.5, true);
    expect([...floats(new DataView(bytes.buffer, 1, 8))]).toEqual([1.5, 0]);
  });
});

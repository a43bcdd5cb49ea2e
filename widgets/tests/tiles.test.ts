import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { TileStore, type Wire, floats } from "../src/analysis/tiles.ts";

interface Ask {
  ask: string;
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
  const answer = (): void => {
    for (const { name, start_s, end_s, columns } of asked.splice(0)) {
      receive({ tile: name, start_s, end_s, columns, rows: 2 }, [new DataView(new ArrayBuffer(8 * columns))]);
    }
  };
  return { wire, asked, answer };
}

describe("tiles", () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  it("asks for the whole once, however often it is drawn", () => {
    const { wire, asked } = kernel();
    const store = new TileStore(wire, 100, () => {});
    for (let i = 0; i < 5; i++) expect(store.best("wave", { startS: 0, endS: 100 })).toBeUndefined();
    expect(asked).toHaveLength(1);
    expect(asked[0]).toMatchObject({ name: "wave", start_s: 0, end_s: 100 });
  });

  it("draws the overview until the detail has come", () => {
    const { wire, asked, answer } = kernel();
    const store = new TileStore(wire, 100, () => {});
    const near = { startS: 10, endS: 12 };
    store.best("wave", near);
    answer();
    const overview = store.best("wave", near);
    expect(overview).toMatchObject({ startS: 0, endS: 100 });
    vi.runAllTimers();
    expect(asked).toHaveLength(1);
    answer();
    const detail = store.best("wave", near)!;
    expect(detail.endS - detail.startS).toBeLessThan(5);
    expect(detail.startS).toBeLessThanOrEqual(10);
    expect(detail.endS).toBeGreaterThanOrEqual(12);
  });

  it("asks once for a movement, when the hand rests, for where it rests", () => {
    const { wire, asked, answer } = kernel();
    const store = new TileStore(wire, 100, () => {});
    store.best("wave", { startS: 0, endS: 100 });
    answer();
    for (let s = 10; s < 20; s++) store.best("wave", { startS: s, endS: s + 2 });
    vi.runAllTimers();
    expect(asked).toHaveLength(1);
    expect(asked[0]!.start_s).toBeLessThanOrEqual(19);
    expect(asked[0]!.end_s).toBeGreaterThanOrEqual(21);
  });

  it("does not ask again for a detail that is there", () => {
    const { wire, asked, answer } = kernel();
    const store = new TileStore(wire, 100, () => {});
    const near = { startS: 10, endS: 12 };
    store.best("wave", near);
    answer();
    store.best("wave", near);
    vi.runAllTimers();
    answer();
    store.best("wave", near);
    vi.runAllTimers();
    expect(asked).toEqual([]);
  });

  it("says nothing more when it has been closed", () => {
    const { wire, answer } = kernel();
    const told = vi.fn();
    const store = new TileStore(wire, 100, told);
    store.best("wave", { startS: 0, endS: 100 });
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

import { describe, expect, it } from "vitest";

import { FOOT, MARGIN, firstViewport, isAsAdded } from "../src/flow/first_view.tsx";
import { withRoom } from "../src/flow/layout.ts";
import { Store } from "../src/flow/store.ts";
import { doc, fakeModel, plugin } from "./flow_model.ts";

const box = (x: number, y: number, width: number, height: number) => ({ x, y, width, height });

describe("the first look at a flow", () => {
  it("shows all of a small one, in the middle and no larger than it is", () => {
    const { x, y, zoom } = firstViewport(box(100, 50, 400, 200), box(100, 50, 240, 100), 1000, 600);
    expect(zoom).toBe(1);
    expect(100 * zoom + x).toBe((1000 - 400) / 2);
    expect(50 * zoom + y).toBe(MARGIN + (600 - MARGIN - FOOT - 200) / 2);
  });

  it("shrinks one that is a little too large until it fits", () => {
    const { x, zoom } = firstViewport(box(0, 0, 1400, 300), box(0, 0, 240, 100), 1000, 600);
    expect(zoom).toBeCloseTo((1000 - 2 * MARGIN) / 1400);
    expect(x).toBeCloseTo(MARGIN);
  });

  it("shows the beginning of a large one, still to be read, with its first node in the middle of the height", () => {
    const first = box(0, 4000, 240, 100);
    const { x, y, zoom } = firstViewport(box(0, 0, 20_000, 9000), first, 1000, 600);
    expect(zoom).toBe(0.5);
    expect(x).toBe(MARGIN);
    expect(4050 * zoom + y).toBe(MARGIN + (600 - MARGIN - FOOT) / 2);
  });

  it("leaves no empty room before the first or after the last of a large one", () => {
    const extent = box(0, 0, 20_000, 9000);
    expect(firstViewport(extent, box(0, 0, 240, 100), 1000, 600).y).toBe(MARGIN);
    const { y, zoom } = firstViewport(extent, box(0, 8900, 240, 100), 1000, 600);
    expect(9000 * zoom + y).toBe(600 - FOOT);
  });

  it("lays out only what Python has put on its grid", () => {
    const flow = (...places: [number, number][]) => ({ nodes: places.map(([x, y], index) => plugin(`n${index}`, x, y)), edges: [], viewport: { x: 0, y: 0, zoom: 1 } });
    expect(isAsAdded(flow([0, 0], [260, 0], [0, 140]))).toBe(true);
    expect(isAsAdded(flow([0, 0], [268, 0]))).toBe(false);
    expect(isAsAdded(flow([0, 0]))).toBe(false);
  });
});

describe("a layout", () => {
  it("leaves room for the result of a node that has none yet", () => {
    const done = { state: "done", progress: 1, message: "", wall_s: 1, stale: false, error: {}, summary: [], has_result: true };
    const store = new Store(fakeModel({ document: doc([plugin("a"), plugin("b")]), standings: { b: done } }).model);
    const heights = store.document.nodes.map((node) => withRoom(store, () => ({ width: 240, height: 100 }))(node).height);
    expect(heights[0]).toBeGreaterThan(heights[1]!);
    expect(heights[1]).toBe(100);
  });
});

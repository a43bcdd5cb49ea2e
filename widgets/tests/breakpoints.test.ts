import { describe, expect, it } from "vitest";

import { type Point, add, addAfter, asPoints, boundsOf, move, remove, spanOf } from "../src/node/breakpoints.ts";

const bounds = { min: -96, max: 24 };
const curve: Point[] = [[0, -12], [1, 0], [2, -30]];
const grows = (points: Point[]): boolean => points.every(([t], i) => t >= 0 && (i === 0 || t > points[i - 1]![0]));

describe("a curve of breakpoints", () => {
  it("keeps its times in order when a point is added", () => {
    expect(add(curve, [1.5, 3], bounds)).toEqual([[0, -12], [1, 0], [1.5, 3], [2, -30]]);
  });

  it("replaces a point that stands at the same time", () => {
    expect(add(curve, [1, 6], bounds)).toEqual([[0, -12], [1, 6], [2, -30]]);
  });

  it("keeps a moved point between its neighbours and within the range", () => {
    for (const to of [[-5, 100], [9, -200], [1, 0]] as Point[]) {
      for (let index = 0; index < curve.length; index++) {
        const moved = move(curve, index, to, bounds);
        expect(grows(moved)).toBe(true);
        expect(moved[index]![1]).toBeGreaterThanOrEqual(bounds.min);
        expect(moved[index]![1]).toBeLessThanOrEqual(bounds.max);
      }
    }
  });

  it("does not change what it was given", () => {
    const before = structuredClone(curve);
    move(curve, 1, [0.5, 1], bounds);
    remove(curve, 0);
    expect(curve).toEqual(before);
  });

  it("gets a first point by keyboard within a range that has no zero", () => {
    expect(addAfter([], -1, { min: 20, max: 2000 })).toEqual([[0, 20]]);
  });

  it("gets a point half-way to the next, or a second after the last", () => {
    expect(addAfter(curve, 0, bounds)[1]).toEqual([0.5, -6]);
    expect(addAfter(curve, 2, bounds)[3]).toEqual([3, -30]);
  });

  it("is drawn over a round time that has room after the last point", () => {
    expect(spanOf([])).toBe(1);
    expect(spanOf(curve)).toBe(2.5);
    expect(spanOf([[0, 0], [61, 0]])).toBe(100);
  });

  it("has a range to draw even when the parameter has none", () => {
    const found = boundsOf(null, null, [[0, 5]]);
    expect(found.max).toBeGreaterThanOrEqual(5);
    expect(found.min).toBeLessThan(found.max);
  });

  it("passes over what is no point", () => {
    expect(asPoints([[0, 1], [1], "x", [0, Number.NaN], null])).toEqual([[0, 1]]);
    expect(asPoints(undefined)).toEqual([]);
  });
});

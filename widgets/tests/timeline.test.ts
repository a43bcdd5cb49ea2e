import { describe, expect, it } from "vitest";

import { clicksBetween, heard, placeAt } from "../src/analysis/timeline.ts";

const once = { atS: 10, fromS: 2, endS: 5, loop: null };
const round = { atS: 10, fromS: 2, endS: 5, loop: { startS: 1, endS: 3 } };

describe("the timeline", () => {
  it("goes along with the clock and stops at the end", () => {
    expect([9, 10, 11.5, 20].map((clockS) => placeAt(once, clockS))).toEqual([2, 2, 3.5, 5]);
  });

  it("goes round within a loop", () => {
    expect([10.5, 11.5, 13, 13.5].map((clockS) => placeAt(round, clockS)).map((s) => Number(s.toFixed(6)))).toEqual([2.5, 1.5, 1, 1.5]);
  });

  it("says what is heard between two instants, without a gap", () => {
    const parts = heard(round, 10, 16);
    expect(parts.map(({ startS, endS }) => [startS, endS].map((s) => Number(s.toFixed(6))))).toEqual([[2, 3], [1, 3], [1, 3], [1, 2]]);
    expect(parts.reduce((sum, { startS, endS }) => sum + endS - startS, 0)).toBeCloseTo(6, 6);
  });

  it("is heard no longer than the sound lasts", () => {
    expect(heard(once, 10, 100)).toEqual([{ startS: 2, endS: 5, atS: 10 }]);
    expect(heard({ ...once, fromS: 5 }, 10, 100)).toEqual([]);
  });

  it("clicks at each mark in each turn of a loop, louder on downbeats", () => {
    const clicks = clicksBetween(round, 10, 14, Float64Array.from([0.5, 1, 2, 2.5, 3, 4]), Float64Array.from([1.02]));
    expect(clicks.map(({ atS, strong }) => [Number(atS.toFixed(6)), strong])).toEqual([
      [10, false], [10.5, false], [11, true], [12, false], [12.5, false], [13, true],
    ]);
  });

  it("clicks none twice where one look ends and the next begins", () => {
    const times = Float64Array.from({ length: 40 }, (_, i) => i / 8);
    const all = clicksBetween(round, 10, 20, times, new Float64Array());
    const parts = Array.from({ length: 40 }, (_, i) => clicksBetween(round, 10 + i / 4, 10 + (i + 1) / 4, times, new Float64Array())).flat();
    expect(parts.map(({ atS }) => atS.toFixed(5))).toEqual(all.map(({ atS }) => atS.toFixed(5)));
  });
});

import { describe, expect, it } from "vitest";

import { SHORTEST_S, follow, pan, ticks, writeTime, zoom } from "../src/analysis/time_axis.ts";

const all = { startS: 0, endS: 10 };

describe("the time axis", () => {
  it("keeps the time under the pointer in place while zooming", () => {
    const part = (span: { startS: number; endS: number }): number => (4 - span.startS) / (span.endS - span.startS);
    const near = zoom(all, 10, 0.5, 4);
    expect(part(near)).toBeCloseTo(part(all), 9);
  });

  it("never leaves the sound", () => {
    expect(zoom(all, 10, 5, 4)).toEqual(all);
    expect(pan({ startS: 2, endS: 4 }, 10, -5)).toEqual({ startS: 0, endS: 2 });
    expect(pan({ startS: 2, endS: 4 }, 10, 50)).toEqual({ startS: 8, endS: 10 });
  });

  it("does not look closer than a few samples", () => {
    let span = all;
    for (let i = 0; i < 100; i++) span = zoom(span, 10, 0.5, 3);
    expect(span.endS - span.startS).toBeCloseTo(SHORTEST_S, 9);
  });

  it("turns the page when the playhead leaves, and only then", () => {
    const page = { startS: 2, endS: 4 };
    expect(follow(page, 10, 3)).toBe(page);
    expect(follow(page, 10, 4.1)).toEqual({ startS: 4.1, endS: 6.1 });
  });

  it("has ticks at round times, with room for their text", () => {
    const found = ticks({ startS: 0.3, endS: 9.7 }, 800);
    expect(found.map(({ timeS }) => timeS)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(found[0]!.text).toBe("0:01");
  });

  it("has no ticks before it has a width", () => {
    expect(ticks(all, 0)).toEqual([]);
  });

  it.each([[65, 1, "1:05"], [3725, 1, "1:02:05"], [0.25, 0.05, "0:00.25"], [59.97, 0.1, "1:00.0"]])(
    "writes %f s", (timeS, step, text) => {
      expect(writeTime(timeS, step)).toBe(text);
    },
  );
});

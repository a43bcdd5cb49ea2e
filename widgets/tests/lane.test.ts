import { describe, expect, it } from "vitest";

import { isEmpty, rowName, rowTicks, valueAt } from "../src/analysis/image_lane.ts";
import type { PlanTrack } from "../src/contract/analysis.ts";
import { sideOf } from "../src/analysis/sides.ts";
import { partAt } from "../src/analysis/segment_lane.ts";
import { barOf, noteOf, short } from "../src/analysis/words.ts";

function track(given: Partial<PlanTrack>): PlanTrack {
  return {
    name: "mel", label: "Mel", kind: "image", unit: "dB", rows: 4, low: -80, high: 0, bins: null, bins_unit: "",
    bin_names: [], shown: true, tooltip: "", computed: false, ...given,
  };
}

describe("the rows of an image", () => {
  it("are called by their names, else by their centres with the unit", () => {
    expect(rowName(track({ bin_names: ["C", "D", "E", "F"] }), 1)).toBe("D");
    expect(rowName(track({ bins: [100, 200, 300, 440], bins_unit: "Hz" }), 3)).toBe("440 Hz");
    expect(rowName(track({}), 2)).toBe("row 2");
  });

  it("have ticks at octaves that stand apart", () => {
    const bins = Array.from({ length: 128 }, (_, i) => 30 * 1.055 ** i);
    const ticks = rowTicks(track({ rows: 128, bins, bins_unit: "Hz" }));
    expect(ticks.length).toBeGreaterThan(3);
    for (let i = 1; i < ticks.length; i++) expect(ticks[i - 1]![0] - ticks[i]![0]).toBeGreaterThanOrEqual(0.13);
  });

  it("give their value back from its byte", () => {
    const data = new DataView(new Uint8Array([0, 254, 255, 127, 0, 0, 0, 0]).buffer);
    const tile = { startS: 0, endS: 2, columns: 2, rows: 4, data };
    expect(valueAt(track({}), tile, 0.2, 0)).toBe(-80);
    expect(valueAt(track({}), tile, 1.8, 0)).toBe(0);
    expect(valueAt(track({}), tile, 0.2, 1)).toBeNull();
    expect(valueAt(track({}), tile, 1.8, 1)).toBe(-40);
  });

  it("have no value where all are missing, which is said", () => {
    const tile = (bytes: number[]) => ({ startS: 0, endS: 1, columns: 2, rows: 1, data: new DataView(new Uint8Array(bytes).buffer) });
    expect(isEmpty(tile([255, 255]))).toBe(true);
    expect(isEmpty(tile([255, 0]))).toBe(false);
  });
});

describe("short numbers", () => {
  it.each([[-13.98765, "−14"], [1234.5, "1234.5"], [0, "0"], [0.00001, "1.0e−5"], [44100, "44100"]])("writes %f", (value, text) => {
    expect(short(value)).toBe(text);
  });
});

describe("what musicians read", () => {
  it.each([[440, "A4"], [261.6256, "C4"], [445, "A4 +20 ct"], [430, "A4 −40 ct"], [0, ""], [Number.NaN, ""]])("calls %f Hz %s", (hertz, name) => {
    expect(noteOf(hertz)).toBe(name);
  });

  it("counts beats within their bar", () => {
    const beats = Float64Array.from([0.5, 1, 1.5, 2, 2.5, 3]);
    const bars = Float64Array.from([0.52, 2.5]);
    expect([0.2, 0.6, 1.2, 2.2, 2.6, 3.9].map((timeS) => barOf(timeS, beats, bars))).toEqual(["", "bar 1.1", "bar 1.2", "bar 1.4", "bar 2.1", "bar 2.2"]);
    expect(barOf(1.2, beats, new Float64Array())).toBe("beat 2");
    expect(barOf(1.2, new Float64Array(), new Float64Array())).toBe("");
  });

  it("finds the part that a time lies in, the last where two overlap", () => {
    const [starts, ends] = [Float64Array.from([0, 1, 1.5]), Float64Array.from([1, 2, 1.8])];
    expect([0.5, 1, 1.6, 1.9, 2].map((timeS) => partAt(starts, ends, timeS))).toEqual([0, 1, 2, 1, -1]);
  });

  it("knows of which of the compared a thing is", () => {
    expect([sideOf("1:input:audio"), sideOf("input:audio")]).toEqual(["1:", ""]);
  });
});

import { describe, expect, it } from "vitest";

import { rowName, rowTicks, short, valueAt } from "../src/analysis/lane.ts";
import type { PlanTrack } from "../src/analysis/plan.ts";

function track(given: Partial<PlanTrack>): PlanTrack {
  return {
    name: "mel", label: "Mel", kind: "image", unit: "dB", rows: 4, low: -80, high: 0, bins: null, bins_unit: "",
    bin_names: [], shown: true, tooltip: "", ...given,
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
    const span = { startS: 0, endS: 2 };
    expect(valueAt(track({}), tile, span, 0.1, 0)).toBe(-80);
    expect(valueAt(track({}), tile, span, 0.9, 0)).toBe(0);
    expect(valueAt(track({}), tile, span, 0.1, 1)).toBeNull();
    expect(valueAt(track({}), tile, span, 0.9, 1)).toBe(-40);
  });
});

describe("short numbers", () => {
  it.each([[-13.98765, "−14"], [1234.5, "1234.5"], [0, "0"], [0.00001, "1.0e−5"], [44100, "44100"]])("writes %f", (value, text) => {
    expect(short(value)).toBe(text);
  });
});

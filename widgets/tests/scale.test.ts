import { describe, expect, it } from "vitest";

import { POSITIONS, type Range, nudge, read, snap, toPosition, toValue, write } from "../src/node/scale.ts";

const linear: Range = { min: -96, max: 24, step: 0.1, integer: false, log: false };
const log: Range = { min: 20, max: 20_000, step: null, integer: false, log: true };

describe("a slider's scale", () => {
  it.each([linear, log])("reaches both ends exactly", (range) => {
    expect(toValue(range, 0)).toBe(range.min);
    expect(toValue(range, POSITIONS)).toBe(range.max);
  });

  it("places equal ratios at equal distances when it is logarithmic", () => {
    const low = toPosition(log, 200) - toPosition(log, 20);
    expect(toPosition(log, 2000) - toPosition(log, 200)).toBeCloseTo(low, 9);
  });

  it.each([linear, log])("comes back to the position of a value that it offers", (range) => {
    for (const position of [0, 137, 500, 999, POSITIONS]) {
      const value = toValue(range, position);
      expect(toValue(range, toPosition(range, value))).toBe(value);
    }
  });

  it("gives whole numbers for an integer", () => {
    const range: Range = { min: 256, max: 16_384, step: null, integer: true, log: true };
    for (let position = 0; position <= POSITIONS; position += 7) expect(Number.isInteger(toValue(range, position))).toBe(true);
  });

  it("never leaves its range, even when the step doesn't divide it", () => {
    expect(snap({ min: 0, max: 1, step: 0.3, integer: false, log: false }, 1)).toBe(0.9);
    expect(snap({ min: 0, max: 1, step: 0.4, integer: false, log: false }, 1)).toBeLessThanOrEqual(1);
  });

  it("has no dust of binary fractions", () => {
    expect(snap({ min: 0, max: 1, step: 0.1, integer: false, log: false }, 0.30000000000000004)).toBe(0.3);
  });

  it("moves at every key press on a log scale, also where the step is fine", () => {
    const integer: Range = { min: 1, max: 1_000_000, step: null, integer: true, log: true };
    expect(nudge(integer, 1, 1)).toBe(2);
    expect(nudge(log, 1000, 1)).toBeGreaterThan(1000);
    expect(nudge(log, 1000, -1)).toBeLessThan(1000);
  });

  it("stays at the end when pushed on", () => {
    expect(nudge(linear, 24, 1)).toBe(24);
    expect(nudge(log, 20, -1)).toBe(20);
  });
});

describe("numbers as people write them", () => {
  it.each([["−3,5", -3.5], ["2e3", 2000], [" .5 ", 0.5], ["-7.", -7], ["+1", 1]])("reads %s", (text, value) => {
    expect(read(text)).toBe(value);
  });

  it.each(["", "abc", "1.2.3", "1 2", "Infinity", "1e999", "0x10"])("refuses %s", (text) => {
    expect(read(text)).toBeNull();
  });

  it("reads what it wrote", () => {
    for (const value of [-0.1, 0, 1e-9, 123_456.789, -1e21]) expect(read(write(value))).toBe(value);
  });
});

import { describe, expect, it } from "vitest";

import { MAGMA, NO_DATA, paint } from "../src/analysis/colormap.ts";

const rgba = (value: number): number[] => [...new Uint8Array(MAGMA.buffer, value * 4, 4)];

describe("the colour map", () => {
  it("grows in lightness from its first value to its last", () => {
    const lightness = Array.from({ length: 255 }, (_, v) => rgba(v)).map(([r, g, b]) => 0.2126 * r! + 0.7152 * g! + 0.0722 * b!);
    for (let v = 1; v < 255; v++) expect(lightness[v]).toBeGreaterThanOrEqual(lightness[v - 1]! - 0.5);
    expect(lightness[254]! - lightness[0]!).toBeGreaterThan(200);
  });

  it("leaves out what has no value", () => {
    expect(rgba(NO_DATA)[3]).toBe(0);
  });

  it("puts the first row at the bottom", () => {
    const pixels = paint(new Uint8Array([0, 254]), 2, 1);
    expect([...pixels]).toEqual([MAGMA[254], MAGMA[0]]);
  });
});

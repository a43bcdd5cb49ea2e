import { describe, expect, it } from "vitest";

import { COLOR_MAPS, NO_DATA, paint, tableOf } from "../src/analysis/colormap.ts";

const rgba = (table: Uint32Array, value: number): number[] => [...new Uint8Array(table.buffer, value * 4, 4)];
/** L* of CIELAB, 0 to 100. */
const perceived = (color: number[]): number => {
  const [r, g, b] = color.map((part) => (part / 255 <= 0.04045 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4));
  const y = 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
  return y > 0.008856 ? 116 * Math.cbrt(y) - 16 : 903.3 * y;
};
const lightness = ([r, g, b]: number[]): number => 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;

describe("the colour maps", () => {
  it("are viridis, magma, cividis and grey", () => {
    expect([...COLOR_MAPS].sort()).toEqual(["cividis", "grey", "magma", "viridis"]);
  });

  it.each(COLOR_MAPS)("%s grows in lightness from its first value to its last", (map) => {
    const table = tableOf(map);
    const found = Array.from({ length: 255 }, (_, v) => lightness(rgba(table, v)));
    for (let v = 1; v < 255; v++) expect(found[v]).toBeGreaterThanOrEqual(found[v - 1]! - 0.7);
    expect(found[254]! - found[0]!).toBeGreaterThan(150);
  });

  it.each(COLOR_MAPS)("%s grows evenly: a step of the values is as large a step to the eye wherever it is", (map) => {
    const table = tableOf(map);
    const found = Array.from({ length: 255 }, (_, v) => perceived(rgba(table, v)));
    const [first, last] = [found[0]!, found[254]!];
    for (let v = 0; v < 255; v++) expect(Math.abs(found[v]! - (first + ((last - first) * v) / 254)), String(v)).toBeLessThan(6);
  });

  it("leave out what has no value", () => {
    expect(rgba(tableOf("magma"), NO_DATA)[3]).toBe(0);
  });

  it("have their first and last colour at the ends of a range", () => {
    const [all, part] = [tableOf("viridis"), tableOf("viridis", 100, 200)];
    expect(part[100]).toBe(all[0]);
    expect(part[0]).toBe(all[0]);
    expect(part[200]).toBe(all[254]);
    expect(part[150]).not.toBe(all[150 + 50]);
  });

  it("put the first row at the bottom", () => {
    const table = tableOf("magma");
    expect([...paint(new Uint8Array([0, 254]), 2, 1, table)]).toEqual([table[254], table[0]]);
  });
});

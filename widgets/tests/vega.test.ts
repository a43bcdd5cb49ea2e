// @vitest-environment node
import { afterEach, describe, expect, it, vi } from "vitest";

import { refused, seal } from "../src/vega/seal.ts";
import { themed } from "../src/vega/theme.ts";
import { viewOf } from "../src/vega/view.ts";
import { fitted } from "../src/vega/width.ts";

const COLORS = { ink: "#123456", soft: "#234567", line: "#345678", accent: "#456789", font: "serif" };
const BARS = {
  data: { values: [{ bar: 1, level: 3 }, { bar: 2, level: 5 }] },
  mark: "bar",
  encoding: { x: { field: "bar", type: "ordinal" }, y: { field: "level", type: "quantitative" } },
};

/** The drawing as an SVG, by which a test sees what it is made of. */
const svg = async (spec: unknown): Promise<string> => (await viewOf(JSON.stringify(spec), 300, COLORS)).toSVG();

describe("a specification of Vega-Lite", () => {
  afterEach(() => vi.restoreAllMocks());

  it("is drawn in the theme's colours, as wide as there is room", async () => {
    const drawn = await svg(BARS);
    for (const color of [COLORS.ink, COLORS.soft, COLORS.line, COLORS.accent]) expect(drawn).toContain(color);
    expect(drawn).toMatch(/^<svg[^>]* width="300"/);
  });

  it("computes with its expressions, though nothing is compiled", async () => {
    const made = vi.spyOn(globalThis, "Function");
    const drawn = await svg({ ...BARS, transform: [{ calculate: "datum.level * 100", as: "level" }], encoding: { ...BARS.encoding, tooltip: { field: "level" } } });
    expect(drawn).toContain("500");
    expect(made).not.toHaveBeenCalled();
  });

  it.each([
    ["datum.constructor.constructor('throw 1')()", "Illegal callee"],
    ["datum.level.toString.call(1)", "Illegal callee"],
    ["event.view.alert(1)", "Illegal callee"],
    ["rocket(1)", "Unrecognized function"],
  ])("that calls what it may not is refused: %s", async (calculate, words) => {
    await expect(svg({ ...BARS, transform: [{ calculate, as: "x" }] })).rejects.toThrow(words);
  });

  it.each([
    ["data", { ...BARS, data: { url: "http://127.0.0.1:9/x.json" } }],
    ["a picture", { ...BARS, mark: { type: "image", url: "http://127.0.0.1:9/x.png" } }],
    ["a picture that is a drawing", { ...BARS, mark: { type: "image", url: "data:image/svg+xml,<svg/>" } }],
  ])("fetches nothing: %s", async (_, spec) => {
    const fetched = vi.spyOn(globalThis, "fetch");
    expect(await svg(spec)).not.toMatch(/127\.0\.0\.1|svg\+xml/);
    expect(fetched).not.toHaveBeenCalled();
  });

  it.each([
    ["[]", "no specification"],
    ["{", "JSON"],
    ["{}", "Invalid specification"],
  ])("that is none says so: %s", async (text, words) => {
    await expect(viewOf(text, 300, COLORS)).rejects.toThrow(words);
  });
});

describe("how wide a drawing is", () => {
  it.each([
    ["as there is room", {}, [300, undefined, true]],
    ["as there is room, where its author says so", { width: "container", height: "container" }, [300, undefined, true]],
    ["as its author says, if there is room", { width: 200 }, [200, undefined, false]],
    ["less, and in proportion, if there isn't", { width: 600, height: 400 }, [300, 200, true]],
    ["by a step for each bar", { width: { step: 12 } }, [{ step: 12 }, undefined, false]],
    ["as its parts are", { hconcat: [] }, [undefined, undefined, false]],
    ["as its parts are, each of a value", { encoding: { column: {} } }, [undefined, undefined, false]],
  ])("%s", (_, spec, wanted) => {
    const { width, height, autosize } = fitted(spec, 300);
    expect([width, height, autosize !== undefined]).toEqual(wanted);
  });

  it.each([
    ["nearly as there is room where several are below each other", { vconcat: [BARS] }, 220],
    ["less where several are side by side", { hconcat: [BARS, BARS] }, 120],
  ])("%s", (_, spec, wanted) => {
    expect(themed(spec, 300, COLORS).view).toHaveProperty("continuousWidth", wanted);
  });
});

describe("its colours", () => {
  it("are the theme's, but on a ground of its own those for paper", () => {
    expect(themed({}, 300, COLORS).axis).toMatchObject({ titleColor: COLORS.ink });
    expect(themed({ background: null }, 300, COLORS).axis).toMatchObject({ titleColor: COLORS.ink });
    for (const spec of [{ background: "white" }, { config: { background: "#fff" } }]) expect(themed(spec, 300, COLORS).axis).toMatchObject({ titleColor: "#1d1d24" });
  });
});

describe("the worker", () => {
  it("has nothing left that reaches out of it, wherever it was", () => {
    const world = Object.create({ fetch: () => 1, eval: () => 2, kept: 3 }) as Record<string, unknown>;
    world["WebSocket"] = class {};
    const kinds = [function () {}, async function () {}, function* () {}, async function* () {}].map((one) => Object.getPrototypeOf(one) as object);
    const before = kinds.map((kind) => Object.getOwnPropertyDescriptor(kind, "constructor")!);
    try {
      seal(world);
      expect(["fetch", "eval", "WebSocket", "kept"].map((name) => world[name])).toEqual([undefined, refused, undefined, 3]);
      expect("fetch" in Object.getPrototypeOf(world)).toBe(false);
      expect(kinds.map((kind) => (kind as { constructor?: unknown }).constructor)).toEqual([refused, refused, refused, refused]);
      expect(() => refused()).toThrow("no code");
    } finally {
      kinds.forEach((kind, index) => Object.defineProperty(kind, "constructor", before[index]!));
    }
  });
});

// What is added from a port that was dragged into the empty canvas, and what an input's value may be.
import { describe, expect, it } from "vitest";

import { added, couldFit } from "../src/flow/adding.ts";
import { free, roomFor } from "../src/flow/layout.ts";
import { readValue } from "../src/flow/other_nodes.tsx";
import { offersOf } from "../src/flow/rank.ts";
import { Store } from "../src/flow/store.ts";
import type { SearchAsk } from "../src/flow/view.ts";
import { DEFINITIONS, doc, fakeModel, plugin } from "./flow_model.ts";

const ENTRY = { plugin: "gain_node", version: "1.0.0", label: "Gain", plugin_type: "node", category: "Effects", description: "", definition: null };
type From = NonNullable<SearchAsk["from"]>;

function store(): Store {
  return new Store(fakeModel({ document: doc([plugin("a")]), palette: [ENTRY], definitions: DEFINITIONS }).model);
}

describe("from a port that was dragged into the empty canvas", () => {
  const offers = offersOf([ENTRY as never]);
  const fitting = (from: From): string[] => offers.filter((offer) => couldFit(store(), offer, from)).map(({ key }) => key);

  it("only what fits it is offered", () => {
    expect(fitting({ node: "a", port: "audio", side: "output", type: "audio" })).toEqual(["plugin gain_node"]);
    expect(fitting({ node: "a", port: "peak", side: "output", type: "number" })).toEqual([]);
    expect(fitting({ node: "a", port: "audio", side: "input", type: "audio" })).toEqual(["input audio", "input any", "plugin gain_node"]);
  });

  it("the new node is wired at once, on the side where it was missing", () => {
    const gain = offers.find(({ key }) => key === "plugin gain_node")!;
    const song = offers.find(({ key }) => key === "input audio")!;
    const make = (offer: typeof gain, from: From) => {
      const one = store();
      return added(one, offer, { x: 0, y: 0 }, from).change(one.document).edges;
    };
    expect(make(gain, { node: "a", port: "audio", side: "output", type: "audio" })).toMatchObject([{ source: "a", target: "gain_node", targetHandle: "audio" }]);
    expect(make(song, { node: "a", port: "audio", side: "input", type: "audio" })).toMatchObject([{ sourceHandle: "value", target: "a", targetHandle: "audio" }]);
  });
});

describe("a place for what is added from the palette", () => {
  const sizeOf = () => ({ width: 240, height: 120 });
  const place = (...nodes: Parameters<typeof plugin>[]): { x: number; y: number } =>
    free({ nodes: nodes.map((given) => plugin(...given)), edges: [] }, plugin("new", 100, 100), sizeOf);

  it("is the one that is wished, if nothing lies there", () => {
    expect(place()).toEqual({ x: 100, y: 100 });
    expect(place(["a", 400, 100], ["b", 100, 300])).toEqual({ x: 100, y: 100 });
  });

  it("is beside what lies partly over it, however far apart their corners are", () => {
    expect(place(["a", 0, 60])).toEqual({ x: 100, y: 204 });
    expect(place(["a", -100, 190])).toEqual({ x: 164, y: 100 });
  });

  it("is beyond all that stand close together", () => {
    expect(place(["a", 100, 100], ["b", 100, 240], ["c", 380, 90])).toEqual({ x: 100, y: 384 });
  });

  it("is where a node within a group isn't", () => {
    const group = { ...plugin("g", 80, 80), type: "group" as const };
    const child = { ...plugin("a", 20, 20), parentId: "g" };
    const small = (node: { type: string }) => (node.type === "group" ? { width: 1, height: 1 } : sizeOf());
    expect(free({ nodes: [group, child], edges: [] }, plugin("new", 100, 100), small)).toEqual({ x: 100, y: 244 });
  });

  it("leaves a node of a plugin that isn't drawn yet more room than one that is", () => {
    expect(roomFor(plugin("a"), sizeOf()).height).toBeGreaterThan(400);
    expect(roomFor({ ...plugin("a"), type: "comment" }, sizeOf())).toEqual(sizeOf());
  });
});

describe("the value of an input", () => {
  it.each([
    ["number", "−3,5", { value: -3.5, error: "" }],
    ["number", "loud", { error: "not a number" }],
    ["number", "1e999", { error: "not a number" }],
    ["integer", "2.5", { error: "not a whole number" }],
    ["audio", " ~/take.wav ", { value: "~/take.wav", error: "" }],
    ["string", " x ", { value: " x ", error: "" }],
    ["list", "[1, 2]", { value: [1, 2], error: "" }],
    ["any", "plain words", { value: "plain words", error: "" }],
    ["number", "  ", { error: "" }],
  ])("%s: %s", (type, text, read) => {
    expect(readValue(type, text)).toEqual(read);
  });

  it("that has parts is JSON, and what is none is refused with an example", () => {
    expect(readValue("object", "{a: 1}").error).toContain('{"a": 1}');
  });
});

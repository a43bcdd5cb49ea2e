import { describe, expect, it } from "vitest";

import { fitting, isBroken, ordered, refuse } from "../src/flow/compatible.ts";
import { type FlowDocument, placeOf, remove } from "../src/flow/document.ts";
import { align, bypass, cut, duplicate, group, paste, readClip, settle, ungroup, writeClip } from "../src/flow/editing.ts";
import { readDefinition, readDocument } from "../src/flow/hostile.ts";
import { deedOf, isTyping } from "../src/flow/keys.ts";
import { layout } from "../src/flow/layout.ts";
import { offersOf, ranked } from "../src/flow/rank.ts";
import { mend } from "../src/flow/standing.tsx";
import { DEFINITIONS, edge, plugin } from "./flow_model.ts";

const sizeOf = () => ({ width: 240, height: 120 });
const definitionOf = (name: string) => readDefinition(DEFINITIONS[name]);
const VIEW = { x: 0, y: 0, zoom: 1 };
const flow = (nodes: unknown[], edges: unknown[] = []): FlowDocument => readDocument({ nodes, edges, viewport: VIEW }).document;
const ask = (source: string, target: string, sourceHandle = "audio") => ({ source, sourceHandle, target, targetHandle: "audio" });

describe("a connection", () => {
  const three = flow([plugin("a"), plugin("b"), plugin("c")], [edge("a", "b"), edge("b", "c")]);

  it("is refused with the reason and what would do", () => {
    expect(refuse(three, ask("a", "c"), definitionOf)).toBeNull();
    expect(refuse(three, ask("a", "c", "peak"), definitionOf)).toBe("a number is no audio → connect an output of the type audio or any");
    expect(refuse(three, ask("a", "c", "nothing"), definitionOf)).toBe("gain_node has no output nothing");
    expect(refuse(three, ask("a", "gone"), definitionOf)).toBe("one of the nodes is gone");
  });

  it("is refused where it closes a circle, over any way", () => {
    expect(refuse(three, ask("c", "a"), definitionOf)).toContain("circle");
    expect(refuse(three, ask("a", "a"), definitionOf)).toContain("circle");
  });

  it("is taken where nothing is known of the ports yet", () => {
    expect(refuse(three, ask("a", "b", "whatever"), () => null)).toBeNull();
  });

  it("to a port that is gone is broken, and stays in the document", () => {
    const { edges } = flow([plugin("a"), plugin("b")], [edge("a", "b", "gone")]);
    expect(isBroken(edges[0]!, three.nodes[0]!, three.nodes[1]!, definitionOf)).toBe(true);
  });

  it("is offered in the outline only where it fits and closes no circle", () => {
    const fits = fitting(three, { node: "b", port: "audio", side: "input" }, definitionOf);
    expect(fits.map((fit) => `${fit.node.id}.${fit.port}`)).toEqual(["a.audio"]);
  });

  it("orders the outline: each node after those that feed it", () => {
    const document = flow([plugin("c"), plugin("b"), plugin("a")], [edge("a", "b"), edge("b", "c")]);
    expect(ordered(document).map((node) => node.id)).toEqual(["a", "b", "c"]);
  });
});

describe("copies", () => {
  const document = flow([plugin("song"), plugin("gain_node"), plugin("gain_node_2", 400)], [edge("song", "gain_node"), edge("gain_node", "gain_node_2")]);

  it("travel as text with the edges between them, under ids of their own", () => {
    const piece = readClip(writeClip(cut(document, new Set(["gain_node", "gain_node_2"]))))!;
    expect(piece.edges.length).toBe(1);
    const { change, ids } = paste(document, piece, { x: 10, y: 20 });
    const after = change(document);
    expect([...ids]).toEqual(["gain_node_3", "gain_node_4"]);
    expect(after.nodes.length).toBe(5);
    expect(after.edges.at(-1)).toMatchObject({ source: "gain_node_3", target: "gain_node_4" });
    expect(after.nodes.find((node) => node.id === "gain_node_4")!.position).toEqual({ x: 410, y: 20 });
  });

  it("beside the original are fed by what feeds it", () => {
    const { change } = duplicate(document, new Set(["gain_node"]));
    expect(change(document).edges.at(-1)).toMatchObject({ source: "song", target: "gain_node_3" });
  });

  it("of strangers' text are refused", () => {
    const newer = JSON.stringify({ nodes: [plugin("a")], edges: [], schillinger: { format: 2 } });
    for (const text of ["", "hello", '{"nodes": [', '{"nodes": []}', '{"nodes": [{"id": "a"}]}', newer, "[" + '"nodes"']) {
      expect(readClip(text)).toBeNull();
    }
  });

  it("of what lies in a group that stays lie where they are seen", () => {
    const framed = flow([{ id: "g", type: "group", position: { x: 100, y: 100 }, data: {} }, { ...plugin("a", 10, 10), parentId: "g" }]);
    const [node] = cut(framed, new Set(["a"])).nodes;
    expect(node!.position).toEqual({ x: 110, y: 110 });
    expect(node!.parentId).toBeUndefined();
    expect(cut(framed, new Set(["g"])).nodes.length).toBe(2);
  });
});

describe("groups", () => {
  const document = flow([plugin("a", 100, 100), plugin("b", 500, 100)]);

  it("frame their nodes, which stay where they are seen, and let them go again", () => {
    const { change, id } = group(document, new Set(["a", "b"]), sizeOf)!;
    const grouped = change(document);
    const a = grouped.nodes.find((node) => node.id === "a")!;
    expect(grouped.nodes[0]!.id).toBe(id);
    expect(a.parentId).toBe(id);
    expect(placeOf(grouped, a)).toEqual({ x: 100, y: 100 });
    for (const after of [ungroup(new Set([id]))(grouped), remove(new Set([id]))(grouped)]) {
      expect(after.nodes.map((node) => node.position)).toEqual([{ x: 100, y: 100 }, { x: 500, y: 100 }]);
    }
  });

  it("take in what is dropped on them, and lose what is dragged out", () => {
    const framed = flow([{ id: "g", type: "group", position: { x: 0, y: 0 }, data: {}, width: 600, height: 400 }, plugin("a", 50, 50)]);
    const inside = settle(new Set(["a"]), sizeOf)(framed);
    expect(inside.nodes[1]!.parentId).toBe("g");
    const away = { ...inside, nodes: inside.nodes.map((node) => (node.id === "a" ? { ...node, position: { x: 900, y: 0 } } : node)) };
    expect(settle(new Set(["a"]), sizeOf)(away).nodes[1]!.parentId).toBeUndefined();
  });
});

describe("several nodes at once", () => {
  const document = flow([plugin("a", 0, 0), plugin("b", 96, 200)]);

  it("are aligned with each other", () => {
    expect(align(document, new Set(["a", "b"]), "right", sizeOf).get("a")).toEqual({ x: 96, y: 0 });
    expect(align(document, new Set(["a"]), "left", sizeOf).size).toBe(0);
  });

  it("are passed by all together, and none of them after that", () => {
    const on = bypass(document, new Set(["a", "b"]))(document);
    expect(on.nodes.every((node) => node.data["bypassed"] === true)).toBe(true);
    expect(bypass(on, new Set(["a", "b"]))(on).nodes.some((node) => "bypassed" in node.data)).toBe(false);
  });
});

describe("the layout", () => {
  it("puts each node to the right of what feeds it, and none onto another", () => {
    const nodes = Array.from({ length: 200 }, (_, index) => plugin(`n${index}`));
    const edges = nodes.slice(1).map((node, index) => edge(`n${Math.floor(index / 2)}`, node.id));
    const document = flow(nodes, edges);
    const places = layout(document, sizeOf);
    expect(places.size).toBe(200);
    for (const { source, target } of document.edges) expect(places.get(target)!.x).toBeGreaterThan(places.get(source)!.x + 240);
    const all = [...places.values()];
    const overlap = all.some((one, i) => all.slice(i + 1).some((other) => Math.abs(one.x - other.x) < 240 && Math.abs(one.y - other.y) < 120));
    expect(overlap).toBe(false);
  });

  it("moves only what is selected, if more than one node is", () => {
    const document = flow([plugin("a", 300, 300), plugin("b", 300, 300), plugin("c", 7, 7)], [edge("a", "b")]);
    const places = layout(document, sizeOf, new Set(["a", "b"]));
    expect([...places.keys()]).toEqual(["a", "b"]);
    expect(places.get("a")).toEqual({ x: 300, y: 300 });
  });
});

describe("a document of a stranger", () => {
  it("is read as far as it goes, and what is left out is counted", () => {
    const nodes = [plugin("a"), plugin("a"), null, 3, { id: "", type: "plugin" }, { id: "x", type: "rocket" }, { id: "y\u202e", type: "plugin" }];
    const { document, dropped } = readDocument({ nodes, edges: [edge("a", "gone"), { id: 1 }, edge("a", "a")] });
    expect(document.nodes.map((node) => node.id)).toEqual(["a"]);
    expect(document.edges.length).toBe(1);
    expect(dropped).toBe(8);
  });

  it("that is cut off or is none at all is an empty one", () => {
    for (const raw of [null, undefined, 3, "x", [], {}, { nodes: {} }, { nodes: null, edges: 7, viewport: "x" }]) {
      expect(readDocument(raw).document).toEqual({ nodes: [], edges: [], viewport: VIEW });
    }
  });

  it("can't place anything where nobody finds it", () => {
    const { document } = readDocument({ nodes: [plugin("a", Number.NaN, 1e300)], viewport: { x: Infinity, y: 0, zoom: 0 } });
    expect(document.nodes[0]!.position).toEqual({ x: 0, y: 1e7 });
    expect(document.viewport).toEqual({ x: 0, y: 0, zoom: 0.05 });
  });

  it("keeps keys that nobody here knows", () => {
    const { document } = readDocument({ nodes: [{ ...plugin("a"), zIndex: 4, theirs: { deep: 1 } }], edges: [{ ...edge("a", "a"), animated: true }] });
    expect(document.nodes[0]).toMatchObject({ zIndex: 4, theirs: { deep: 1 } });
    expect(document.edges[0]).toMatchObject({ animated: true });
  });
});

describe("a definition of a stranger", () => {
  it("has no slider from NaN to infinity, no port twice, no type that can't be drawn", () => {
    const definition = readDefinition({
      inputs: [{ name: "a", type: "rocket" }, { name: "a" }, { name: 7 }, null],
      outputs: "none",
      parameters: [{ name: "p", type: "number", min: Number.NaN, max: Infinity, step: -1, scale: "log" }],
    })!;
    expect(definition.inputs.map((port) => port.type)).toEqual(["any"]);
    expect(definition.outputs).toEqual([]);
    expect(definition.parameters[0]).toMatchObject({ min: null, max: null, step: null, scale: "linear" });
  });
});

describe("keys", () => {
  const press = (key: string, more = {}) => deedOf({ key, ctrlKey: false, metaKey: false, shiftKey: false, altKey: false, ...more });

  it("of the notebook are left to it", () => {
    expect(press("s", { ctrlKey: true })).toBeNull();
    expect(press("Enter", { shiftKey: true })).toBeNull();
    expect(press("Enter", { ctrlKey: true })).toBeNull();
    expect(press("c", { ctrlKey: true })).toBeNull();
    expect(press("d")).toBeNull();
    expect(press("z", { altKey: true, ctrlKey: true })).toBeNull();
  });

  it("do the same with Ctrl, with Cmd and with caps lock", () => {
    expect(press("z", { ctrlKey: true })).toBe("undo");
    expect(press("z", { metaKey: true })).toBe("undo");
    expect(press("Z", { ctrlKey: true, shiftKey: true })).toBe("redo");
    expect(press("Delete")).toBe("delete");
    expect(press("?", { shiftKey: true })).toBe("help");
    expect(press("R", { shiftKey: true })).toBe("runTo");
  });

  it("belong to the entry that has the focus", () => {
    expect(isTyping(document.createElement("textarea"))).toBe(true);
    expect(isTyping(document.createElement("button"))).toBe(false);
  });
});

describe("search", () => {
  const entry = (plugin: string, label: string) => ({ plugin, label, version: "1", plugin_type: "node", category: "Effects", description: "makes it louder", definition: null });
  const offers = offersOf([entry("gain_node", "Gain"), entry("regain", "Regain"), entry("tempo", "Tempo")]);
  const found = (asked: string) => ranked(offers, asked).map((offer) => offer.label);

  it("ranks what begins with the letters before what has them in it", () => {
    expect(found("gain")).toEqual(["Gain", "Regain"]);
    expect(found("tmp")).toEqual(["Tempo"]);
    expect(found("")).toHaveLength(offers.length);
    expect(found("zzz")).toEqual([]);
  });
});

describe("a remedy", () => {
  const document = flow([plugin("a", 0, 0, { version: "1", content_hash: "x", parameters: { gain_db: 900 } }), plugin("b")], [edge("a", "b")]);
  const at = { message: "", node: "a", edge: "a-b", port: "gain_db", remedy: "", fixes: [] };
  const fix = { label: "", plugin: "gain_node", version: "2" };

  it("uses another version, removes the edge or gives the default again", () => {
    expect(mend(at, { ...fix, do: "use" })(document).nodes[0]!.data).toEqual({ plugin: "gain_node", version: "2", parameters: { gain_db: 900 } });
    expect(mend(at, { ...fix, do: "disconnect" })(document).edges).toEqual([]);
    expect(mend(at, { ...fix, do: "reset" })(document).nodes[0]!.data["parameters"]).toEqual({});
    expect(mend(at, { ...fix, do: "grant" })(document)).toBe(document);
  });
});

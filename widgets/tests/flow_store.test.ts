import { describe, expect, it } from "vitest";

import { chain, connect, move, remove, setParameters } from "../src/flow/document.ts";
import { drawnEdges, drawnNodes } from "../src/flow/drawing.ts";
import { Store, storeOf } from "../src/flow/store.ts";
import { doc, edge, fakeModel, plugin } from "./flow_model.ts";

function begin(nodes: unknown[] = [plugin("a"), plugin("b")], edges: unknown[] = []) {
  const fake = fakeModel({ document: doc(nodes, edges) });
  const store = new Store(fake.model);
  store.attach(fake.model);
  return { ...fake, store };
}

const at = (store: Store, id: string): unknown => store.document.nodes.find((node) => node.id === id)?.position;
const to = (id: string, x: number) => move(new Map([[id, { x, y: 0 }]]));

describe("the store of a flow", () => {
  it("writes the whole document after a gesture, with the revision it grew from and a number", () => {
    const { store, written } = begin();
    store.commit(to("a", 80));
    store.commit(to("a", 160));
    expect(written.map((one) => [one["revision"], one["write"]])).toEqual([[1, 1], [1, 2]]);
    expect(written[0]!["page"]).toBe(written[1]!["page"]);
    expect(written[0]!["page"]).not.toBe("");
    expect((written[1]!["nodes"] as unknown[]).length).toBe(2);
  });

  it("keeps what the hand did last when an answer to an earlier gesture comes", () => {
    const { store, written, put, answer } = begin();
    store.commit(to("a", 80));
    const first = written[0]!;
    store.commit(to("a", 160));
    put("document", { ...first, page: "", write: 0, revision: 2, heard: { [String(first["page"])]: 1 } });
    expect(at(store, "a")).toEqual({ x: 160, y: 0 });
    answer();
    expect(at(store, "a")).toEqual({ x: 160, y: 0 });
  });

  it("takes over what Python made of it, once its own last write is in it", () => {
    const { store, answer } = begin();
    store.commit(to("a", 80));
    answer({ nodes: [plugin("a", 80), plugin("b"), plugin("c", 5)] });
    expect(store.document.nodes.map((node) => node.id)).toEqual(["a", "b", "c"]);
  });

  it("tells its views once of what one message of Python's changes", async () => {
    const { store, put } = begin();
    let told = 0;
    store.subscribe(() => (told += 1));
    for (const [name, value] of [["running", true], ["progress", 0.5], ["message", "a"], ["document", doc([plugin("a")], [], 2)]] as const) put(name, value);
    await Promise.resolve();
    expect(told).toBe(1);
    expect([store.traits.running, store.traits.progress, store.document.nodes.length]).toEqual([true, 0.5, 1]);
  });

  it("leaves a dragged node under the hand: what comes from Python waits until it is let go", () => {
    const { store, put } = begin();
    const letGo = store.gesture();
    put("document", doc([plugin("a", 500)], [], 2));
    expect(at(store, "a")).toEqual({ x: 0, y: 0 });
    letGo();
    expect(at(store, "a")).toEqual({ x: 500, y: 0 });
  });

  it("keeps the objects of nodes that nobody changed, so that they aren't drawn again", () => {
    const { store, put } = begin();
    const before = store.document.nodes[1];
    put("document", doc([plugin("a", 500), plugin("b")], [], 2));
    expect(store.document.nodes[1]).toBe(before);
  });

  it("runs only what Python has heard of", () => {
    const { store, sent, answer } = begin();
    store.commit(to("a", 80));
    store.send({ kind: "run", nodes: [], anew: false });
    expect(sent).toEqual([]);
    answer();
    expect(sent).toEqual([{ kind: "run", nodes: [], anew: false }]);
  });

  it("writes what is still being typed before it runs", () => {
    const { store, written } = begin();
    store.onFlush(() => store.commit(setParameters("a", { gain_db: -6 })));
    store.send({ kind: "run", nodes: [], anew: false });
    expect(written.length).toBe(1);
  });

  it("is told when the kernel is gone", () => {
    const { store, say } = begin();
    let told = 0;
    store.subscribe(() => (told += 1));
    say("comm_live_update");
    expect(store.gone).toBe(true);
    expect(told).toBe(1);
  });

  it("is one for all views of a model, and listens on when the first of them goes", () => {
    const { model, put } = fakeModel({ document: doc([plugin("a")]) });
    const store = storeOf(model);
    expect(storeOf(model)).toBe(store);
    const leave = store.attach(model);
    store.attach(model);
    leave();
    put("running", true);
    expect(store.traits.running).toBe(true);
  });

  it("asks for a definition once", () => {
    const { store, sent } = begin();
    store.define("gain_node");
    store.define("gain_node");
    expect(sent).toEqual([{ kind: "define", plugin: "gain_node" }]);
  });

  it("survives traits that are of no kind that it knows", () => {
    const { model } = fakeModel({ palette: "x", definitions: [1], problems: [null, 3, { message: "m", node: "a" }], standings: 7, document: null });
    const store = new Store(model);
    expect(store.traits.palette).toEqual([]);
    expect(store.problemsOf("a").length).toBe(1);
    expect(store.document.nodes).toEqual([]);
    expect(store.standingOf("__proto__").state).toBe("idle");
  });
});

describe("undo", () => {
  it("takes back a step, and does it again", () => {
    const { store } = begin();
    store.commit(to("a", 80));
    store.undo();
    expect(at(store, "a")).toEqual({ x: 0, y: 0 });
    store.redo();
    expect(at(store, "a")).toEqual({ x: 80, y: 0 });
  });

  it("gives back a removed node together with its edges", () => {
    const { store } = begin([plugin("a"), plugin("b")], [edge("a", "b")]);
    store.commit(remove(new Set(["a"])));
    expect(store.document.edges).toEqual([]);
    store.undo();
    expect(store.document.edges.map((one) => one.id)).toEqual(["a-b"]);
  });

  it("takes nothing away of what came in from Python meanwhile", () => {
    const { store, answer } = begin();
    store.commit(to("a", 80));
    answer({ nodes: [plugin("a", 80, 0, { parameters: { gain_db: -3 } }), plugin("b"), plugin("new")] });
    store.undo();
    expect(at(store, "a")).toEqual({ x: 0, y: 0 });
    expect(store.document.nodes[0]!.data["parameters"]).toEqual({ gain_db: -3 });
    expect(store.document.nodes.map((node) => node.id)).toContain("new");
  });

  it("doesn't bring back what Python took away meanwhile", () => {
    const { store, answer } = begin();
    store.commit(to("a", 80));
    answer({ nodes: [plugin("b")] });
    store.undo();
    expect(store.document.nodes.map((node) => node.id)).toEqual(["b"]);
  });

  it("joins the steps of a held key", () => {
    const { store } = begin();
    for (const x of [8, 16, 24]) store.commit(to("a", x), "move a");
    store.undo();
    expect(at(store, "a")).toEqual({ x: 0, y: 0 });
    expect(store.history.canUndo).toBe(false);
  });

  it("forgets what was undone when something else is done", () => {
    const { store } = begin();
    store.commit(to("a", 80));
    store.undo();
    store.commit(chain(to("b", 8), connect({ source: "a", sourceHandle: "audio", target: "b", targetHandle: "audio" })));
    expect(store.history.canRedo).toBe(false);
  });

  it("hands React Flow nothing new while a run goes on: each node and edge sees for itself how it stands", () => {
    const { store, put } = begin(undefined, [edge("a", "b")]);
    const nodes = drawnNodes(store.document, []);
    const edges = drawnEdges(store, []);
    expect([nodes.length, edges.length]).toEqual([2, 1]);
    put("standings", { b: { state: "running", progress: 0.5, message: "", wall_s: null, stale: false, error: {}, summary: [], has_result: false } });
    expect(store.standingOf("b").state).toBe("running");
    expect(drawnNodes(store.document, nodes)).toBe(nodes);
    expect(drawnEdges(store, edges)).toBe(edges);
  });
});

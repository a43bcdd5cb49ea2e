import { describe, expect, it, vi } from "vitest";

import { Store } from "../src/flow/store.ts";
import { ServerFlow } from "../src/page/model.ts";
import { shownOf, textOf } from "../src/page/shown.ts";
import { signatures } from "../src/page/standings.ts";
import { addNode, setParameters } from "../src/flow/document.ts";
import { readDefinition } from "../src/flow/hostile.ts";
import { expectValid } from "./contract.ts";
import { DEFINITIONS, edge, plugin } from "./flow_model.ts";
import { events, problem, server } from "./page_server.ts";

const FLOW = { nodes: [plugin("a"), plugin("b", 300)], edges: [edge("a", "b")], viewport: { x: 0, y: 0, zoom: 1 }, schillinger: { format: 1, name: "study", seed: 7 } };
const AT = (state: string, more: object = {}) => ({ state, progress: 1, message: "", wall_s: 0.5, problem: null, ...more });
const ENTRY = { plugin: "gain_node", version: "1.0.0", label: "Gain", plugin_type: "NODE", category: "", description: "", definition: DEFINITIONS["gain_node"]! };

async function opened(answers: Parameters<typeof server>[0] = {}) {
  const there = server({ "GET api/flows/study": () => FLOW, "PUT api/flows/study": () => ({}), "GET api/flows": () => ({ flows: [] }), ...answers });
  const flow = await ServerFlow.open(there.api, "study");
  flow.setPalette([ENTRY]);
  const model = flow.model;
  const store = new Store(model);
  store.attach(model);
  return { ...there, flow, model, store };
}

const RUNS = {
  "POST api/flows/study/runs": () => ({ id: "r1", state: "running", progress: 0, message: "", nodes: {} }),
  "GET api/plugins/runs/r1/events": () => events(["run", { state: "running", progress: 0.5, message: "half", nodes: { a: AT("running", { progress: 0.5 }) } }]),
  "GET api/plugins/runs/r1": () => ({
    id: "r1", state: "done", progress: 1, message: "", nodes: { a: AT("done"), b: AT("done") }, stats: { wall_s: 1.25 },
    outputs: { a: { peak: -3.25, audio: { type: "audio", channels: 1, frames: 8000, sample_rate: 8000, href: "/api/x" } } },
  }),
};

describe("a flow of the server's", () => {
  it("is drawn on as in a notebook, and said to be unsaved", async () => {
    const { flow, store, model } = await opened();
    expect(flow.isDirty).toBe(false);
    store.commit(addNode(plugin("c")));
    await vi.waitFor(() => expect(store.document.nodes).toHaveLength(3));
    expect(flow.document.nodes.map(({ id }) => id)).toEqual(["a", "b", "c"]);
    expect(flow.isDirty).toBe(true);
    expectValid("flow", "Document", model.get("document"));
    store.undo();
    await vi.waitFor(() => expect(flow.document.nodes).toHaveLength(2));
    expect(store.definitionOf("gain_node")?.label).toBe("Gain");
  });

  it("is saved with what it was fetched with, and keeps what nobody here knows", async () => {
    const { flow, store, asked } = await opened();
    store.commit(setParameters("a", { gain_db: -6 }));
    await vi.waitFor(() => expect(flow.isDirty).toBe(true));
    expect(await flow.save()).toBe(true);
    expect(asked.at(-1)).toMatchObject({ method: "PUT", headers: { "If-Match": '"tag"' }, body: { schillinger: { format: 1, name: "study", seed: 7 } } });
    expect(flow.isDirty).toBe(false);
  });

  it("says why it isn't saved: changed by somebody else, a name that is taken, or none", async () => {
    const { flow, answers } = await opened({ "PUT api/flows/study": () => problem(412, "Changed", "another one", "fetch it") });
    expect(await flow.save()).toBe(false);
    expect(flow.trouble?.message).toBe("another one → fetch it");
    answers["GET api/flows"] = () => ({ flows: [{ name: "taken" }] });
    for (const [name, words] of [["taken", "there is a flow taken already"], ["../x", "is no name of a flow"]] as const) {
      flow.rename(name);
      expect(await flow.save()).toBe(false);
      expect(flow.trouble?.detail).toContain(words);
    }
  });

  it("runs, node by node, and its results are there", async () => {
    const { flow, store, model, asked } = await opened(RUNS);
    const seen: unknown[] = [];
    store.subscribe(() => seen.push([store.traits.running, store.traits.progress, store.standingOf("a").state]));
    await flow.run();
    await Promise.resolve();
    expect(asked.some(({ method }) => method === "PUT")).toBe(false);
    expect(seen).toContainEqual([true, 0.5, "running"]);
    expect(store.traits).toMatchObject({ running: false, message: "done in 1.3 s" });
    expect(store.standingOf("a")).toMatchObject({ state: "done", has_result: true, stale: false, summary: [{ label: "peak", text: "-3.25" }] });
    for (const standing of Object.values(model.get("standings"))) expectValid("flow", "Standing", standing);
    store.commit(setParameters("a", { gain_db: -1 }));
    await vi.waitFor(() => expect(store.standingOf("b").stale).toBe(true));
  });

  it("sends the files of its inputs as parts", async () => {
    const { flow, store, asked } = await opened(RUNS);
    store.commit(addNode({ id: "song", type: "input", position: { x: 0, y: 0 }, data: { name: "song", type: "audio" } }));
    await vi.waitFor(() => expect(flow.fileInputs()).toEqual([{ node: "song", name: "song", type: "audio", file: null }]));
    flow.give("song", new File(["RIFF"], "song.wav"));
    await flow.run(["b"]);
    const { body } = asked.find(({ path }) => path.endsWith("/runs"))!;
    expect(JSON.parse(String((body as FormData).get("request")))).toMatchObject({ nodes: ["b"], flow: { nodes: [{ id: "a" }, { id: "b" }, { id: "song" }] } });
    expect((body as FormData).get("song")).toMatchObject({ name: "song.wav" });
  });

  it("sends the files of its nodes' parameters as parts, and a path that the server won't read is no problem then", async () => {
    const refused = { message: "files of the server are not read", node: "a", edge: "", port: "scale", remedy: "", fixes: [] };
    const { flow, store, asked } = await opened({ ...RUNS, "POST api/flows/problems": () => ({ problems: [refused] }) });
    const file = { name: "scale", label: "Scale", type: "file", default: null, accept: [".scl"], max_bytes: 1000 };
    flow.setPalette([{ plugin: "gain_node", version: "1", label: "Gain", plugin_type: "NODE", category: "", description: "", definition: { type: "g", label: "Gain", inputs: [], outputs: [], parameters: [file] } }]);
    await vi.waitFor(() => expect(flow.fileInputs()[0]).toEqual({ node: "a", name: "a.scale", type: "file", parameter: "scale", accept: [".scl"], file: null }));
    await vi.waitFor(() => expect(store.problemsOf("a")).toHaveLength(1));
    flow.give("a.scale", new File(["! a"], "a.scl"));
    await vi.waitFor(() => expect(store.problemsOf("a")).toHaveLength(0));
    await flow.run(["a"]);
    const { body } = asked.find(({ path }) => path.endsWith("/runs"))!;
    expect((body as FormData).get("a.scale")).toMatchObject({ name: "a.scl" });
  });

  it("is looked over by the server as it is drawn; an input that has its file is none of its problems", async () => {
    const missing = (node: string) => ({ message: `${node} is missing`, node, edge: "", port: "", remedy: "", fixes: [] });
    const { flow, store, asked } = await opened({ "POST api/flows/problems": () => ({ problems: [missing("song"), missing("a")] }) });
    store.commit(addNode({ id: "song", type: "input", position: { x: 0, y: 0 }, data: { name: "song", type: "audio" } }));
    await vi.waitFor(() => expect(store.problemsOf("song")).toHaveLength(1));
    expect(asked.filter(({ path }) => path === "api/flows/problems")).toHaveLength(1);
    flow.give("song", new File(["RIFF"], "song.wav"));
    await vi.waitFor(() => expect(store.problemsOf("song")).toHaveLength(0));
    expect(store.problemsOf("a")).toMatchObject([{ message: "a is missing" }]);
  });

  it("tells what a node failed of, at the node and as the problem of the run", async () => {
    const told = { title: "PluginExecutionError", detail: "KeyError: tempo", remedy: "mend it", traceback: "main.py", status: 422 };
    const { flow, store } = await opened({
      ...RUNS,
      "GET api/plugins/runs/r1": () => ({ id: "r1", state: "failed", nodes: { a: AT("failed", { problem: told }), b: AT("blocked") }, outputs: null, problem: { ...told, title: "FlowError" } }),
    });
    await flow.run();
    await Promise.resolve();
    expect(store.standingOf("a").error).toEqual({ type: "PluginExecutionError", message: "KeyError: tempo", remedy: "mend it", traceback: "main.py" });
    expect(flow.trouble).toMatchObject({ title: "FlowError", status: 422 });
  });

  it("takes up a run that goes on already when it is opened", async () => {
    const going = { ...RUNS["POST api/flows/study/runs"](), flow: "study" };
    const { flow, store, asked, answers } = await opened({ ...RUNS, "GET api/plugins/runs": () => ({ runs: [{ ...going, flow: "other", id: "r2" }, going] }) });
    await flow.resume();
    await Promise.resolve();
    expect(store.standingOf("a")).toMatchObject({ state: "done", has_result: true });
    answers["GET api/plugins/runs"] = () => ({ runs: [{ ...going, state: "done" }] });
    const before = asked.length;
    await flow.resume();
    expect(asked.slice(before).map(({ path }) => path), "one that has ended is nobody's").toEqual(["api/plugins/runs"]);
  });

  it("is let go of when another one is opened: its run goes on, and nobody complains", async () => {
    const { flow, asked } = await opened({ ...RUNS, "GET api/plugins/runs/r1/events": () => (flow.close(), events()) });
    await flow.run();
    expect(flow.trouble).toBe(null);
    expect(asked.filter(({ path }) => path.endsWith("/cancel") || path === "api/plugins/runs/r1")).toEqual([]);
  });

  it("is cancelled on the server, and what it was asked for is forgotten when nobody looks", async () => {
    let cancelled = false;
    const { flow, asked } = await opened({
      ...RUNS,
      "POST api/plugins/runs/r1/cancel": () => ((cancelled = true), {}),
      "GET api/plugins/runs/r1/events": () => (void flow.cancel(), events()),
    });
    await flow.run();
    expect(cancelled).toBe(true);
    expect(asked.filter(({ path }) => path.endsWith("/cancel"))).toHaveLength(1);
    await flow.cancel();
    expect(asked.filter(({ path }) => path.endsWith("/cancel"))).toHaveLength(1);
  });

  it("asks a plugin for its ports when nobody has told them", async () => {
    const { store } = await opened({ "GET api/plugins/probe/definition": () => ({ type: "probe", label: "Probe", inputs: [], outputs: [], parameters: [] }) });
    store.define("probe");
    await vi.waitFor(() => expect(store.definitionOf("probe")?.label).toBe("Probe"));
  });
});

describe("a result, opened", () => {
  it("has its outputs in words with labels and units, and its sounds to be played", async () => {
    const definition = readDefinition({ outputs: [{ name: "peak", label: "Peak", type: "number", unit: "dB" }, { name: "audio", label: "Sound", type: "audio" }] });
    const audio = { type: "audio", channels: 2, frames: 4000, sample_rate: 8000, href: "/x" };
    const { shown, buffers } = await shownOf("a", { peak: -3.14159265, audio }, definition, async () => new ArrayBuffer(4));
    expectValid("flow", "Shown", shown);
    expect(shown.outputs.map(({ label, text, unit }) => [label, text, unit])).toEqual([["Peak", "-3.14159", "dB"], ["Sound", "2 ch, 0.50 s, 8000 Hz", ""]]);
    expect(shown.parts).toEqual([{ mime: "audio/wav", label: "Sound", is_still: false }]);
    expect(buffers).toHaveLength(1);
  });

  it("has its drawings, each as what it is", async () => {
    const figure = (format: string) => ({ type: "figure", format, alt: `a ${format}`, href: `/${format}` });
    const outputs = { a: figure("svg"), b: figure("image"), c: figure("vega_lite") };
    const { shown } = await shownOf("a", outputs, null, async (href) => new Uint8Array(href === "/svg" ? [60] : [0x89, 80]).buffer);
    expectValid("flow", "Shown", shown);
    expect(shown.parts.map(({ mime, label }) => [mime, label])).toEqual([["image/svg+xml", "a svg"], ["image/png", "a image"], ["application/vnd.vegalite.v5+json", "a vega_lite"]]);
    expect(shown.outputs.map(({ text }) => text)).toEqual(["a svg", "a image", "a vega_lite"]);
  });

  it("fetches nothing that is too large to be looked at", async () => {
    const fetched = vi.fn();
    const audio = { type: "audio", channels: 2, frames: 1e9, sample_rate: 8000, href: "/x" };
    const { shown } = await shownOf("a", { audio }, null, fetched);
    expect(fetched).not.toHaveBeenCalled();
    expect(shown.outputs[0]!["text"]).toContain("too large");
  });

  it.each([
    [[3, 1, 2], "3, 1, 2"],
    [Array.from({ length: 50 }, (_, index) => index), /15, … \(50\)$/],
    [null, "null"],
    [{ a: 1 }, '{"a":1}'],
    [{ type: "array", shape: [3, 4000], href: "/x" }, "3 × 4000 numbers"],
    [{ type: "array", shape: [2], values: [1, 2], href: "/x" }, "1, 2"],
    [{ type: "figure", alt: "a curve", href: "/x" }, "a curve"],
    [{ type: "bytes", size: 12, href: "/x" }, "12 bytes"],
  ])("says %j", (value, text) => {
    if (typeof text === "string") expect(textOf(value)).toBe(text);
    else expect(textOf(value)).toMatch(text);
  });
});

describe("what a node's result depends on", () => {
  it("is what it is and all that leads to it, not where it lies; a circle is no trap", () => {
    const { nodes, edges } = FLOW;
    const before = signatures({ nodes, edges });
    expect(signatures({ nodes: [plugin("a", 99), plugin("b")], edges })).toEqual(before);
    const other = signatures({ nodes: [plugin("a", 0, 0, { parameters: { gain_db: 1 } }), plugin("b")], edges });
    expect([other["a"] === before["a"], other["b"] === before["b"]]).toEqual([false, false]);
    const below = signatures({ nodes: [plugin("a"), plugin("b", 0, 0, { parameters: { gain_db: 1 } })], edges });
    expect([below["a"] === before["a"], below["b"] === before["b"]]).toEqual([true, false]);
    expect(signatures({ nodes, edges: [edge("a", "b"), edge("b", "a")] })["a"]).toBeTruthy();
  });

  it("is as short at the end of a long row as at its beginning, and tells all that stands before it", () => {
    const ids = Array.from({ length: 200 }, (_, at) => `n${at}`);
    const edges = ids.slice(1).map((id, at) => edge(ids[at]!, id));
    const row = (gain_db: number) => signatures({ nodes: ids.map((id) => plugin(id, 0, 0, id === "n0" ? { parameters: { gain_db } } : {})), edges });
    const [first, second] = [row(1), row(2)];
    expect(new Set(Object.values(first).map(({ length }) => length))).toEqual(new Set([16]));
    expect(ids.filter((id) => first[id] === second[id])).toEqual([]);
    expect(row(1)).toEqual(first);
  });
});

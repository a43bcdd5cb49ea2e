// What the hand does on a canvas, by keys, from the palette and at a node.
import { createEvent, fireEvent, screen, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";

import type { FlowNode } from "../src/flow/document.ts";
import { edge, plugin } from "./flow_model.ts";
import { ids, show } from "./flow_view.tsx";

const CTRL = { ctrlKey: true };
const IDLE = { state: "idle", progress: 0, message: "", wall_s: null, stale: false, error: {}, summary: [], has_result: false };
const at = (root: HTMLElement, id: string) => root.querySelector<HTMLElement>(`.react-flow__node[data-id="${id}"]`)!;

/** A drag or a clipboard event with what jsdom doesn't give it. */
function fire(kind: "drop" | "dragStart" | "copy" | "cut" | "paste", on: Element, held: Map<string, string>): boolean {
  const event = createEvent[kind](on);
  const data = { getData: (type: string) => held.get(type) ?? "", setData: (type: string, text: string) => void held.set(type, text) };
  Object.defineProperty(event, kind === "drop" || kind === "dragStart" ? "dataTransfer" : "clipboardData", { value: data });
  return fireEvent(on, event);
}

describe("the palette", () => {
  it("adds what is clicked, what is found, and what is dropped", () => {
    const { store, root } = show();
    fireEvent.keyDown(root, { key: "p" });
    const palette = within(root.querySelector<HTMLElement>("aside.sch-palette")!);
    const find = palette.getByLabelText("find something to add");
    fireEvent.click(palette.getByText("Gain"));
    fireEvent.change(find, { target: { value: "comm" } });
    expect(palette.queryByText("Gain")).toBeNull();
    fireEvent.keyDown(find, { key: "Enter" });
    expect(store.document.nodes.map((node) => node.type)).toEqual(["plugin", "comment"]);
    fireEvent.change(find, { target: { value: "" } });
    const held = new Map<string, string>();
    fire("dragStart", palette.getByText("Gain").closest("button")!, held);
    fire("drop", root.querySelector(".sch-canvas")!, held);
    expect(ids(store)).toEqual(["gain_node", "comment", "gain_node_2"]);
  });
});

describe("keys", () => {
  it("undo and redo, as the buttons do", () => {
    const { store, root } = show([plugin("a")]);
    fireEvent.keyDown(root, { key: "a", ...CTRL });
    fireEvent.keyDown(root, { key: "Delete" });
    expect(ids(store)).toEqual([]);
    fireEvent.keyDown(root, { key: "z", ...CTRL });
    expect(ids(store)).toEqual(["a"]);
    fireEvent.keyDown(root, { key: "y", ...CTRL });
    expect(ids(store)).toEqual([]);
    fireEvent.click(screen.getByLabelText("undo"));
    expect(ids(store)).toEqual(["a"]);
    fireEvent.click(screen.getByLabelText("redo"));
    expect(ids(store)).toEqual([]);
    expect(screen.getByLabelText("redo")).toHaveProperty("disabled", true);
  });

  it("copy, cut and paste through the clipboard, and say so", () => {
    const { store, root } = show([plugin("a"), plugin("b")], [edge("a", "b")]);
    const held = new Map<string, string>();
    expect(fire("copy", root, held), "with nothing selected it is the notebook's").toBe(true);
    fireEvent.keyDown(root, { key: "a", ...CTRL });
    fire("copy", root, held);
    expect(screen.getByText("2 copied")).toBeTruthy();
    expect(JSON.parse(held.get("text/plain")!)).toMatchObject({ nodes: [{ id: "a" }, { id: "b" }], edges: [{ id: "a-b" }] });
    expect(fire("paste", root, held), "it must not reach a cell").toBe(false);
    expect(ids(store)).toEqual(["a", "b", "a_2", "b_2"]);
    expect(store.document.edges).toMatchObject([{ source: "a" }, { source: "a_2", target: "b_2" }]);
    fire("cut", root, held);
    expect(ids(store), "what was pasted is selected").toEqual(["a", "b"]);
    fire("paste", root, new Map([["text/plain", "a word"]]));
    expect(screen.getByText("the clipboard holds no piece of a flow")).toBeTruthy();
    expect(ids(store)).toEqual(["a", "b"]);
  });

  it("duplicate, group, let go, pass by, move and comment on what is selected", () => {
    const { store, root } = show([plugin("a"), plugin("b", 400)]);
    const node = (id: string): FlowNode => store.document.nodes.find((one) => one.id === id)!;
    const press = (key: string, more = {}): boolean => fireEvent.keyDown(root, { key, ...more });
    press("a", CTRL);
    press("b");
    expect([node("a"), node("b")].map(({ data }) => data["bypassed"])).toEqual([true, true]);
    press("ArrowRight", { shiftKey: true });
    press("ArrowDown");
    expect(node("b").position).toEqual({ x: 432, y: 8 });
    press("g", CTRL);
    expect([node("a"), node("b")].map(({ parentId }) => parentId)).toEqual(["group", "group"]);
    press("G", { ...CTRL, shiftKey: true });
    expect(ids(store)).toEqual(["a", "b"]);
    expect(node("b").position).toEqual({ x: 432, y: 8 });
    press("a", CTRL);
    press("d", CTRL);
    expect(ids(store)).toEqual(["a", "b", "a_2", "b_2"]);
    press("Escape");
    press("c");
    expect(node("comment")).toMatchObject({ type: "comment", data: { text: "" } });
  });

  it("lay out, and show a map and all keys", () => {
    const { store, root } = show([plugin("b", 900), plugin("a", 900)], [edge("a", "b")]);
    fireEvent.keyDown(root, { key: "l" });
    const [b, a] = store.document.nodes;
    expect(b!.position.x).toBeGreaterThan(a!.position.x + 200);
    expect(root.querySelector(".react-flow__minimap")).toBeNull();
    fireEvent.keyDown(root, { key: "m" });
    expect(root.querySelector(".react-flow__minimap")).toBeTruthy();
    fireEvent.keyDown(root, { key: "?" });
    fireEvent.keyDown(screen.getByText("pass by, or not"), { key: "Escape" });
    expect(screen.queryByText("pass by, or not")).toBeNull();
  });

  it("run to what is selected, and all of it anew by its button", () => {
    const { root, sent } = show([plugin("a"), plugin("b")]);
    fireEvent.keyDown(root, { key: "R", shiftKey: true });
    expect(sent, "nothing is selected").toEqual([]);
    fireEvent.keyDown(at(root, "a"), { key: "Enter" });
    fireEvent.keyDown(root, { key: "R", shiftKey: true });
    expect(sent).toEqual([{ kind: "run", nodes: ["a"], anew: false }]);
    fireEvent.click(screen.getByText("Anew"));
    expect(sent.at(-1)).toEqual({ kind: "run", nodes: [], anew: true });
  });
});

describe("a node", () => {
  it("says how it stands", () => {
    const words = { queued: "queued", running: "42 %", done: "12 ms", stale: "done, stale", cached: "cached", failed: "failed", blocked: "blocked", cancelled: "cancelled" };
    const more: Record<string, object> = { running: { progress: 0.42 }, done: { wall_s: 0.012 }, stale: { state: "done", wall_s: 1, stale: true } };
    const states = Object.keys(words);
    const standings = Object.fromEntries(states.map((state) => [state, { ...IDLE, state, ...more[state] }]));
    const { root } = show(states.map((state) => plugin(state)), [], { standings });
    const told = states.map((state) => [state, at(root, state).querySelector("header .sch-state")!.textContent]);
    expect(Object.fromEntries(told)).toEqual(words);
  });

  it("that failed has the message, and shows what happened when asked", () => {
    const error = { type: "PluginExecutionError", message: "<b>it broke</b>", traceback: "main.py, line 3" };
    const { root, sent } = show([plugin("a")], [], { standings: { a: { ...IDLE, state: "failed", error } } });
    expect(at(root, "a").querySelector("footer")!.textContent).toContain("<b>it broke</b>");
    fireEvent.click(within(at(root, "a")).getByText("What happened"));
    expect(sent).toEqual([{ kind: "show", node: "a" }]);
  });

  it("tells what is wrong with it, and mends it by a click", () => {
    const problem = {
      message: "it has no input 'gone'", node: "b", edge: "a-b", port: "gone", remedy: "take the edge away",
      fixes: [{ label: "remove the edge", do: "disconnect", plugin: "", version: "" }],
    };
    const { root, store } = show([plugin("a"), plugin("b")], [edge("a", "b", "audio", "gone")], { problems: [problem] });
    const words = within(at(root, "b"));
    expect(words.getByText("it has no input 'gone'")).toBeTruthy();
    expect(words.getByText("→ take the edge away")).toBeTruthy();
    expect(words.getByTitle(/^gone: any[^]*this port is gone/)).toBeTruthy();
    fireEvent.click(words.getByText("remove the edge"));
    expect(store.document.edges).toEqual([]);
  });

  it("is named, and a comment written, by a double click", () => {
    const comment = { id: "c", type: "comment", position: { x: 0, y: 300 }, data: { text: "old" }, width: 200, height: 80 };
    const { root, store } = show([plugin("a"), comment]);
    fireEvent.doubleClick(at(root, "a").querySelector("h3")!);
    const name = at(root, "a").querySelector("header input")!;
    fireEvent.change(name, { target: { value: "  Much   louder " } });
    fireEvent.keyDown(name, { key: "Enter" });
    expect(store.document.nodes[0]!.data["label"]).toBe("Much louder");
    fireEvent.doubleClick(at(root, "c").querySelector("p")!);
    const text = at(root, "c").querySelector("textarea")!;
    fireEvent.change(text, { target: { value: "new\nlines" } });
    fireEvent.blur(text);
    expect(store.document.nodes[1]!.data["text"]).toBe("new\nlines");
  });

  it("has its parameters set, and reset to what they were declared as", () => {
    const { root, store } = show([plugin("a", 0, 0, { parameters: { gain_db: -6 } })]);
    fireEvent.click(within(at(root, "a")).getByText("Reset"));
    expect(store.document.nodes[0]!.data["parameters"]).toEqual({});
  });
});

describe("the outline", () => {
  it("connects an output, and takes a node away, with keys", () => {
    const { root, store } = show([plugin("a"), plugin("b")]);
    fireEvent.keyDown(root, { key: "o" });
    fireEvent.change(screen.getByLabelText("connect audio to"), { target: { value: "b\naudio" } });
    expect(store.document.edges).toMatchObject([{ source: "a", sourceHandle: "audio", target: "b", targetHandle: "audio" }]);
    fireEvent.keyDown(root.querySelector("[role=treeitem]")!, { key: "Delete" });
    expect(ids(store)).toEqual(["b"]);
  });
});

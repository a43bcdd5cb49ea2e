import { act, fireEvent, screen, waitFor, within } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { askForMarks } from "../src/analysis/marks.ts";
import { Player } from "../src/analysis/player.ts";
import { savingButtons } from "../src/analysis/saving.ts";
import { segmentLane } from "../src/analysis/segment_lane.ts";
import { TileStore } from "../src/analysis/tiles.ts";
import { wireOf } from "../src/analysis/wire.ts";
import { chain, connect, move, setSize } from "../src/flow/document.ts";
import { Store } from "../src/flow/store.ts";
import loader from "../src/loader.ts";
import logs from "../src/logs/index.tsx";
import node from "../src/node/index.tsx";
import panel from "../src/panel/index.tsx";
import status from "../src/status/index.tsx";
import { type Page, page } from "./contract.ts";
import { ANALYSIS, FLOW, LOGS, NODE, PANEL, RUNNING_NODE, STATUS } from "./states.ts";
import { row } from "./status_row.ts";

const ROW = row({ calls: 1 });

/** Each once: React's strict mode lets every effect happen twice. */
const kinds = (on: Page): string[] => [...new Set(on.sent.map(({ kind }) => kind))];
// By the words that it bears: React Flow hides a node until it has been measured, jsdom measures nothing, and what is hidden has no name.
const button = (on: Page, name: string): HTMLElement =>
  [...on.el.querySelectorAll("button")].find((one) => (one.getAttribute("aria-label") ?? one.textContent) === name)!;
const undo: (() => void)[] = [];

/** Draw a widget; `page` fails for a trait or a message that the contract hasn't. */
async function draw(widget: { render: unknown }, on: Page): Promise<void> {
  const end = await act(async () => (widget.render as (props: unknown) => Promise<() => void>)(on.props));
  undo.push(() => act(end));
}

beforeEach(() => {
  globalThis.DOMMatrixReadOnly ??= class { m22 = 1 } as unknown as typeof DOMMatrixReadOnly;
});
afterEach(() => {
  for (const step of undo.splice(0)) step();
  document.body.innerHTML = "";
});

describe("the page keeps the contract", () => {
  it("of the loader", async () => {
    const on = page("bundle", { bundle_key: "node-1", code: [], static_id: "", static_count: 0 });
    undo.push((await (loader.render as unknown as (props: unknown) => Promise<() => void>)(on.props)));
    expect(kinds(on)).toEqual(["code"]);
  });

  it("of a node: run, cancel, and what is set", async () => {
    const on = page("node", NODE);
    await draw(node, on);
    fireEvent.click(button(on, "Run"));
    fireEvent.click(button(on, "Reset all"));
    const running = page("node", RUNNING_NODE);
    await draw(node, running);
    fireEvent.click(button(running, "Cancel"));
    expect([...kinds(on), ...kinds(running)]).toEqual(["run", "cancel"]);
  });

  it("of a panel: what is pressed, and the bytes that are asked for and come", async () => {
    URL.createObjectURL = () => "blob:sound";
    URL.revokeObjectURL = () => {};
    const on = page("panel", PANEL);
    await draw(panel, on);
    fireEvent.click(button(on, "Play"));
    expect(kinds(on)).toEqual(["data", "press"]);
    await act(async () => on.tell({ kind: "data", key: "audio:sound", version: 5, mime: "audio/wav" }, [new DataView(new ArrayBuffer(8))]));
    expect(on.el.querySelector("audio")!.getAttribute("src")).toBe("blob:sound");
  });

  it("of the status: looking, acting, asking for the last lines", async () => {
    const on = page("status", STATUS);
    await draw(status, on);
    await act(async () => on.tell({ kind: "table", rows: [ROW], past: {}, cut: 0 }));
    fireEvent.click(button(on, "Sleep a-1"));
    fireEvent.click(button(on, "Logs of a-1"));
    await act(async () => on.tell({ kind: "tail", row: ROW.id, lines: ["said"] }));
    expect(screen.getByText("said")).toBeTruthy();
    undo.splice(0).forEach((step) => step());
    expect(kinds(on)).toEqual(["look", "leave", "act", "tail"]);
  });

  it("of the log: looking with the last number", async () => {
    const on = page("logs", LOGS);
    await draw(logs, on);
    const line = { number: 7, time_s: 0, plugin: "a", instance: "a-1", level: "warning", text: "too loud" };
    await act(async () => on.tell({ kind: "lines", lines: [line], dropped: 0 }));
    expect(within(on.el).getByRole("status").textContent).toContain("1 of 1 lines");
    expect(on.sent[0]).toMatchObject({ kind: "look", new: true, after: 0 });
  });

  it("of an analysis: tiles, marks, parts, sounds and files", () => {
    const on = page("analysis", ANALYSIS);
    const wire = wireOf(on.props.model);
    const { plan } = ANALYSIS;
    const tiles = new TileStore(wire, 4, () => 100, () => {});
    tiles.pieces("mel", { startS: 0, endS: 4 }, 100);
    undo.push(() => tiles.close());
    undo.push(askForMarks(wire, plan.marks.map((marks) => ({ plan: marks, times: new Float64Array(), color: 0, on: true })), () => {}));
    undo.push(segmentLane(plan.segments[0]!, wire, () => {}).close);
    new Player(wire, plan.sounds[0]!, { onState: vi.fn(), onHead: vi.fn() }).play();
    const saving = savingButtons(wire, () => {});
    document.body.append(saving.element);
    undo.push(saving.close);
    fireEvent.click(screen.getByRole("button", { name: /^save as JAMS/ }));
    expect(kinds(on).sort()).toEqual(["export", "marks", "segments", "sound", "tile"]);
  });

  it("of a flow: the document that is written after a gesture, and what is asked for", async () => {
    const on = page("flow", FLOW);
    const store = new Store(on.props.model);
    undo.push(store.attach(on.props.model));
    store.commit(chain(
      move(new Map([["a", { x: 10.5, y: 3 }]])),
      setSize("g", { width: 310, height: 210 }),
      connect({ source: "a", sourceHandle: "audio", target: "b", targetHandle: "audio" }),
    ));
    store.define("gain_node");
    store.gone = true;
    store.send({ kind: "run", nodes: ["a"], anew: true });
    store.send({ kind: "cancel" });
    store.send({ kind: "show", node: "a" });
    await waitFor(() => expect(kinds(on)).toEqual(["define", "run", "cancel", "show"]));
  });
});

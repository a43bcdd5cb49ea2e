// Names, roles and labels of all widgets, by axe-core. Contrast needs a real browser: tests/browser/test_accessibility.py.
import { ReactFlowProvider } from "@xyflow/react";
import { act, fireEvent, render, screen, waitFor } from "@testing-library/react";
import axe from "axe-core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import analysis from "../src/analysis/index.ts";
import { Store } from "../src/flow/store.ts";
import { FlowView } from "../src/flow/widget.tsx";
import logs from "../src/logs/index.tsx";
import node from "../src/node/index.tsx";
import panel from "../src/panel/index.tsx";
import status from "../src/status/index.tsx";
import { type Page, page } from "./contract.ts";
import { ANALYSIS, FAILED_NODE, FLOW, LOGS, NODE, PANEL, RUNNING_NODE, STATUS } from "./states.ts";
import { row } from "./status_row.ts";

const RULES: axe.RunOptions = {
  runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
  rules: { "color-contrast": { enabled: false } },
};
const LINE = { number: 1, time_s: 0, plugin: "a", instance: "a-1", level: "warning", text: "too loud" };
const ROW = row({ calls: 1, failures: 1, leaks: true, last_error: "it broke" });
const PAST = { calls_per_s: [1, 2], cpu_share: [0, 1], memory_bytes: [1, 2] };

const undo: (() => void)[] = [];

async function violations(of: HTMLElement): Promise<string[]> {
  // React Flow hides a node until it has been measured, and jsdom measures nothing.
  for (const hidden of of.querySelectorAll<HTMLElement>(".react-flow__node")) hidden.style.visibility = "visible";
  const found = await axe.run(of, RULES);
  expect(found.passes.length).toBeGreaterThan(3);
  return found.violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
}

async function draw(widget: { render: unknown }, on: Page): Promise<HTMLElement> {
  const end = await act(async () => (widget.render as (props: unknown) => (() => void) | Promise<() => void>)(on.props));
  undo.push(() => act(end));
  return on.el;
}

beforeEach(() => {
  globalThis.CSS ??= { escape: (text: string) => text } as unknown as typeof CSS;
  globalThis.DOMMatrixReadOnly ??= class { m22 = 1 } as unknown as typeof DOMMatrixReadOnly;
  HTMLCanvasElement.prototype.getContext = () => null;
  URL.createObjectURL = () => "blob:bytes";
  URL.revokeObjectURL = () => {};
});
afterEach(() => {
  for (const step of undo.splice(0)) step();
  document.body.innerHTML = "";
});

// It reads every element several times, which takes seconds on a machine that does more than this.
describe("axe-core finds nothing wrong with", { timeout: 30_000 }, () => {
  it.each([["that has run", NODE], ["that runs", RUNNING_NODE], ["that failed", FAILED_NODE]])("a node %s", async (_, state) => {
    expect(await violations(await draw(node, page("node", state)))).toEqual([]);
  });

  it("two views on one page, which share no id", async () => {
    await draw(node, page("node", NODE));
    await draw(panel, page("panel", { ...PANEL, shown: {} }));
    const ids = [...document.querySelectorAll("[id]")].map(({ id }) => id);
    expect(ids.length).toBeGreaterThan(20);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it("a panel with every kind of item", async () => {
    const on = page("panel", PANEL);
    await draw(panel, on);
    for (const [key, version, mime] of [["audio:sound", 5, "audio/wav"], ["figure:picture", 6, "image/png"]] as const) {
      await act(async () => on.tell({ kind: "data", key, version, mime }, [new DataView(new ArrayBuffer(8))]));
    }
    expect(on.el.querySelectorAll("audio, img")).toHaveLength(2);
    expect(await violations(on.el)).toEqual([]);
  });

  it("the status with a row, its last error and its last lines", async () => {
    const on = page("status", STATUS);
    await draw(status, on);
    await act(async () => on.tell({ kind: "table", rows: [ROW], past: { [ROW.id]: PAST }, cut: 1 }));
    fireEvent.click(on.el.querySelector("[aria-label='Logs of a-1']")!);
    fireEvent.click(on.el.querySelector("[aria-expanded]")!);
    await act(async () => on.tell({ kind: "tail", row: ROW.id, lines: ["said"] }));
    expect(screen.getByText("it broke")).toBeTruthy();
    expect(await violations(on.el)).toEqual([]);
  });

  it("the log with lines", async () => {
    const on = page("logs", LOGS);
    await draw(logs, on);
    await act(async () => on.tell({ kind: "lines", lines: [LINE], dropped: 3 }));
    expect(await violations(on.el)).toEqual([]);
  });

  it("an analysis", async () => {
    const el = await draw(analysis, page("analysis", ANALYSIS));
    await waitFor(() => expect(el.querySelector("[role=slider][aria-valuenow]")).toBeTruthy());
    expect(await violations(el)).toEqual([]);
  });

  it("a flow with every kind of node, and its outline", async () => {
    const on = page("flow", FLOW);
    const store = new Store(on.props.model);
    undo.push(store.attach(on.props.model));
    const { container } = render(<ReactFlowProvider><FlowView store={store} drawer={() => new Promise(() => {})} /></ReactFlowProvider>);
    expect(await violations(container)).toEqual([]);
    fireEvent.keyDown(container.querySelector("[role=application]")!, { key: "o" });
    expect(await violations(container)).toEqual([]);
  });
});

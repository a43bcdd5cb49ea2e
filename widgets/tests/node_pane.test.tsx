// The widget of a node: what it shares with Python, and what it shows when its kernel has gone.
import { act, fireEvent } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import node from "../src/node/index.tsx";
import { type Page, page } from "./contract.ts";
import { NODE, RUNNING_NODE } from "./states.ts";

const undo: (() => void)[] = [];

async function draw(on: Page): Promise<void> {
  const end = await act(async () => (node.render as unknown as (props: unknown) => Promise<() => void>)(on.props));
  undo.push(() => act(end));
}

/** React Flow hides a node until it has been measured, and jsdom measures nothing: by its words, not by its role. */
const control = (on: Page, name: string): HTMLElement =>
  [...on.el.querySelectorAll<HTMLElement>("button, label.sch-live, input[type=range]")].find((one) => (one.getAttribute("aria-label") ?? one.textContent) === name)!;

beforeEach(() => {
  globalThis.DOMMatrixReadOnly ??= class { m22 = 1 } as unknown as typeof DOMMatrixReadOnly;
});
afterEach(() => {
  for (const step of undo.splice(0)) step();
  document.body.innerHTML = "";
});

describe("the widget of a node", () => {
  it("shares what the hand sets, and shows what Python does", async () => {
    const on = page("node", NODE);
    await draw(on);
    fireEvent.change(control(on, "Gain"), { target: { value: "-12" } });
    expect(on.shared).toEqual({ parameters: { ...NODE.parameters, gain_db: -12 } });
    await act(async () => on.put("parameters", { ...NODE.parameters, gain_db: -3 }));
    expect(control(on, "Gain")).toHaveProperty("value", "-3");
    fireEvent.click(control(on, "Reset all"));
    expect(on.shared["parameters"]).toMatchObject({ gain_db: 0, mode: "warm", cutoff_hz: 1000 });
  });

  it("shares its live mode", async () => {
    const on = page("node", NODE);
    await draw(on);
    fireEvent.click(control(on, "Live").querySelector("input")!);
    expect(on.shared).toEqual({ live: true });
  });

  it("shows no run that goes on for ever when its kernel has gone", async () => {
    const on = page("node", RUNNING_NODE);
    await draw(on);
    expect(control(on, "Cancel")).toBeTruthy();
    await act(async () => on.lose());
    expect(control(on, "Cancel")).toBeUndefined();
    expect(control(on, "Run")).toHaveProperty("disabled", true);
    expect(on.el.querySelector("[role=progressbar]")).toBeNull();
    expect(on.el.textContent).toContain("The kernel is gone");
  });
});

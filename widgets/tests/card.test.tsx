import { ReactFlowProvider } from "@xyflow/react";
import { fireEvent, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";

import { Card, type CardProps } from "../src/node/card.tsx";
import type { Definition } from "../src/node/definition.ts";
import { parameter } from "./parameter.ts";

const definition: Definition = {
  type: "gain_node",
  label: "Gain",
  description: "Changes the level.",
  inputs: [{ name: "audio", label: "Audio", type: "audio", unit: "", tooltip: "what to change", required: true }],
  outputs: [{ name: "peak", label: "Peak", type: "number", unit: "dB", tooltip: "" }],
  parameters: [
    parameter({ min: -96, max: 24, step: 0.1, unit: "dB" }),
    parameter({ name: "cutoff_hz", label: "Cut-off", min: 20, max: 20_000, default: 1000, scale: "log", unit: "Hz" }),
    parameter({ name: "invert", label: "Invert", type: "boolean", default: false }),
    parameter({ name: "mode", label: "Mode", type: "choice", default: "warm", options: ["warm", "cold"] }),
    parameter({ name: "automation", label: "Automation", type: "breakpoints", default: [[0, 0], [1, -6]], min: -96, max: 24 }),
    parameter({ name: "mute", label: "Mute", type: "channels", default: [] }),
    parameter({ name: "title", label: "Title", type: "string", default: "x" }),
  ],
};

function show(given: Partial<CardProps> = {}) {
  const values = Object.fromEntries(definition.parameters.map((p) => [p.name, p.default]));
  const props: CardProps = {
    definition, pluginId: "gain_node", level: "full", values, errors: {}, inputsSet: {}, canRun: true, status: "idle",
    progress: 0, message: "", failure: {}, summary: [],
    onSet: vi.fn(), onReset: vi.fn(), onRun: vi.fn(), onCancel: vi.fn(), ...given,
  };
  render(
    <ReactFlowProvider>
      <Card {...props} />
    </ReactFlowProvider>,
  );
  return props;
}

describe("the card of a node", () => {
  it("names the plugin, its ports and how strictly it is confined", () => {
    show();
    expect(screen.getByRole("heading", { name: "Gain" })).toBeTruthy();
    expect(screen.getByText("sandbox: full")).toBeTruthy();
    expect(screen.getByTitle(/audio: audio/)).toBeTruthy();
    expect(screen.getByTitle(/peak: number, dB/)).toBeTruthy();
  });

  it("sets a number that is typed, when Enter is pressed", async () => {
    const { onSet } = show();
    const entry = screen.getByRole("textbox", { name: "Gain" });
    await userEvent.clear(entry);
    await userEvent.type(entry, "-6.5{Enter}");
    expect(onSet).toHaveBeenLastCalledWith("gain_db", -6.5);
  });

  it("says why it refuses a number, and sets nothing", async () => {
    const { onSet } = show();
    const entry = screen.getByRole("textbox", { name: "Gain" });
    await userEvent.clear(entry);
    await userEvent.type(entry, "99{Enter}");
    expect(screen.getByRole("alert").textContent).toBe("above the maximum 24 dB");
    expect(entry.getAttribute("aria-invalid")).toBe("true");
    expect(onSet).not.toHaveBeenCalled();
  });

  it("sets the value of a slider, spoken with its unit", () => {
    const { onSet } = show();
    const slider = screen.getByRole("slider", { name: "Gain" });
    expect(slider.getAttribute("aria-valuetext")).toBe("0 dB");
    fireEvent.change(slider, { target: { value: "-12" } });
    expect(onSet).toHaveBeenLastCalledWith("gain_db", -12);
  });

  it("moves a logarithmic slider by ratios", () => {
    const { onSet } = show();
    fireEvent.change(screen.getByRole("slider", { name: "Cut-off" }), { target: { value: "0" } });
    expect(onSet).toHaveBeenLastCalledWith("cutoff_hz", 20);
    fireEvent.change(screen.getByRole("slider", { name: "Cut-off" }), { target: { value: "500" } });
    expect(onSet).toHaveBeenLastCalledWith("cutoff_hz", 632);
  });

  it("sets a switch, a choice, channels and a text", async () => {
    const { onSet } = show();
    await userEvent.click(screen.getByRole("switch", { name: "Invert" }));
    expect(onSet).toHaveBeenLastCalledWith("invert", true);
    await userEvent.selectOptions(screen.getByRole("combobox", { name: "Mode" }), "cold");
    expect(onSet).toHaveBeenLastCalledWith("mode", "cold");
    await userEvent.click(screen.getByRole("button", { name: "1" }));
    expect(onSet).toHaveBeenLastCalledWith("mute", [1]);
    await userEvent.type(screen.getByRole("textbox", { name: "Title" }), "y{Enter}");
    expect(onSet).toHaveBeenLastCalledWith("title", "xy");
  });

  it("edits a curve by keyboard alone", () => {
    const { onSet } = show();
    const point = screen.getByRole("slider", { name: "point 2" });
    fireEvent.keyDown(point, { key: "Delete" });
    expect(onSet).toHaveBeenLastCalledWith("automation", [[0, 0]]);
    fireEvent.keyDown(point, { key: "ArrowUp" });
    expect(onSet).toHaveBeenLastCalledWith("automation", [[0, 0], [1, -4.8]]);
    fireEvent.keyDown(point, { key: "Enter" });
    expect(onSet).toHaveBeenLastCalledWith("automation", [[0, 0], [1, -6], [2, -6]]);
  });

  it("shows the numbers of a curve, and takes them", async () => {
    const { onSet } = show();
    await userEvent.click(screen.getByRole("button", { name: "Numbers" }));
    const cell = screen.getByRole("textbox", { name: "value of point 1" });
    await userEvent.clear(cell);
    await userEvent.type(cell, "-3{Enter}");
    expect(onSet).toHaveBeenLastCalledWith("automation", [[0, -3], [1, -6]]);
  });

  it("shows what Python refused, at its control", () => {
    show({ errors: { mode: "no such mode" } });
    expect(screen.getByRole("alert").textContent).toBe("no such mode");
  });

  it("runs, and while running offers to cancel", async () => {
    const idle = show();
    await userEvent.click(screen.getByRole("button", { name: "Run" }));
    expect(idle.onRun).toHaveBeenCalledOnce();
    document.body.innerHTML = "";
    const running = show({ status: "running", progress: 0.42, message: "tracking beats" });
    expect(screen.getByRole("progressbar").getAttribute("aria-valuenow")).toBe("42");
    expect(screen.getByRole("status").textContent).toBe("42 % · tracking beats");
    await userEvent.click(screen.getByRole("button", { name: "Cancel" }));
    expect(running.onCancel).toHaveBeenCalledOnce();
  });

  it("can't run without an input that nobody gave, and says which", () => {
    show({ inputsSet: { side: { state: "missing", text: "not given" } } });
    expect(screen.getByRole("button", { name: "Run" })).toHaveProperty("disabled", true);
    expect(screen.getByRole("status").textContent).toBe("needs side");
  });

  it("shows a failure as text, with the plugin's traceback", () => {
    const failure = { type: "PluginExecutionError", message: "<img src=x onerror=alert(1)>", remedy: "try 3", traceback: "main.py, line 3" };
    show({ status: "failed", failure });
    const box = screen.getByRole("alert");
    expect(box.textContent).toContain("<img src=x onerror=alert(1)>");
    expect(box.querySelector("img")).toBeNull();
    expect(box.querySelector("pre")!.textContent).toBe("main.py, line 3");
  });

  it("offers a reset only when something differs from its default", () => {
    show();
    expect(screen.getByRole("button", { name: "Reset" })).toHaveProperty("disabled", true);
  });
});

import { fireEvent, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";

import { definition, show } from "./card_view.tsx";
import { parameter } from "./parameter.ts";

describe("the card of a node", () => {
  it("names the plugin, its ports and how strictly it is confined", () => {
    show();
    expect(screen.getByRole("heading", { name: "Gain" })).toBeTruthy();
    expect(screen.getByText("sandbox: full")).toBeTruthy();
    expect(screen.getByTitle(/audio: audio/)).toBeTruthy();
    expect(screen.getByTitle(/peak: number, dB/)).toBeTruthy();
  });

  it("has its inputs at the left and its outputs at the right, each with its type, in words as by its class", () => {
    const input = definition.inputs[0]!;
    show({ definition: { ...definition, inputs: [input, { ...input, name: "side", label: "Side", type: "midi", required: false }] } });
    for (const [name, side, type] of [["input Audio, audio", "left", "audio"], ["input Side, midi", "left", "midi"], ["output Peak, number", "right", "number"]] as const) {
      const port = screen.getByLabelText(name);
      expect([...port.classList], name).toContain(`react-flow__handle-${side}`);
      expect([...port.closest("li")!.classList], name).toContain(`sch-type-${type}`);
    }
    expect(screen.getByTitle(/^side: midi optional/)).toBeTruthy();
    expect(screen.queryByTitle(/^audio: audio optional/)).toBeNull();
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
    expect(screen.getByRole("progressbar").querySelector("div")!.style.width).toBe("42%");
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
    const failure = { type: "PluginExecutionError", message: "<img src=x onerror=alert(1)>", remedy: "try 3", path: "$.gain_db", traceback: "main.py, line 3" };
    show({ status: "failed", failure });
    const box = screen.getByRole("alert");
    expect(box.textContent).toContain("<img src=x onerror=alert(1)>");
    expect(box.querySelector("img")).toBeNull();
    expect(box.querySelector("pre")!.textContent).toBe("main.py, line 3");
    for (const text of ["→ try 3", "at $.gain_db"]) expect(box.textContent).toContain(text);
  });

  it("offers a reset only when something differs from its default", () => {
    show();
    expect(screen.getByRole("button", { name: "Reset all" })).toHaveProperty("disabled", true);
    document.body.innerHTML = "";
    const { onReset } = show({ values: { gain_db: -6 } });
    fireEvent.click(screen.getByRole("button", { name: "Reset all" }));
    expect(onReset).toHaveBeenCalledOnce();
  });

  it("puts one parameter back by its button or a double click on its label, and nothing else", async () => {
    const { onSet } = show({ values: { gain_db: -6 } });
    await userEvent.click(screen.getByRole("button", { name: "reset Gain" }));
    expect(onSet).toHaveBeenLastCalledWith("gain_db", 0);
    await userEvent.dblClick(screen.getByText("Gain", { selector: "label" }));
    expect(onSet).toHaveBeenCalledTimes(2);
    expect(screen.getByLabelText("reset Mode")).toHaveProperty("disabled", true);
  });

  it("offers presets, says which one is set, and sets all of it", async () => {
    const presets = { Loud: { gain_db: 6 } };
    const { onSetAll } = show({ presets, saved: { Mine: { gain_db: -6 } }, values: { gain_db: -6 } });
    const list = screen.getByRole("combobox", { name: "preset" }) as HTMLSelectElement;
    expect(list.value).toBe("saved:Mine");
    const groups = [...list.querySelectorAll("optgroup")].map((group) => [group.label, [...group.children].map((one) => one.textContent)]);
    expect(groups).toEqual([["of the plugin", ["Loud"]], ["saved", ["Mine"]]]);
    await userEvent.selectOptions(list, "Loud");
    expect(onSetAll).toHaveBeenLastCalledWith({ gain_db: 6 });
  });

  it("saves a preset under a name by keyboard alone, and deletes only what was saved", async () => {
    const { onSave, onDelete } = show({ presets: { Plain: {} }, saved: { Mine: { gain_db: -6 } }, values: { gain_db: -6 }, canSave: true });
    await userEvent.click(screen.getByRole("button", { name: "Save as …" }));
    await userEvent.keyboard("X{Escape}");
    expect(onSave).not.toHaveBeenCalled();
    await userEvent.click(screen.getByRole("button", { name: "Save as …" }));
    const entry = screen.getByRole("textbox", { name: "name of the preset" });
    await userEvent.clear(entry);
    await userEvent.type(entry, "Warm{Enter}");
    expect(onSave).toHaveBeenLastCalledWith("Warm");
    await userEvent.click(screen.getByRole("button", { name: "delete preset Mine" }));
    expect(onDelete).toHaveBeenLastCalledWith("Mine");
    document.body.innerHTML = "";
    show({ presets: { Plain: {} }, canSave: true });
    expect(screen.queryByRole("button", { name: /delete/ })).toBeNull();
  });

  it("takes the path of a file for a sound, and takes it away again", async () => {
    const { onRead } = show({ canRead: true, inputsSet: { audio: { state: "given", text: "take.wav" } } });
    await userEvent.click(screen.getByRole("button", { name: "file for Audio" }));
    await userEvent.type(screen.getByRole("textbox", { name: "path of a file for Audio" }), "~/take.wav{Enter}");
    expect(onRead).toHaveBeenLastCalledWith("audio", "~/take.wav");
    await userEvent.click(screen.getByRole("button", { name: "take Audio away" }));
    expect(onRead).toHaveBeenLastCalledWith("audio", "");
  });

  it("takes the path of a file for a parameter, tells what is there, and takes it away again", async () => {
    const { onSet } = show({ values: { scale: "a/old.scl" }, filesSet: { scale: { state: "given", text: "old.scl, 1.2 kB" } } });
    const path = screen.getByRole("textbox", { name: "Scale" });
    expect(path).toHaveProperty("value", "a/old.scl");
    expect(path).toHaveProperty("placeholder", "path of a file, .scl or .tun");
    const described = path.getAttribute("aria-describedby")!.split(" ").map((id) => document.getElementById(id)?.textContent);
    expect(described.join(" ")).toContain("old.scl, 1.2 kB");
    expect(screen.queryByRole("button", { name: "choose Scale" })).toBeNull();
    await userEvent.clear(path);
    await userEvent.type(path, " ~/just.scl {Enter}");
    expect(onSet).toHaveBeenLastCalledWith("scale", "~/just.scl");
    await userEvent.click(screen.getByRole("button", { name: "take Scale away" }));
    expect(onSet).toHaveBeenLastCalledWith("scale", null);
  });

  it("says at its port why a file was refused, aloud", () => {
    show({ canRead: true, inputsSet: { audio: { state: "refused", text: "there is no file" } } });
    expect(screen.getByRole("alert").textContent).toBe("there is no file");
  });

  it("shows the author's groups by their names, and a parameter's words when it is pointed at", () => {
    const parameters = [parameter({ tooltip: "how loud" }), parameter({ name: "mix", label: "Mix" })];
    show({ definition: { ...definition, parameters, ui: { groups: [{ label: "Level", parameters: ["gain_db"] }] } } });
    expect(screen.getByRole("heading", { name: "Level" })).toBeTruthy();
    expect(screen.getByText("Gain", { selector: "label" }).title).toBe("how loud");
    expect(screen.getByText("Mix", { selector: "label" }).title).toBe("mix");
  });

  it("says what is wrong with a parameter's file, at its control", () => {
    show({ values: { scale: "gone.scl" }, filesSet: { scale: { state: "refused", text: "there is no file 'gone.scl'" } } });
    expect(screen.getByRole("alert").textContent).toBe("there is no file 'gone.scl'");
    expect(screen.getByRole("textbox", { name: "Scale" }).getAttribute("aria-invalid")).toBe("true");
  });

  it("takes a file of this computer for a parameter, and shows name and size of what Python holds", async () => {
    const { onSend } = show({ canRead: true, values: { scale: { name: "mine.scl", bytes: 1234 } } });
    expect(screen.getByRole("textbox", { name: "Scale" })).toHaveProperty("value", "mine.scl");
    expect(screen.getByText("1.23 kB")).toBeTruthy();
    const file = new File(["! mine"], "mine.scl");
    const chooser = screen.getByLabelText("file of this computer for Scale");
    expect(chooser.getAttribute("accept")).toBe(".scl,.tun");
    const open = vi.spyOn(chooser as HTMLInputElement, "click");
    screen.getByRole("button", { name: "choose Scale" }).focus();
    await userEvent.keyboard("{Enter}");
    expect(open).toHaveBeenCalledOnce();
    await userEvent.upload(chooser, file);
    expect(onSend).toHaveBeenLastCalledWith("scale", file);
    expect((chooser as HTMLInputElement).files, "so that the same one again is another choice").toHaveLength(0);
  });

  it("takes a file of this computer, by name and size", async () => {
    const { onSend } = show({ canRead: true });
    await userEvent.click(screen.getByRole("button", { name: "file for Audio" }));
    const file = new File(["RIFF"], "take.wav");
    fireEvent.change(screen.getByLabelText("file of this computer for Audio"), { target: { files: [file] } });
    expect(onSend).toHaveBeenLastCalledWith("audio", file);
    expect(screen.queryByRole("textbox", { name: "path of a file for Audio" })).toBeNull();
  });

  it("says that its kernel is gone, and offers nothing in vain", () => {
    show({ gone: true });
    expect(screen.getByRole("alert").textContent).toContain("The kernel is gone");
    expect(screen.getByRole("button", { name: "Run" })).toHaveProperty("disabled", true);
    expect(screen.getByRole("switch", { name: "Live" })).toHaveProperty("disabled", true);
  });

  it("switches live mode, and says that newer values wait", async () => {
    const { onLive } = show({ status: "running", waiting: true });
    await userEvent.click(screen.getByRole("switch", { name: "Live" }));
    expect(onLive).toHaveBeenLastCalledWith(true);
    expect(screen.getByRole("status").textContent).toBe("running; newer values wait");
  });

  it("says in its badge what a plugin may reach, and in full when it is opened", async () => {
    show({ permissions: [{ name: "network", granted: false, text: "not granted: reach <b>example.org</b>" }] });
    const badge = screen.getByRole("button", { name: /sandbox: full network \(not granted\)/ });
    await userEvent.click(badge);
    expect(badge.getAttribute("aria-expanded")).toBe("true");
    expect(screen.getByText("not granted: reach <b>example.org</b>")).toBeTruthy();
    expect(screen.getByText(/confined by the kernel/)).toBeTruthy();
  });

  it("keeps the last result beside a failure, and says that it is of an earlier run", () => {
    show({ status: "failed", failure: { type: "X" }, summary: [{ label: "Peak", text: "−3", unit: "dB" }] });
    expect(screen.getByText("of an earlier run")).toBeTruthy();
    document.body.innerHTML = "";
    show({ status: "done", message: "3 ms", summary: [{ label: "Peak", text: "−3", unit: "dB" }] });
    expect(screen.queryByText("of an earlier run")).toBeNull();
    expect(screen.getByRole("status").textContent).toBe("done in 3 ms");
    expect(screen.getByText("−3 dB")).toBeTruthy();
  });

  it("draws the sound under its curves, over the sound's own length", () => {
    show({ waveform: { duration_s: 4, lows: [-0.5, Number.NaN], highs: [0.5, 9] } });
    expect(screen.getByRole("group", { name: "Automation: curve of 2 points over 4 s" })).toBeTruthy();
    const outline = document.querySelector(".sch-outline")!.getAttribute("points")!;
    expect(outline.split(" ")).toHaveLength(4);
    expect(outline).not.toMatch(/NaN|Infinity/);
  });

  it.each([{}, { duration_s: 0, lows: [], highs: [] }])("draws curves without a sound, or with one of no length", (waveform) => {
    show({ waveform });
    expect(document.querySelector(".sch-outline")).toBeNull();
    expect(screen.getByRole("group", { name: "Automation: curve of 2 points over 2 s" })).toBeTruthy();
  });

  it("folds a thousand ports away until they are asked for", async () => {
    const port = definition.outputs[0]!;
    const outputs = Array.from({ length: 1000 }, (_, index) => ({ ...port, name: `y${index}`, label: `Y${index}` }));
    show({ definition: { ...definition, outputs } });
    expect(screen.queryByText("Y500")).toBeNull();
    await userEvent.click(screen.getByRole("button", { name: "988 more outputs" }));
    expect(screen.getByText("Y500")).toBeTruthy();
  });

  it("shows markup and ten thousand characters as the text they are", () => {
    const label = `<img src=x onerror=alert(1)>${"x".repeat(10_000)}`;
    show({
      definition: { ...definition, label, parameters: [parameter({ label })] },
      presets: { [label]: { gain_db: 0 } },
      permissions: [{ name: label, granted: true, text: label }],
    });
    expect(screen.getByRole("heading", { name: label })).toBeTruthy();
    expect(document.querySelector("img")).toBeNull();
  });

  it.each([
    [Number.NaN, Number.POSITIVE_INFINITY],
    [0, Number.POSITIVE_INFINITY],
    [-1.7e308, 1.7e308],
    [5, 5],
  ])("has no slider from %d to %d, but an entry", (min, max) => {
    show({ definition: { ...definition, parameters: [parameter({ min, max })] } });
    expect(screen.queryByRole("slider")).toBeNull();
    expect(screen.getByRole("textbox", { name: "Gain" })).toHaveProperty("value", "0");
  });

  it("takes a value of any kind as JSON, and says when it is none", async () => {
    const { onSet } = show({ definition: { ...definition, parameters: [parameter({ type: "any", default: null })] } });
    const entry = screen.getByRole("textbox", { name: "Gain" });
    fireEvent.change(entry, { target: { value: "[1," } });
    fireEvent.keyDown(entry, { key: "Enter" });
    expect(screen.getByRole("alert").textContent).toMatch(/not JSON/);
    fireEvent.change(entry, { target: { value: '{"a": [1, 2]}' } });
    fireEvent.keyDown(entry, { key: "Enter" });
    expect(onSet).toHaveBeenLastCalledWith("gain_db", { a: [1, 2] });
  });
});

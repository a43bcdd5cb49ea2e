// The controls of a node's parameters, by keys and by pointer.
import { fireEvent, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";

import { definition, show } from "./card_view.tsx";
import { parameter } from "./parameter.ts";

/** What the last call set. */
const last = (onSet: unknown): unknown => (onSet as { mock: { lastCall?: unknown[] } }).mock.lastCall;

describe("a number", () => {
  it("has its unit beside it", () => {
    show();
    const field = screen.getByRole("textbox", { name: "Cut-off" }).closest<HTMLElement>(".sch-field")!;
    expect(within(field).getByText("Hz")).toBeTruthy();
  });

  it.each([["ArrowUp", 1], ["ArrowRight", 1], ["ArrowDown", -1], ["ArrowLeft", -1]])("on a logarithmic slider goes with %s by a ratio", (key, sign) => {
    const { onSet } = show();
    fireEvent.keyDown(screen.getByRole("slider", { name: "Cut-off" }), { key });
    const [name, value] = last(onSet) as [string, number];
    expect(name).toBe("cutoff_hz");
    expect(value / 1000).toBeCloseTo(1000 ** (sign / 100), 2);
  });

  it("goes by its step in the entry, and by ten with Shift", () => {
    const { onSet } = show();
    const entry = screen.getByRole("textbox", { name: "Gain" });
    for (const [key, shiftKey, value] of [["ArrowUp", false, 0.1], ["ArrowDown", false, -0.1], ["ArrowUp", true, 1], ["ArrowDown", true, -1]] as const) {
      fireEvent.keyDown(entry, { key, shiftKey });
      expect(last(onSet)).toEqual(["gain_db", value]);
    }
  });

  it("takes what was typed when one goes on, and takes it back on Escape", async () => {
    const { onSet } = show();
    const entry = screen.getByRole("textbox", { name: "Gain" });
    await userEvent.clear(entry);
    await userEvent.type(entry, "99{Enter}");
    expect(screen.getByRole("alert")).toBeTruthy();
    await userEvent.keyboard("{Escape}");
    expect(screen.queryByRole("alert")).toBeNull();
    expect(entry).toHaveProperty("value", "0");
    await userEvent.clear(entry);
    await userEvent.type(entry, "-3");
    expect(onSet).not.toHaveBeenCalled();
    await userEvent.tab();
    expect(last(onSet)).toEqual(["gain_db", -3]);
  });

  it("has its default again by a double click on the slider", () => {
    const { onSet } = show({ values: { gain_db: -6 } });
    fireEvent.doubleClick(screen.getByRole("slider", { name: "Gain" }));
    expect(last(onSet)).toEqual(["gain_db", 0]);
  });
});

describe("a text and channels", () => {
  it("take what was typed when one goes on", async () => {
    const { onSet } = show();
    await userEvent.type(screen.getByRole("textbox", { name: "Title" }), "y");
    await userEvent.tab();
    expect(last(onSet)).toEqual(["title", "xy"]);
    await userEvent.type(screen.getByRole("textbox", { name: "Mute" }), "2, 0");
    await userEvent.tab();
    expect(last(onSet)).toEqual(["mute", [2, 0]]);
  });

  it("are let go by the box that took them", async () => {
    const { onSet } = show({ values: { mute: [0, 1] } });
    const box = screen.getByRole("button", { name: "1" });
    expect(box.getAttribute("aria-pressed")).toBe("true");
    await userEvent.click(box);
    expect(last(onSet)).toEqual(["mute", [0]]);
  });
});

/** A curve from 0 s, 0 dB to 1 s, −6 dB whose box is as large as its drawing: 8 pixels of margin, 384 by 80 within. */
function curve(given: Parameters<typeof show>[0] = {}) {
  const { onSet, again } = show({ definition: { ...definition, parameters: [definition.parameters[4]!] }, ...given });
  const drawn = screen.getByRole("group", { name: /^Automation: curve/ });
  drawn.getBoundingClientRect = () => ({ left: 0, top: 0, width: 400, height: 96 }) as DOMRect;
  return { onSet, again, drawn };
}

describe("a curve", () => {
  it("gets a point where it is double-clicked, and loses the one that is", () => {
    const { onSet, drawn } = curve();
    fireEvent.doubleClick(drawn, { clientX: 8 + 384 * 0.25, clientY: 8 + 40 });
    expect(last(onSet)).toEqual(["automation", [[0, 0], [0.5, -36], [1, -6]]]);
    fireEvent.doubleClick(screen.getByRole("slider", { name: "point 1" }));
    expect(last(onSet)).toEqual(["automation", [[1, -6]]]);
  });

  it("has a point that is dragged where the pointer is, on an axis that stands still, until it is let go", () => {
    const { onSet, drawn } = curve();
    const point = screen.getByRole("slider", { name: "point 2" });
    fireEvent.pointerMove(drawn, { clientX: 300, clientY: 8 });
    expect(onSet).not.toHaveBeenCalled();
    fireEvent.pointerDown(point, { clientX: 200, clientY: 60 });
    fireEvent.pointerMove(drawn, { clientX: 8 + 384 * 0.75, clientY: 8 });
    expect(last(onSet)).toEqual(["automation", [[0, 0], [1.5, 24]]]);
    fireEvent.pointerUp(drawn);
    fireEvent.pointerMove(drawn, { clientX: 20, clientY: 8 });
    expect(onSet).toHaveBeenCalledOnce();
  });

  it("is cleared", () => {
    const { onSet } = curve();
    fireEvent.click(screen.getByRole("button", { name: "Clear" }));
    expect(last(onSet)).toEqual(["automation", []]);
  });

  it("is drawn over the sound where the sound is, its highs above its lows", () => {
    curve({ waveform: { duration_s: 0.5, lows: [-0.5, -1], highs: [0.25, 1] } });
    const corners = document.querySelector(".sch-outline")!.getAttribute("points")!.split(" ").map((pair) => pair.split(",").map(Number));
    expect(corners.map(([x]) => x)).toEqual([32, 80, 80, 32]);
    expect(corners.map(([, y]) => y)).toEqual([38, 8, 88, 68]);
  });

  it("keeps its axis while a point is dragged beyond its end", () => {
    const { drawn, again } = curve();
    const axis = (): string => /over (.*) s$/.exec(drawn.getAttribute("aria-label")!)![1]!;
    fireEvent.pointerDown(screen.getByRole("slider", { name: "point 2" }));
    again({ values: { automation: [[0, 0], [3, -6]] } });
    expect(axis()).toBe("2");
    fireEvent.pointerUp(drawn);
    expect(axis()).toBe("5");
  });
});

describe("a parameter of each kind", () => {
  it("has the control that fits it, and a slider only where there is a range", () => {
    show({ definition: { ...definition, parameters: [...definition.parameters, parameter({ name: "free", label: "Free" })] } });
    for (const [role, name] of [
      ["slider", "Gain"], ["slider", "Cut-off"], ["switch", "Invert"], ["combobox", "Mode"], ["textbox", "Mute"], ["textbox", "Title"], ["textbox", "Scale"],
      ["textbox", "Free"],
    ] as const) expect(screen.getByRole(role, { name }), name).toBeTruthy();
    expect(screen.queryByRole("slider", { name: "Free" })).toBeNull();
  });
});

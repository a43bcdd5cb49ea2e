import { fireEvent, render, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { Board, type BoardProps } from "../src/panel/board.tsx";
import type { Held } from "../src/panel/data.ts";
import type { Item, Panel, View } from "../src/panel/definition.ts";
import { Drafts, SETTLE_MS } from "../src/panel/drafts.ts";
import { parameter } from "./parameter.ts";

const BYTES = new DataView(new ArrayBuffer(2));
const EVIL = "<img src=x onerror=alert(1)>";

function item(given: Partial<Item>): Item {
  return { kind: "heading", name: null, label: null, tooltip: "", style: "normal", min: null, max: null, ...given };
}

function view(given: Partial<View>): View {
  return { version: 1, has_data: false, ...given };
}

const panel: Panel = {
  columns: 2,
  groups: [
    {
      label: "Level",
      items: [
        item({ kind: "heading", label: EVIL }),
        item({ kind: "control", name: "gain_db" }),
        item({ kind: "button", name: "play", label: "Play", style: "primary", tooltip: "once" }),
        item({ kind: "button", name: "bare" }),
        item({ kind: "value", name: "level" }),
        item({ kind: "text", name: "said" }),
        item({ kind: "meter", name: "level", min: -60, max: 0 }),
        item({ kind: "table", name: "notes", label: "Notes" }),
        item({ kind: "audio", name: "sound" }),
        item({ kind: "figure", name: "picture" }),
      ],
    },
  ],
};

const port = (name: string, unit = "") => ({ name, label: name, type: "any" as const, unit, tooltip: "" });

function show(given: Partial<BoardProps> = {}) {
  const props: BoardProps = {
    definition: {
      label: "Desk",
      description: "",
      parameters: [parameter({ min: -96, max: 24, step: 0.1, unit: "dB" })],
      outputs: [port("level", "dB"), port("said"), port("notes"), port("sound"), port("picture")],
    },
    panel, pluginId: "desk", level: "full", values: { gain_db: 0 }, errors: {}, views: {}, gone: false, status: "idle", message: "",
    failure: {}, onSet: vi.fn(), onPress: vi.fn(), useBytes: () => null, drawer: () => new Promise(() => {}), ...given,
  };
  return { ...props, ...render(<Board {...props} />) };
}

describe("a panel", () => {
  it("can be drawn before the plugin has said anything", () => {
    show();
    expect(screen.getByRole("group", { name: "Level" })).toBeTruthy();
    expect(screen.getByRole("slider", { name: "Gain" })).toBeTruthy();
    expect(screen.getByRole("button", { name: "bare" })).toBeTruthy();
    expect(screen.getByLabelText("said").textContent).toBe("–");
  });

  it("says that its kernel is gone, and offers nothing in vain", () => {
    show({ gone: true });
    expect(screen.getByRole("alert").textContent).toContain("The kernel is gone");
    expect(screen.getByRole("button", { name: "Play" })).toHaveProperty("disabled", true);
  });

  it("tells which button was pressed, and when", async () => {
    const { onPress } = show();
    await userEvent.click(screen.getByRole("button", { name: "Play" }));
    expect(onPress).toHaveBeenCalledExactlyOnceWith("play", expect.any(Number));
  });

  it("tells what a control was set to, and shows what Python refused", () => {
    const { onSet } = show({ errors: { gain_db: "no such gain" } });
    fireEvent.change(screen.getByRole("slider", { name: "Gain" }), { target: { value: "-12" } });
    expect(onSet).toHaveBeenLastCalledWith("gain_db", -12);
    expect(screen.getByRole("alert").textContent).toBe("no such gain");
  });

  it("shows all text of the plugin as text", () => {
    const notes = view({ header: [EVIL], rows: [[EVIL], ["A"]], note: EVIL });
    show({
      message: EVIL,
      views: { "text:said": view({ text: EVIL }), "table:notes": notes, "figure:picture": view({ alt: EVIL }) },
      failure: { message: EVIL, traceback: EVIL },
    });
    expect(document.querySelector("img")).toBeNull();
    expect(screen.getByLabelText("said").textContent).toBe(EVIL);
    expect(within(screen.getByRole("table")).getAllByRole("cell")).toHaveLength(2);
    expect(screen.getByRole("columnheader").textContent).toBe(EVIL);
  });

  it("gives a number its unit, and a meter its share within bounds", () => {
    const level = view({ text: "−90", number: -90 });
    show({ views: { "value:level": level, "meter:level": level } });
    expect(screen.getAllByLabelText("level")[0]!.textContent).toBe("−90 dB");
    const meter = screen.getByRole("meter", { name: "level" });
    expect(meter.getAttribute("aria-valuenow")).toBe("-60");
    expect(meter.getAttribute("aria-valuetext")).toBe("−90 dB");
  });

  it("asks for the bytes of what it shows, by its version", () => {
    URL.createObjectURL = (blob) => `blob:${(blob as Blob).type}`;
    URL.revokeObjectURL = () => {};
    const useBytes = vi.fn((key: string): Held | null => (key === "audio:sound" ? { bytes: BYTES, mime: "audio/wav" } : null));
    show({ useBytes, views: { "audio:sound": view({ has_data: true, version: 7 }) } });
    expect(useBytes).toHaveBeenCalledWith("audio:sound", 7);
    expect(useBytes).toHaveBeenCalledWith("figure:picture", null);
    expect(screen.getByLabelText("sound").getAttribute("src")).toBe("blob:audio/wav");
  });

  it("has Vega-Lite drawn, and shows a picture as it is", () => {
    const drawer = vi.fn(() => new Promise<string>(() => {}));
    const views = { "figure:picture": view({ has_data: true, version: 7, alt: "bars that fall" }) };
    const shown = show({ drawer, views, useBytes: () => ({ bytes: BYTES, mime: "application/vnd.vegalite.v5+json" }) });
    expect(screen.getByText("drawing: bars that fall")).toBeTruthy();
    expect(drawer).toHaveBeenCalledOnce();
    shown.unmount();
    show({ drawer, views, useBytes: () => ({ bytes: BYTES, mime: "image/png" }) });
    expect(screen.getByRole("img", { name: "bars that fall" })).toBeTruthy();
    expect(drawer).toHaveBeenCalledOnce();
  });

  it("says that it works, and what went wrong", () => {
    show({ status: "busy" });
    expect(screen.getByRole("region", { name: "panel Desk" }).getAttribute("aria-busy")).toBe("true");
    expect(screen.getByRole("status").textContent).toBe("working");
    document.body.innerHTML = "";
    show({ status: "failed", failure: { type: "DefinitionError", message: "it set 99", remedy: "its author sets less" } });
    expect(screen.getByRole("alert").textContent).toContain("→ its author sets less");
  });
});

describe("what the hand has set", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("is told once for many moves, with the last value", () => {
    const tell = vi.fn();
    const drafts = new Drafts(tell);
    for (const value of [1, 2, 3]) drafts.set("gain_db", value);
    expect(drafts.values).toEqual({ gain_db: 3 });
    expect(tell).not.toHaveBeenCalled();
    vi.advanceTimersByTime(SETTLE_MS);
    expect(tell).toHaveBeenCalledExactlyOnceWith({ gain_db: 3 });
    expect(drafts.values).toEqual({});
  });

  it("is told at once before a press, and not again", () => {
    const tell = vi.fn();
    const drafts = new Drafts(tell);
    drafts.set("gain_db", 1);
    drafts.flush();
    vi.advanceTimersByTime(10 * SETTLE_MS);
    expect(tell).toHaveBeenCalledOnce();
  });
});

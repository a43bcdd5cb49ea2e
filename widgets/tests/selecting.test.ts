import { describe, expect, it, vi } from "vitest";

import { type Commands, press } from "../src/analysis/keys.ts";
import { dragged, edgeNear, withEnd } from "../src/analysis/selecting.ts";

describe("a selection", () => {
  it("is the same whichever way it was dragged, and stays within the sound", () => {
    expect(dragged(2, 1, 5)).toEqual({ start_s: 1, end_s: 2 });
    expect(dragged(4, 9, 5)).toEqual({ start_s: 4, end_s: 5 });
    expect(dragged(2, 2, 5)).toBeNull();
  });

  it("is taken by the nearer edge, if the hand is within a few pixels", () => {
    const region = { start_s: 1, end_s: 2 };
    expect(edgeNear(region, 1.04, 0.01)).toBe("start");
    expect(edgeNear(region, 1.97, 0.01)).toBe("end");
    expect(edgeNear(region, 1.5, 0.01)).toBeNull();
    expect(edgeNear(null, 1, 0.01)).toBeNull();
  });

  it("is set by keys, one end at a time, and never reversed", () => {
    expect(withEnd(null, "start", 2, 5)).toEqual({ start_s: 2, end_s: 5 });
    expect(withEnd({ start_s: 2, end_s: 5 }, "end", 3, 5)).toEqual({ start_s: 2, end_s: 3 });
    expect(withEnd({ start_s: 2, end_s: 3 }, "start", 4, 5)).toEqual({ start_s: 4, end_s: 5 });
  });
});

describe("the keys", () => {
  const names = ["toggle", "step", "pan", "zoom", "all", "home", "end", "begin", "finish", "clear", "loop", "clicks", "swap", "fit"];
  const commands = (): Commands => Object.fromEntries(names.map((name) => [name, vi.fn(() => false)])) as unknown as Commands;

  it("do what they say, and leave the others to the notebook", () => {
    const on = commands();
    for (const key of [" ", "l", "c", "x", "[", "]", "0", "+"]) expect(press(key, false, on)).toBe(true);
    for (const name of ["toggle", "loop", "clicks", "swap", "begin", "finish", "all", "zoom"] as const) expect(on[name]).toHaveBeenCalledOnce();
    for (const key of ["d", "a", "Enter", "Tab"]) expect(press(key, false, on)).toBe(false);
  });

  it("keep Escape only where there was a selection to clear", () => {
    expect(press("Escape", false, commands())).toBe(false);
  });
});

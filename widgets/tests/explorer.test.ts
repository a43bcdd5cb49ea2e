// The explorer by hand: what is looked at, selected, heard and saved.
import { fireEvent } from "@testing-library/dom";
import { describe, expect, it, vi } from "vitest";

import { PLAN, STATE, TIMES, inExplorer } from "./explorer_page.ts";

describe("the explorer", () => {
  const { show, answer, view, part, canvas, at, seen, press, button, list, drag, frame, on, audio, drawn, told, forget } = inExplorer();

  it("has a lane for each view that is shown, on one axis", () => {
    expect([...view().querySelectorAll(".sch-lane-title")].map((one) => one.textContent)).toEqual(["Output", "Input", "Parts", "Mel (dB)", "Centroid (Hz)"]);
    expect(view().querySelectorAll(".sch-ruler")).toHaveLength(1);
    expect(part("figures").textContent).toBe("x120 BPM");
  });

  it.each([
    ["Output", 1.6, 50, "1.6 s · bar 1.2 · peak −6.02 dBFS"],
    ["Output", 0.6, 50, "0.6 s · peak −6.02 dBFS"],
    ["Parts", 3, 50, "3 s · bar 1.3 · chorus (2 to 4 s)"],
    ["Mel", 1, 40, "1 s · bar 1.1 · 440 Hz · A4 · 0 dB"],
    ["Centroid", 1, 50, "1 s · bar 1.1 · 440 Hz · A4"],
  ])("reads %s under the pointer, in units of music and of physics", (label, timeS, height, words) => {
    fireEvent.pointerMove(canvas(label), at(timeS, height));
    expect(part("readout").textContent).toBe(words);
    fireEvent.pointerLeave(part("lanes"));
    expect(part("readout").textContent).toBe("");
  });

  it("reads each channel of a sound by itself", () => {
    show({ ...STATE, plan: { ...PLAN, sounds: [{ ...PLAN.sounds[0]!, channels: 2 }], tracks: [], segments: [] } });
    const tile = { kind: "tile", name: "audio", start_s: 0, end_s: 4, columns: 1, rows: 4, rough: false };
    on().tell(tile, [new DataView(Float32Array.from([-1, 1, -0.1, 0.1]).buffer)]);
    fireEvent.pointerMove(canvas("Output"), at(0.1, 10));
    expect(part("readout").textContent).toContain("peak 0 dBFS");
    fireEvent.pointerMove(canvas("Output"), at(0.1, 90));
    expect(part("readout").textContent).toContain("peak −20 dBFS");
  });

  it("shares what is dragged, either way, and says how much it is", () => {
    drag(3, 1);
    expect(on().shared).toEqual({ region: { start_s: 1, end_s: 3 } });
    expect(part("notice").textContent).toBe("selected 1 to 3 s (2 s)");
    frame();
    expect(part("region").hidden).toBe(false);
    expect([part("region").style.left, part("region").style.width]).toEqual(["25%", "50%"]);
  });

  it("seeks where it is clicked, also by a hand that shakes, and lets go of a selection beside it", () => {
    drag(1, 3);
    drag(2, 2.01);
    expect(part("time").textContent).toBe("0:02.0 / 0:04.0");
    expect(on().shared["region"]).toEqual({ start_s: 1, end_s: 3 });
    drag(0.5, 0.5);
    expect(part("time").textContent).toBe("0:00.5 / 0:04.0");
    expect(part("head").style.left).toBe("12.5%");
    expect(on().shared["region"]).toBeNull();
  });

  it("takes back a drag that is broken off", () => {
    drag(1, 3);
    fireEvent.pointerDown(canvas("Output"), at(3.5));
    fireEvent.pointerMove(canvas("Output"), at(2));
    frame();
    expect(part("region").style.left).toBe("50%");
    fireEvent.pointerCancel(canvas("Output"), at(2));
    fireEvent.pointerMove(canvas("Output"), at(0));
    frame();
    expect(on().shared["region"]).toEqual({ start_s: 1, end_s: 3 });
    expect([part("region").style.left, part("region").style.width]).toEqual(["25%", "50%"]);
  });

  it("leaves the wheel to the page, but with Ctrl, which zooms, and Shift, which moves", () => {
    const all = seen();
    const wheel = (more: object): boolean => fireEvent.wheel(canvas("Output"), { ...at(1), deltaY: -100, ...more });
    expect(wheel({})).toBe(true);
    frame();
    expect(seen()).toBe(all);
    expect(wheel({ ctrlKey: true })).toBe(false);
    frame();
    const near = seen();
    expect(near).not.toBe(all);
    expect(wheel({ shiftKey: true, deltaY: 100 })).toBe(false);
    frame();
    expect(seen()).not.toBe(near);
  });

  it("shows what Python selects, and whether the sound goes round", () => {
    on().put("region", { start_s: 2, end_s: 4 });
    frame();
    expect([part("region").hidden, part("region").style.left]).toEqual([false, "50%"]);
    expect(button("Loop").getAttribute("aria-pressed")).toBe("false");
    on().put("loop", true);
    expect(button("Loop").getAttribute("aria-pressed")).toBe("true");
    on().put("region", null);
    frame();
    expect(part("region").hidden).toBe(true);
  });

  it("plays what is selected, in a loop if it is to, and turns the page with the playhead", async () => {
    on().put("region", { start_s: 1, end_s: 3 });
    on().put("loop", true);
    press(" ");
    on().tell({ kind: "sound", name: "audio", note: "", duration_s: 4 }, [new DataView(new ArrayBuffer(4))]);
    await new Promise((done) => setTimeout(done));
    expect(audio().started).toEqual([expect.objectContaining({ fromS: 1, loop: [1, 3] })]);
    for (let i = 0; i < 3; i++) press("+");
    frame();
    const before = seen();
    audio().nowS = 11.8;
    frame();
    frame();
    expect(part("time").textContent).toBe("0:02.8 / 0:04.0");
    expect(seen()).not.toBe(before);
    expect(part("head").style.visibility).toBe("visible");
    expect(button("Pause")).toBeTruthy();
  });

  it("does by keys what the hand does", () => {
    for (const key of ["ArrowRight", "["]) press(key);
    expect(on().shared["region"]).toEqual({ start_s: 0.08, end_s: 4 });
    for (let i = 0; i < 9; i++) press("ArrowRight");
    press("]");
    expect(on().shared["region"]).toEqual({ start_s: 0.08, end_s: expect.closeTo(0.8, 6) });
    press("f");
    frame();
    expect(seen()).toBe("0:00.0 to 0:00.8");
    press("0");
    press("l");
    expect(on().shared["loop"]).toBe(true);
    press("x");
    expect(on().shared["sound"]).toBe("input:audio");
    expect(button("Input", part("sounds")).getAttribute("aria-pressed")).toBe("true");
    expect(press("Escape")).toBe(false);
    expect(on().shared["region"]).toBeNull();
    expect(press("Escape"), "with nothing to clear it is the notebook's").toBe(true);
    press("ArrowLeft");
    expect(part("time").textContent).toBe("0:00.7 / 0:04.0");
    expect(press("l", { ctrlKey: true }), "with Ctrl, too").toBe(true);
  });

  it("zooms around the playhead where it is seen", () => {
    drag(3.2, 3.2);
    press("+");
    frame();
    expect(seen()).toBe("0:01.6 to 0:03.6");
    fireEvent.click(button("Zoom out"));
    frame();
    expect(seen()).toBe("0:00.0 to 0:04.0");
  });

  it("scrolls by keys, and in its overview by hand and by keys", () => {
    for (let i = 0; i < 2; i++) press("+");
    press("ArrowRight", { shiftKey: true });
    frame();
    expect(seen()).toBe("0:01.7 to 0:02.7");
    press("ArrowLeft", { shiftKey: true });
    frame();
    expect(seen()).toBe("0:01.5 to 0:02.5");
    fireEvent.pointerDown(part("overview"), at(3));
    frame();
    expect(seen()).toBe("0:02.5 to 0:03.5");
    for (const [key, span] of [["ArrowLeft", "0:02.3 to 0:03.3"], ["ArrowRight", "0:02.5 to 0:03.5"], ["End", "0:03.0 to 0:04.0"], ["Home", "0:00.0 to 0:01.0"]] as const) {
      fireEvent.keyDown(part("overview"), { key });
      frame();
      expect(seen(), key).toBe(span);
    }
  });

  it("clicks on beats, louder on downbeats, by a key or by its list, which offers no downbeats alone", async () => {
    const choice = list("clicks");
    expect([...choice.options].map(({ text }) => text)).toEqual(["no clicks", "click on onsets", "click on beats"]);
    press("c");
    expect(choice.value).toBe("beats");
    press(" ");
    on().tell({ kind: "sound", name: "audio", note: "", duration_s: 4 }, [new DataView(new ArrayBuffer(4))]);
    await new Promise((done) => setTimeout(done));
    const clicks = () => audio().started.filter(({ kind, stopped }) => kind === "click" && !stopped).map(({ hertz }) => hertz);
    expect(clicks()).toEqual([1000, 1600]);
    fireEvent.change(choice, { target: { value: "onsets" } });
    expect(clicks()).toEqual([1000]);
    fireEvent.change(choice, { target: { value: "" } });
    expect(clicks()).toEqual([]);
  });

  it("draws all lanes over the same time, wherever one looks", () => {
    on().put("region", { start_s: 1, end_s: 3 });
    press("f");
    forget();
    frame();
    answer();
    forget();
    frame();
    expect(seen()).toBe("0:00.9 to 0:03.1");
    const x = (timeS: number): number => (1000 * (timeS - 0.9)) / 2.2;
    for (const label of ["Output", "Input"]) {
      expect(drawn("lineTo", label).map(({ at: [left] }) => left), label).toEqual([1, 1.5, 2, 1].map((timeS) => Math.round(x(timeS)) + 0.5));
    }
    const parts = drawn("fillText", "Parts").map(({ at: [text, left] }) => [text, left]);
    expect(parts).toEqual([["verse", 4], ["chorus", expect.closeTo(x(2) + 5, 6)]]);
    const images = drawn("drawImage", "Mel").map(({ at: [, , , , , left, , wide] }) => [left!, left! + wide!]);
    expect([Math.min(...images.flat()), Math.max(...images.flat())]).toEqual([0, 1000]);
    const curve = [...drawn("moveTo", "Centroid"), ...drawn("lineTo", "Centroid")].map(({ at: [left] }) => left!);
    expect(curve.every((left) => left >= -10 && left <= 1010)).toBe(true);
    expect(curve.length).toBeGreaterThan(1);
  });

  it("hides and shows its lanes, each in its place, and asks for nothing that is hidden", () => {
    const titles = (): (string | null)[] => [...view().querySelectorAll(".sch-lane-title")].map((one) => one.textContent);
    const before = titles();
    fireEvent.click(button("Mel", part("chips")));
    expect(titles()).toEqual(before.filter((title) => title !== "Mel (dB)"));
    forget();
    for (let i = 0; i < 4; i++) {
      press("+");
      frame();
      answer();
    }
    expect(told()).toContain("centroid");
    expect(told()).not.toContain("mel");
    fireEvent.click(button("Mel", part("chips")));
    expect(titles()).toEqual(before);
  });

  it("hides marks", () => {
    const lines = (): number => drawn("lineTo").length;
    fireEvent.click(button("Centroid", part("chips")));
    frame();
    forget();
    fireEvent.click(button("Beats 4"));
    frame();
    const without = lines();
    forget();
    fireEvent.click(button("Beats 4"));
    frame();
    expect(lines() - without, "four beats over two sounds").toBe(8);
  });

  it("draws each side of a comparison with its own marks", () => {
    const marks = [{ ...PLAN.marks[1]!, name: "0:beats" }, { ...PLAN.marks[1]!, name: "1:beats", count: 1 }];
    TIMES["0:beats"] = [0.5, 1, 1.5, 2];
    TIMES["1:beats"] = [3];
    const sounds = PLAN.sounds.map((one, side) => ({ ...one, name: `${side}:audio` }));
    show({ ...STATE, sound: "0:audio", plan: { ...PLAN, sounds, marks, tracks: [], segments: [], compared: ["A", "B"] } });
    forget();
    press("+");
    press("0");
    frame();
    expect(drawn("lineTo")).toHaveLength(5);
  });

  it("draws once for a frame, however much happens", () => {
    frame();
    forget();
    press("+");
    frame();
    const once = drawn("fillRect").length;
    expect(once).toBeGreaterThan(0);
    forget();
    for (let i = 0; i < 10; i++) {
      press("-");
      press("+");
    }
    frame();
    frame();
    expect(drawn("fillRect")).toHaveLength(once);
  });

  it("takes another theme's colours at once", async () => {
    view().style.setProperty("--sch-wave", "tomato");
    document.body.dataset["jpThemeLight"] = "false";
    await Promise.resolve();
    forget();
    frame();
    expect(drawn("fillRect").some(({ style }) => style === "tomato")).toBe(true);
  });

  it("saves the file that it asked for, and says what is wrong with one", () => {
    const saved: string[] = [];
    URL.createObjectURL = () => "blob:file";
    URL.revokeObjectURL = () => {};
    vi.spyOn(HTMLAnchorElement.prototype, "click").mockImplementation(function (this: HTMLAnchorElement) {
      saved.push(this.download);
    });
    vi.useFakeTimers();
    const file = { kind: "export", format: "csv", filename: "thing.csv", problem: "" };
    on().tell(file, [new DataView(new ArrayBuffer(4))]);
    expect(saved, "another view asked for that").toEqual([]);
    fireEvent.click(button("save as CSV"));
    expect(on().sent).toContainEqual({ kind: "export", format: "csv" });
    on().tell(file, [new DataView(new ArrayBuffer(4))]);
    expect(saved).toEqual(["thing.csv"]);
    expect(part("notice").textContent).toBe("saved as thing.csv");
    fireEvent.click(button("save as PNG"));
    on().tell({ ...file, format: "png", problem: "there is nothing to draw" }, [new DataView(new ArrayBuffer(0))]);
    expect(part("notice").textContent).toBe("there is nothing to draw");
    expect(saved).toHaveLength(1);
  });

  it("says when Python doesn't answer, and goes on with what it has", () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "setTimeout", "clearTimeout", "Date"] });
    show(STATE);
    press("+");
    frame();
    vi.advanceTimersByTime(8000);
    expect(part("notice").textContent).toContain("Python is busy or gone");
    answer();
    expect(part("notice").textContent).toBe("");
  });

  it("colours all images alike, by the map and the range that are chosen", () => {
    expect([...list("colours").options].map(({ text }) => text)).toEqual(["magma", "viridis", "cividis", "grey"]);
    expect(part("levels").textContent).toBe("−80 to 0 dB");
    const [floor, ceiling] = view().querySelectorAll<HTMLInputElement>("input[type=range]");
    fireEvent.input(floor!, { target: { value: "-30" } });
    expect(part("levels").textContent).toBe("−30 to 0 dB");
    fireEvent.input(ceiling!, { target: { value: "-50" } });
    expect(part("levels").textContent, "the range never turns").toBe("−55 to −50 dB");
    fireEvent.input(floor!, { target: { value: "-10" } });
    expect(part("levels").textContent).toBe("−10 to −5 dB");
    expect([floor!.value, ceiling!.value]).toEqual(["-10", "-5"]);
  });
});

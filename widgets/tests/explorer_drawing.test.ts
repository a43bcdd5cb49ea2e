// What the explorer draws, and what it says beside that.
import { fireEvent } from "@testing-library/dom";
import { describe, expect, it } from "vitest";

import { READY } from "../src/statics.ts";
import { Coloring } from "../src/analysis/coloring.ts";
import { tableOf } from "../src/analysis/colormap.ts";
import { PLAN, STATE, TIMES, inExplorer } from "./explorer_page.ts";

const floats = (...values: number[]): DataView[] => [new DataView(Float32Array.from(values).buffer)];
const whole = (name: string, columns: number, rows = 2) => ({ kind: "tile", name, start_s: 0, end_s: 4, columns, rows, rough: false });

describe("the explorer draws", () => {
  const { show, answer, view, part, canvas, at, press, drag, frame, close, on, audio, drawn, forget } = inExplorer();
  const only = (plan: object) => ({ ...STATE, plan: { ...PLAN, sounds: [], marks: [], segments: [], tracks: [], ...plan } });

  it("a ruler, and a frame around what is seen in the overview, which has the selection, too", () => {
    const ticks = (): string | null => part("ruler").textContent;
    const before = ticks();
    expect(before).toContain("0:04");
    on().put("region", { start_s: 1, end_s: 2 });
    forget();
    press("+");
    frame();
    expect(ticks()).not.toBe(before);
    expect(ticks()).not.toContain("0:04");
    expect([part("seen").style.left, part("seen").style.width]).toEqual(["25%", "50%"]);
    expect(drawn("fillRect").filter(({ of, at: [left, , wide] }) => of === "" && left === 250 && wide === 250)).toHaveLength(1);
  });

  it("and says when there is something to see, so that the still picture goes", () => {
    let ready = 0;
    on().el.addEventListener(READY, () => ready++);
    press("+");
    frame();
    expect(ready).toBe(0);
    answer();
    expect(ready).toBeGreaterThan(0);
    show(only({ segments: PLAN.segments }));
    ready = 0;
    on().el.addEventListener(READY, () => ready++);
    press("+");
    frame();
    expect(ready, "also where no tile will ever come").toBe(1);
  });

  it("nothing and plays nothing when it is closed", async () => {
    press(" ");
    expect(part("sound-note").textContent).toBe("loading the sound");
    on().tell({ kind: "sound", name: "audio", note: "the first minute", duration_s: 4 }, [new DataView(new ArrayBuffer(4))]);
    await new Promise((done) => setTimeout(done));
    expect(part("sound-note").textContent).toBe("the first minute");
    press("+");
    close();
    forget();
    frame();
    expect(drawn("fillRect")).toEqual([]);
    expect(audio().started.map(({ stopped }) => stopped)).toEqual([true]);
    expect(on().el.children).toHaveLength(0);
  });

  it("each channel in its half, the left one above", () => {
    show(only({ sounds: [{ ...PLAN.sounds[0]!, channels: 2, peak: 1 }] }));
    on().tell(whole("audio", 1, 4), floats(-0.5, 1, -1, 0.5));
    forget();
    frame();
    const bars = drawn("fillRect", "Output").filter(({ at: [, , , high] }) => high! > 1);
    expect(bars.map(({ at: [, top, , high] }) => [top, top! + high!])).toEqual([[1.5, 36.75], [63.25, 98.5]]);
  });

  it("the quieter of the compared lower, and each by itself as high as it is wide", () => {
    const sounds = PLAN.sounds.map((one, side) => ({ ...one, name: `${side}:audio`, peak: side === 0 ? 1 : 0.5 }));
    const heights = (compared: string[]): number[] => {
      show(only({ sounds, compared }));
      on().tell(whole("0:audio", 1), floats(-1, 1));
      on().tell(whole("1:audio", 1), floats(-0.5, 0.5));
      forget();
      frame();
      return ["Output", "Input"].map((label) => Math.max(...drawn("fillRect", label).map(({ at: [, , , high] }) => high!)));
    };
    expect(heights(["A", "B"])).toEqual([94, 47]);
    expect(heights([])).toEqual([94, 94]);
  });

  it("a curve with a gap where there is no value, and says so where there is none at all", () => {
    show(only({ tracks: [PLAN.tracks[1]!] }));
    on().tell(whole("centroid", 4), floats(1, Number.NaN, 1, 1, 1, Number.NaN, 1, 1));
    forget();
    frame();
    expect(drawn("moveTo", "Centroid").map(({ at: [left] }) => left)).toEqual([125, 625]);
    expect(drawn("lineTo", "Centroid").map(({ at: [left] }) => left)).toEqual([875]);
    on().tell(whole("centroid", 1), floats(Number.NaN, Number.NaN));
    forget();
    frame();
    expect(drawn("fillText", "Centroid").map(({ at: [text] }) => text)).toEqual(["no value here: all are missing (NaN)"]);
  });

  it("marks that stand close along the edge, so that the sound is seen", () => {
    const reach = (count: number): number => {
      TIMES["many"] = Array.from({ length: count }, (_, i) => (4 * i) / count);
      show(only({ sounds: [PLAN.sounds[0]!], marks: [{ ...PLAN.marks[0]!, name: "many", count }] }));
      forget();
      press("0");
      frame();
      return Math.max(...drawn("lineTo").map(({ at: [, low] }) => low!));
    };
    expect(reach(10)).toBe(88);
    expect(reach(300)).toBe(22);
  });

  it("of a part's name as much as there is room for", () => {
    show(only({ segments: PLAN.segments }));
    on().tell({ kind: "segments", name: "parts", labels: ["x".repeat(500), "chorus"] }, [new DataView(Float64Array.from([0, 3.99, 3.99, 4]).buffer)]);
    forget();
    frame();
    const [text, ...others] = drawn("fillText", "Parts").map(({ at: [label] }) => String(label));
    expect(text).toMatch(/^x{100,165}…$/);
    expect(others).toEqual([]);
  });

  it("the loudest of a sound in the brightest colour, however loud that is, and the rest as the hand wants it", () => {
    const data = new DataView(Uint8Array.from([0, 127, 255]).buffer);
    let changes = 0;
    const coloring = new Coloring(() => ({ startS: 0, endS: 1, columns: 3, rows: 1, data }), () => changes++);
    const track = { ...PLAN.tracks[0]!, low: -120, high: 7 };
    const table = coloring.tableFor(track);
    expect(table[127]).toBe(tableOf("magma")[254]);
    expect(table[126]).not.toBe(table[127]);
    expect(coloring.tableFor(track), "and makes it once").toBe(table);
    const controls = coloring.controls(true);
    fireEvent.change(controls.querySelector("select")!, { target: { value: "grey" } });
    expect(coloring.tableFor(track)[127]).toBe(tableOf("grey")[254]);
    fireEvent.input(controls.querySelector("input")!, { target: { value: "-30" } });
    const [black, first, next] = [tableOf("grey")[0], ...coloring.tableFor(track).subarray(67, 69)];
    expect(first, "two steps for each of 30 dB").toBe(black);
    expect(next).not.toBe(black);
    expect(changes).toBe(2);
  });

  it("what differs, what has no picture, and all of it in words", () => {
    show(only({
      sounds: PLAN.sounds, marks: PLAN.marks, compared: ["A", "B"],
      differences: [{ label: "Tempo", unit: "BPM", texts: ["120", "90"], difference: "−30" }, { label: "Key", unit: "", texts: ["A", "A"], difference: "same" }],
      rows: [{ name: "key", label: "Key", text: "A minor", unit: "of 24", tooltip: "" }],
    }));
    const cells = (of: string): string[][] => [...view().querySelectorAll(`${of} tr`)].map((row) => [...row.children].map((cell) => cell.textContent!));
    expect(cells(".sch-differences")).toEqual([["", "A", "B", "difference"], ["Tempo (BPM)", "120", "90", "−30"], ["Key", "A", "A", "same"]]);
    expect(cells(".sch-rows")).toEqual([["Key", "A minor, of 24", "key"]]);
    const words = cells("table.sch-hidden").map((row) => row.join(": "));
    expect(words).toContain("Output: sound of 4 s at 8000 Hz, peak 0.5");
    expect(words).toContain("Beats: 4 instants");
  });

  it("nothing under a pointer that is beside the axis", () => {
    fireEvent.pointerMove(canvas("Output"), at(1));
    expect(part("readout").textContent).not.toBe("");
    fireEvent.pointerMove(canvas("Output"), at(4.2));
    expect(part("readout").textContent).toBe("");
  });

  it("what a hand does at an edge of the selection, and on the ruler", () => {
    drag(1, 3);
    drag(3.01, 3.5);
    expect(on().shared["region"]).toEqual({ start_s: 1, end_s: 3.5 });
    press("+");
    frame();
    const before = part("overview").getAttribute("aria-valuetext");
    fireEvent.pointerDown(part("ruler"), at(2));
    fireEvent.pointerMove(part("ruler"), at(1));
    fireEvent.pointerUp(part("ruler"), at(1));
    frame();
    expect(part("overview").getAttribute("aria-valuetext")).not.toBe(before);
    expect(on().shared["region"]).toEqual({ start_s: 1, end_s: 3.5 });
  });

  it("clicks of the side that plays, where two are compared", () => {
    const marks = [0, 1].map((side) => ({ ...PLAN.marks[1]!, name: `${side}:beats`, label: `Beats of ${side}` }));
    TIMES["0:beats"] = TIMES["1:beats"] = [1];
    const sounds = PLAN.sounds.map((one, side) => ({ ...one, name: `${side}:audio` }));
    show({ ...only({ sounds, marks, compared: ["A", "B"] }), sound: "1:audio" });
    press("c");
    expect(view().querySelector<HTMLSelectElement>("select[aria-label=clicks]")!.value).toBe("1:beats");
  });
});

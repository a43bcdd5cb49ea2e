// The explorer in jsdom: a page of 1000 pixels over four seconds, a kernel that answers when it is told to, a canvas that
// remembers what was drawn.
import { fireEvent } from "@testing-library/dom";
import { afterEach, beforeEach, vi } from "vitest";

import explorer from "../src/analysis/index.ts";
import { type Audio, fakeAudio, fakeFrames } from "./audio.ts";
import { type Page, page } from "./contract.ts";
import { ANALYSIS } from "./states.ts";

const lane = { label: "x", tooltip: "" };
const sound = ANALYSIS.plan.sounds[0]!;
export const PLAN = {
  ...ANALYSIS.plan,
  sounds: [{ ...sound, name: "audio", label: "Output" }, { ...sound, name: "input:audio", label: "Input" }],
  marks: [
    { ...lane, name: "onsets", label: "Onsets", count: 1, role: "" as const },
    { ...lane, name: "beats", label: "Beats", count: 4, role: "beat" as const },
    { ...lane, name: "downbeats", label: "Downbeats", count: 1, role: "downbeat" as const },
  ],
  segments: [{ ...lane, name: "parts", label: "Parts", count: 2 }],
  tracks: [
    { ...ANALYSIS.plan.tracks[0]!, label: "Mel", rows: 4, bins: [110, 220, 440, 880], bins_unit: "Hz", low: -80, high: 0 },
    { ...ANALYSIS.plan.tracks[1]!, label: "Centroid", low: 0, high: 900 },
  ],
};
export const STATE = { ...ANALYSIS, plan: PLAN, region: null, sound: "audio" };
/** Of marks, by their names. */
export const TIMES: Record<string, number[]> = { onsets: [0.25], beats: [0.5, 1, 1.5, 2], downbeats: [1] };

export interface Drawn {
  what: string;
  /** The label of the lane's canvas. */
  of: string;
  style: unknown;
  at: number[];
}

/** Drawn anew for each test of a block, with what a test does there. */
export function inExplorer() {
  let on: Page;
  let audio: Audio;
  let frame: () => void;
  let close: () => void;
  /** The names of all that was answered. */
  let told: string[];
  let drawn: Drawn[];

  beforeEach(() => {
    audio = fakeAudio();
    frame = fakeFrames();
    drawn = [];
    told = [];
    const box = { left: 0, top: 0, right: 1000, bottom: 100, width: 1000, height: 100, x: 0, y: 0 } as DOMRect;
    vi.spyOn(Element.prototype, "getBoundingClientRect").mockReturnValue(box);
    for (const [name, size] of [["clientWidth", 1000], ["clientHeight", 100]] as const) vi.spyOn(Element.prototype, name, "get").mockReturnValue(size);
    HTMLElement.prototype.setPointerCapture = () => {};
    // Images of tiles are painted on canvases that aren't on the page, and have no label.
    HTMLCanvasElement.prototype.getContext = function (this: HTMLCanvasElement) {
      return pens.get(this) ?? pens.set(this, penOf(this.getAttribute("aria-label") ?? "")).get(this);
    } as never;
    vi.stubGlobal("ImageData", class {});
    show(STATE);
  });
  afterEach(() => {
    close();
    document.body.innerHTML = "";
    vi.useRealTimers();
    vi.restoreAllMocks();
    vi.unstubAllGlobals();
  });

  const pens = new WeakMap<HTMLCanvasElement, object>();

  function penOf(of: string): object {
    const pen = { fillStyle: "", strokeStyle: "", measureText: (text: string) => ({ width: 6 * text.length }) } as Record<string, unknown>;
    for (const name of ["setTransform", "clearRect", "beginPath", "stroke", "setLineDash", "putImageData"]) pen[name] = () => {};
    for (const what of ["fillRect", "moveTo", "lineTo", "fillText", "drawImage"]) {
      pen[what] = (...at: number[]) => void drawn.push({ what, of, style: /fill/.test(what) ? pen["fillStyle"] : pen["strokeStyle"], at });
    }
    return pen;
  }

  function show(state: object): void {
    close?.();
    document.body.innerHTML = "";
    on = page("analysis", state);
    close = (explorer.render as unknown as (props: unknown) => () => void)(on.props);
    frame();
    answer();
    frame();
  }

  /** All that was asked for so far, as Python would. */
  function answer(): void {
    for (let asked = on.sent.splice(0); asked.length > 0; asked = on.sent.splice(0)) {
      for (const message of asked as { kind: string; name: string; start_s: number; end_s: number }[]) {
        const { kind, name } = message;
        told.push(name);
        if (kind === "marks") on.tell({ kind, name }, [new DataView(Float64Array.from(TIMES[name]!).buffer)]);
        if (kind === "segments") on.tell({ kind, name, labels: ["verse", "chorus"] }, [new DataView(Float64Array.from([0, 2, 2, 4]).buffer)]);
        if (kind !== "tile") continue;
        const { start_s, end_s } = message;
        const head = { kind, name, start_s, end_s, rough: false };
        if (name === "mel") on.tell({ ...head, columns: 2, rows: 4 }, [new DataView(Uint8Array.from([0, 0, 0, 0, 254, 127, 0, 0]).buffer)]);
        else on.tell({ ...head, columns: 2, rows: 2 }, [new DataView(Float32Array.from(name === "centroid" ? [440, 440, 440, 440] : [-0.5, -0.1, 0.25, 0.1]).buffer)]);
      }
    }
  }

  const view = (): HTMLElement => on.el.querySelector(".sch-analysis")!;
  const part = (name: string): HTMLElement => view().querySelector<HTMLElement>(`.sch-${name}`)!;
  const canvas = (label: string): Element => view().querySelector(`.sch-lane canvas[aria-label^="${label}"]`)!;
  const at = (timeS: number, clientY = 50) => ({ clientX: 250 * timeS, clientY, button: 0, pointerId: 1 });
  const seen = (): string => part("overview").getAttribute("aria-valuetext")!;
  const press = (key: string, more = {}): boolean => fireEvent.keyDown(part("stage"), { key, ...more });
  // By its words: to find it by its role, all styles of the page would be computed each time.
  const button = (name: string, of: ParentNode = view()): HTMLElement =>
    [...of.querySelectorAll("button")].find((one) => (one.getAttribute("aria-label") ?? one.textContent)!.startsWith(name))!;
  const list = (name: string): HTMLSelectElement => view().querySelector(`select[aria-label="${name}"]`)!;
  const drag = (fromS: number, toS: number): void => {
    fireEvent.pointerDown(canvas("Output"), at(fromS));
    fireEvent.pointerMove(canvas("Output"), at(toS));
    fireEvent.pointerUp(canvas("Output"), at(toS));
  };

  return {
    show, answer, view, part, canvas, at, seen, press, button, list, drag,
    frame: () => frame(),
    close: () => close(),
    on: () => on,
    audio: () => audio,
    /** What was drawn since the last time; of one lane, if it is named. */
    drawn: (what: string, of = ""): Drawn[] => drawn.filter((one) => one.what === what && one.of.startsWith(of)),
    told: () => told,
    forget: () => void ([drawn, told] = [[], []]),
  };
}

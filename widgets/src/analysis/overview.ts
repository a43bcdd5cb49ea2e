// The overview: all of the sound in a strip, with a frame around what is seen. The frame is drawn where one wants to look.
import { make } from "./elements.ts";
import type { Ink } from "./ink.ts";
import { band, prepare } from "./lane.ts";
import type { Looking } from "./looking.ts";
import type { PlanSound, Region } from "../contract/analysis.ts";
import { type Tile, floats } from "./tiles.ts";
import { writeTime } from "./time_axis.ts";

export class Overview {
  readonly element = make("div", "sch-overview");
  private readonly canvas = make("canvas", "");
  private readonly seen = make("div", "sch-seen");
  private drawn: unknown[] = [];

  constructor(private readonly looking: Looking, private readonly sound: PlanSound | undefined, signal: AbortSignal) {
    this.element.append(this.canvas, this.seen);
    this.element.tabIndex = 0;
    this.element.setAttribute("role", "slider");
    this.element.setAttribute("aria-label", "the part that is seen");
    this.element.setAttribute("aria-valuemin", "0");
    this.element.setAttribute("aria-valuemax", looking.durationS.toFixed(2));
    this.canvas.setAttribute("aria-hidden", "true");
    this.handle(signal);
  }

  draw(tile: Tile | undefined, region: Region | null, ink: Ink): void {
    const { looking } = this;
    const now = [tile, region?.start_s, region?.end_s, ink, this.canvas.clientWidth];
    if (now.some((value, index) => value !== this.drawn[index])) {
      this.drawn = now;
      this.paint(tile, region, ink);
    }
    const { startS, endS } = looking.span;
    this.seen.style.left = `${(startS / looking.durationS) * 100}%`;
    this.seen.style.width = `${((endS - startS) / looking.durationS) * 100}%`;
    this.element.setAttribute("aria-valuenow", startS.toFixed(2));
    this.element.setAttribute("aria-valuetext", `${writeTime(startS, 0.1)} to ${writeTime(endS, 0.1)}`);
  }

  private paint(tile: Tile | undefined, region: Region | null, ink: Ink): void {
    const span = { startS: 0, endS: this.looking.durationS };
    const pen = prepare(this.canvas, span);
    if (!pen) return;
    if (region) {
      pen.context.fillStyle = ink.parts[0]!;
      pen.context.fillRect(pen.x(region.start_s), 0, Math.max(1, pen.x(region.end_s) - pen.x(region.start_s)), pen.height);
    }
    pen.context.fillStyle = ink.soft;
    pen.context.fillRect(0, pen.height / 2, pen.width, 1);
    if (!tile || !this.sound) return;
    const values = floats(tile.data);
    const scale = (0.45 * pen.height) / Math.max(this.sound.peak, 1e-4);
    band(pen, { tile, span }, values.subarray(0, tile.columns), values.subarray(tile.columns, 2 * tile.columns), (v) => pen.height / 2 - v * scale);
  }

  private handle(signal: AbortSignal): void {
    const { looking, element } = this;
    let held = false;
    const centre = (event: PointerEvent): void => {
      const box = element.getBoundingClientRect();
      const timeS = ((event.clientX - box.left) / Math.max(1, box.width)) * looking.durationS;
      looking.panBy(timeS - (looking.span.startS + looking.span.endS) / 2);
    };
    element.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      held = true;
      element.setPointerCapture(event.pointerId);
      centre(event);
    }, { signal });
    element.addEventListener("pointermove", (event) => held && centre(event), { signal });
    for (const name of ["pointerup", "pointercancel"]) element.addEventListener(name, () => (held = false), { signal });
    element.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === "ArrowLeft" || event.key === "ArrowDown") looking.panBy(-looking.length / 5);
      else if (event.key === "ArrowRight" || event.key === "ArrowUp") looking.panBy(looking.length / 5);
      else if (event.key === "Home") looking.panBy(-looking.durationS);
      else if (event.key === "End") looking.panBy(looking.durationS);
      else return;
      event.preventDefault();
      event.stopPropagation();
    }, { signal });
  }
}

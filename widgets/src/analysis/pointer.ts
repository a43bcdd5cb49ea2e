// The pointer over the lanes: a drag selects, with Shift or on the ruler it moves the axis, a click puts the playhead there.
import type { Looking } from "./looking.ts";
import type { Region } from "../contract/analysis.ts";
import { dragged, edgeNear } from "./selecting.ts";
import { type Span, pan, zoom } from "./time_axis.ts";

const CLICK_PX = 4;

export interface Hand {
  region(): Region | null;
  /** Shown while the hand moves; `done` when it lets go. */
  select(region: Region | null, done: boolean): void;
  seek(timeS: number): void;
  hover(part: number | null, event: PointerEvent | null): void;
}

type Drag = { x: number; moved: boolean } & ({ kind: "pan"; span: Span } | { kind: "select"; fixedS: number; before: Region | null });

export function followPointer(box: HTMLElement, ruler: HTMLElement, looking: Looking, hand: Hand, signal: AbortSignal): void {
  let drag: Drag | undefined;
  const part = (event: MouseEvent): number => {
    const axis = ruler.getBoundingClientRect();
    return (event.clientX - axis.left) / Math.max(1, axis.width);
  };
  const exact = (event: MouseEvent): number => looking.span.startS + part(event) * looking.length;
  const perPxS = (): number => looking.length / Math.max(1, ruler.clientWidth);

  box.addEventListener("wheel", (event) => {
    if (event.ctrlKey || event.metaKey) {
      event.preventDefault();
      looking.look(zoom(looking.span, looking.durationS, Math.exp(event.deltaY * 0.004), looking.timeAt(part(event))));
    } else if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      event.preventDefault();
      looking.look(pan(looking.span, looking.durationS, (event.deltaX || event.deltaY) * perPxS()));
    }
  }, { passive: false, signal });

  box.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || part(event) < 0) return;
    const timeS = looking.timeAt(part(event));
    const before = hand.region();
    const common = { x: event.clientX, moved: false };
    if (event.shiftKey || ruler.contains(event.target as Node)) drag = { ...common, kind: "pan", span: looking.span };
    else {
      const edge = edgeNear(before, timeS, perPxS());
      const fixedS = edge === "start" ? before!.end_s : edge === "end" ? before!.start_s : timeS;
      drag = { ...common, kind: "select", fixedS, before };
    }
    box.setPointerCapture(event.pointerId);
  }, { signal });

  box.addEventListener("pointermove", (event) => {
    if (!drag) {
      const region = hand.region();
      box.style.cursor = region && edgeNear(region, exact(event), perPxS()) ? "ew-resize" : "";
      return hand.hover(part(event), event);
    }
    drag.moved ||= Math.abs(event.clientX - drag.x) > CLICK_PX;
    if (!drag.moved) return;
    if (drag.kind === "pan") looking.look(pan(drag.span, looking.durationS, (drag.x - event.clientX) * perPxS()));
    else hand.select(dragged(drag.fixedS, looking.timeAt(part(event)), looking.durationS), false);
  }, { signal });

  box.addEventListener("pointerup", (event) => {
    const ended = drag;
    drag = undefined;
    if (!ended) return;
    const timeS = looking.timeAt(part(event));
    if (ended.moved) {
      if (ended.kind === "select") hand.select(dragged(ended.fixedS, timeS, looking.durationS), true);
      return;
    }
    const region = hand.region();
    if (region && (timeS < region.start_s || timeS > region.end_s) && ended.kind === "select") hand.select(null, true);
    hand.seek(timeS);
  }, { signal });

  box.addEventListener("pointercancel", () => {
    if (drag?.kind === "select") hand.select(drag.before, true);
    drag = undefined;
  }, { signal });
  box.addEventListener("pointerleave", () => hand.hover(null, null), { signal });
}

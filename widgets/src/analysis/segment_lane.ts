// The lane of parts: sections, chords, notes, each with its name. A label that has no room is cut; the read-out has it whole.
import { type Lane, frame, prepare } from "./lane.ts";
import { doubles } from "./marks.ts";
import type { PlanSegments } from "../contract/analysis.ts";
import type { Wire } from "./wire.ts";
import { short } from "./words.ts";

const PART_HEIGHT = 30;

/** @returns the lane, and the undo of its listening */
export function segmentLane(plan: PlanSegments, wire: Wire, then: () => void): { lane: Lane; close: () => void } {
  const { element, canvas } = frame(plan.label, "", PART_HEIGHT);
  element.title = plan.tooltip;
  let starts = new Float64Array();
  let ends = new Float64Array();
  let labels: string[] = [];
  const close = wire.on((content, buffers) => {
    if (content["kind"] !== "segments" || content["name"] !== plan.name || !buffers[0]) return;
    const times = doubles(buffers[0]);
    starts = times.slice(0, times.length / 2);
    ends = times.slice(times.length / 2);
    labels = Array.isArray(content["labels"]) ? content["labels"].map(String) : [];
    canvas.setAttribute("aria-label", `${plan.label}: ${labels.slice(0, 40).map((label, i) => `${label} at ${short(starts[i]!)} s`).join(", ")}`);
    then();
  });
  wire.send({ kind: "segments", name: plan.name });
  const lane: Lane = {
    name: plan.name,
    element,
    canvas,
    tiled: false,
    draw(_pieces, span, ink) {
      const pen = prepare(canvas, span);
      if (!pen) return;
      const { context, width, height } = pen;
      context.font = "12px system-ui, sans-serif";
      context.textBaseline = "middle";
      for (let index = 0; index < starts.length; index++) {
        if (ends[index]! < span.startS || starts[index]! > span.endS) continue;
        const left = Math.max(-1, pen.x(starts[index]!));
        const wide = Math.max(1, Math.min(width + 1, pen.x(ends[index]!)) - left);
        context.fillStyle = ink.parts[index % ink.parts.length]!;
        context.fillRect(left, 0, wide, height);
        if (wide > 3) {
          context.fillStyle = ink.line;
          context.fillRect(left, 0, 1, height);
        }
        const text = fitting(context, labels[index] ?? "", wide - 10);
        if (!text) continue;
        context.fillStyle = ink.ink;
        context.fillText(text, left + 5, height / 2);
      }
    },
    read(timeS) {
      const index = partAt(starts, ends, timeS);
      if (index < 0) return "";
      return `${labels[index] || "part"} (${short(starts[index]!)} to ${short(ends[index]!)} s)`;
    },
  };
  return { lane, close };
}

/** The last part that holds a time, or −1. */
export function partAt(starts: Float64Array, ends: Float64Array, timeS: number): number {
  for (let index = starts.length - 1; index >= 0; index--) {
    if (starts[index]! <= timeS && timeS < ends[index]!) return index;
  }
  return -1;
}

function fitting(context: CanvasRenderingContext2D, label: string, wide: number): string {
  if (wide < 8 || !label) return "";
  let text = label;
  while (text.length > 1 && context.measureText(text).width > wide) text = `${text.slice(0, Math.floor(text.length * 0.8) - 1)}…`;
  return context.measureText(text).width <= wide ? text : "";
}

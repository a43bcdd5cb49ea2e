// Marks: instants, as lines across the lanes of the sound they belong to. Their times are asked for by name, as are parts.
import type { Ink } from "./ink.ts";
import type { Pen } from "./lane.ts";
import type { PlanMarks } from "../contract/analysis.ts";
import { sideOf } from "./sides.ts";
import type { Span } from "./time_axis.ts";
import type { Wire } from "./wire.ts";
import { countUpTo } from "./words.ts";

export interface MarkLine {
  plan: PlanMarks;
  times: Float64Array;
  color: number;
  on: boolean;
}

/** Ask for marks; `then` is called as they come. @returns the undo */
export function askForMarks(wire: Wire, marks: MarkLine[], then: () => void): () => void {
  const off = wire.on((content, buffers) => {
    const mark = marks.find(({ plan }) => content["kind"] === "marks" && plan.name === content["name"]);
    if (!mark || !buffers[0]) return;
    mark.times = doubles(buffers[0]);
    then();
  });
  for (const { plan } of marks) wire.send({ kind: "marks", name: plan.name });
  return off;
}

export function doubles(data: DataView): Float64Array {
  return Float64Array.from({ length: data.byteLength >> 3 }, (_, i) => data.getFloat64(8 * i, true));
}

/** The marks by which bars and beats are counted, of one side of a comparison. */
export function beatsOf(marks: MarkLine[], side: string): { beats: Float64Array; downbeats: Float64Array } {
  const of = (role: string): Float64Array =>
    marks.find(({ plan }) => plan.role === role && sideOf(plan.name) === side)?.times ?? new Float64Array();
  return { beats: of("beat"), downbeats: of("downbeat") };
}

export function drawMarks(pen: Pen, marks: MarkLine[], span: Span, ink: Ink): void {
  const { context, height } = pen;
  for (const mark of marks) {
    if (!mark.on) continue;
    const first = countUpTo(mark.times, span.startS - 1e-9);
    const last = countUpTo(mark.times, span.endS);
    context.strokeStyle = ink.marks[mark.color % ink.marks.length]!;
    context.lineWidth = mark.color === 0 ? 1 : 1.5;
    context.setLineDash(mark.color === 0 ? [] : [4, 3]);
    // Where they would stand side by side they leave the middle to the sound.
    const crowded = last - first > pen.width / 6;
    const inset = mark.color === 0 ? height * 0.12 : 0;
    const reach = crowded ? height * 0.1 : height - 2 * inset;
    let before = -1;
    context.beginPath();
    for (let index = first; index < last; index++) {
      const x = Math.round(pen.x(mark.times[index]!)) + 0.5;
      if (x === before) continue;
      before = x;
      context.moveTo(x, inset);
      context.lineTo(x, inset + reach);
    }
    context.stroke();
    context.setLineDash([]);
  }
}

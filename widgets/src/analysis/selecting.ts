// Selecting: what a drag makes of a selection.
import type { Region } from "../contract/analysis.ts";

export const EDGE_PX = 6;

/** The shortest selection: what is shorter was no drag. */
const SHORTEST_S = 1e-4;

/** The edge that a hand takes hold of, if it is near one. */
export function edgeNear(region: Region | null, timeS: number, perPxS: number): "start" | "end" | null {
  if (!region) return null;
  const [toStart, toEnd] = [Math.abs(timeS - region.start_s), Math.abs(timeS - region.end_s)];
  if (Math.min(toStart, toEnd) > EDGE_PX * perPxS) return null;
  return toStart < toEnd ? "start" : "end";
}

/** The selection between a place that stays and one that moves, either way round; within the sound. */
export function dragged(fixedS: number, movingS: number, durationS: number): Region | null {
  const within = (timeS: number): number => Math.min(durationS, Math.max(0, timeS));
  const [start_s, end_s] = [within(Math.min(fixedS, movingS)), within(Math.max(fixedS, movingS))];
  return end_s - start_s >= SHORTEST_S ? { start_s, end_s } : null;
}

/** One end set to a time, as by a key: what would be reversed begins or ends with all there is. */
export function withEnd(region: Region | null, end: "start" | "end", timeS: number, durationS: number): Region | null {
  if (end === "start") return dragged(timeS, region && region.end_s > timeS ? region.end_s : durationS, durationS);
  return dragged(region && region.start_s < timeS ? region.start_s : 0, timeS, durationS);
}

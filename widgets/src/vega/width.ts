// How wide a drawing is: as wide as there is room, unless its author wants it narrower. What consists of several drawings is
// drawn as it is, and seen smaller.
import { isRecord } from "../flow/document.ts";

const SEVERAL = ["concat", "hconcat", "vconcat", "repeat", "facet"];
const APART = ["facet", "row", "column"];
const MIN_HEIGHT_PX = 60;

export function fitted(spec: Record<string, unknown>, width_px: number): Record<string, unknown> {
  const { encoding, width, height } = spec;
  if (SEVERAL.some((key) => key in spec) || (isRecord(encoding) && APART.some((key) => key in encoding))) return spec;
  if (isRecord(width) || (typeof width === "number" && width <= width_px)) return spec; // a record is a step for each bar
  const made: Record<string, unknown> = { ...spec, width: width_px, autosize: { type: "fit-x", contains: "padding" } };
  if (height === "container") delete made["height"];
  else if (typeof width === "number" && typeof height === "number") made["height"] = Math.max(Math.min(height, MIN_HEIGHT_PX), Math.round((height * width_px) / width));
  return made;
}

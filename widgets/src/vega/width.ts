// How wide a drawing is: as wide as there is room, unless its author wants it narrower. Of several drawings in one each is
// smaller; if they need more room all the same, the whole is seen smaller.
import { isRecord } from "../flow/document.ts";

const SEVERAL = ["concat", "hconcat", "vconcat", "repeat", "facet"];
const APART = ["facet", "row", "column"];
const MIN_HEIGHT_PX = 60;

const SIDE_PX = 200;
const SIDE_OF_ONE_PX = 120;
/** For the axis and the words beside a drawing. */
const BESIDE_PX = 80;

/** How large a drawing is of which its author says nothing. */
export function sides(spec: object, width_px: number): { continuousHeight: number; continuousWidth?: number } {
  if ("vconcat" in spec) return { continuousHeight: SIDE_OF_ONE_PX, continuousWidth: Math.max(SIDE_OF_ONE_PX, width_px - BESIDE_PX) };
  return isSeveral(spec) ? { continuousHeight: SIDE_OF_ONE_PX, continuousWidth: SIDE_OF_ONE_PX } : { continuousHeight: SIDE_PX };
}

function isSeveral(spec: object): boolean {
  const { encoding } = spec as Record<string, unknown>;
  return SEVERAL.some((key) => key in spec) || (isRecord(encoding) && APART.some((key) => key in encoding));
}

export function fitted(spec: Record<string, unknown>, width_px: number): Record<string, unknown> {
  const { width, height } = spec;
  if (isSeveral(spec) || isRecord(width) || (typeof width === "number" && width <= width_px)) return spec; // a record is a step for each bar
  const made: Record<string, unknown> = { ...spec, width: width_px, autosize: { type: "fit-x", contains: "padding" } };
  if (height === "container") delete made["height"];
  else if (typeof width === "number" && typeof height === "number") made["height"] = Math.max(Math.min(height, MIN_HEIGHT_PX), Math.round((height * width_px) / width));
  return made;
}

// A specification as a picture of pixels: however many marks it has, what the page gets is as large as it is seen.
import { viewOf } from "./view.ts";
import type { Ask } from "./words.ts";

/** A drawing of more pixels has fewer of them for each of its own. */
const MAX_PIXELS = 16e6;

export async function png(ask: Ask): Promise<{ png: ArrayBuffer; width_px: number }> {
  const view = await viewOf(ask.spec, ask.width_px, ask.colors);
  const { width, height } = sizeOf(view);
  const ratio = Math.min(ask.ratio, Math.sqrt(MAX_PIXELS / Math.max(1, width * height)));
  const canvas = (await view.toCanvas(ratio)) as unknown as OffscreenCanvas;
  const blob = await canvas.convertToBlob({ type: "image/png" });
  return { png: await blob.arrayBuffer(), width_px: Math.ceil(width) };
}

/** Of the whole drawing, its axes and its padding too. */
function sizeOf(view: Awaited<ReturnType<typeof viewOf>>): { width: number; height: number } {
  const { _viewWidth, _viewHeight } = view as unknown as { _viewWidth: number; _viewHeight: number };
  const { left = 0, right = 0, top = 0, bottom = 0 } = view.padding() as Record<string, number>;
  return { width: _viewWidth + left + right, height: _viewHeight + top + bottom };
}

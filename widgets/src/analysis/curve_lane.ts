// The lane of a curve: one value over time, in its unit.
import { type Lane, band, frame, prepare, say } from "./lane.ts";
import type { PlanTrack } from "../contract/analysis.ts";
import { columnAt, floats } from "./tiles.ts";
import { noteOf, short } from "./words.ts";

const CURVE_HEIGHT = 72;

export function curveLane(track: PlanTrack): Lane {
  const { element, canvas, gutter } = frame(track.label, track.unit, CURVE_HEIGHT);
  element.title = track.tooltip;
  gutter([[0.06, short(track.high)], [0.94, short(track.low)]]);
  const y = (value: number, height: number): number => 3 + ((track.high - value) / (track.high - track.low)) * (height - 6);
  return {
    name: track.name,
    element,
    canvas,
    tiled: true,
    draw(pieces, span, ink) {
      const pen = prepare(canvas, span);
      if (!pen) return;
      const { context, width, height } = pen;
      context.strokeStyle = ink.accent;
      context.fillStyle = ink.accent;
      context.lineWidth = 1.4;
      context.lineJoin = "round";
      let any = pieces.length === 0;
      let drawing = false;
      context.beginPath();
      for (const piece of pieces) {
        const { tile } = piece;
        const values = floats(tile.data);
        const low = values.subarray(0, tile.columns);
        const high = values.subarray(tile.columns);
        any = band(pen, piece, low, high, (value) => y(value, height)) || any;
        for (let column = 0; column < tile.columns; column++) {
          const timeS = tile.startS + ((column + 0.5) / tile.columns) * (tile.endS - tile.startS);
          if (timeS < piece.span.startS || timeS > piece.span.endS) continue;
          const value = (low[column]! + high[column]!) / 2;
          const x = pen.x(timeS);
          if (Number.isNaN(value) || x < -10 || x > width + 10) {
            drawing = false;
            continue;
          }
          if (drawing) context.lineTo(x, y(value, height));
          else context.moveTo(x, y(value, height));
          drawing = true;
        }
      }
      context.stroke();
      if (!any) say(pen, "no value here: all are missing (NaN)", ink);
    },
    read(timeS, _height, tile) {
      if (!tile) return "";
      const value = floats(tile.data)[columnAt(tile, timeS) + tile.columns];
      if (value === undefined || Number.isNaN(value)) return "no value";
      const note = track.unit === "Hz" ? noteOf(value) : "";
      return [`${short(value)} ${track.unit}`.trim(), note].filter(Boolean).join(" · ");
    },
  };
}

// The lane of a sound: a waveform for each channel, with the marks that belong to it.
import { type Lane, band, frame, prepare } from "./lane.ts";
import { type MarkLine, drawMarks } from "./marks.ts";
import type { PlanSound } from "../contract/analysis.ts";
import { columnAt, floats } from "./tiles.ts";
import { short } from "./words.ts";

const WAVE_HEIGHT = 84;

/** @param loudest what the height stands for: that of all the compared, so that quieter is lower */
export function waveLane(sound: PlanSound, loudest: number, marks: () => MarkLine[]): Lane {
  const { element, canvas, gutter } = frame(sound.label, "", WAVE_HEIGHT);
  const peak = Math.max(loudest, 1e-4);
  gutter(sound.channels === 2 ? [[0.25, "L"], [0.75, "R"]] : []);
  return {
    name: sound.name,
    element,
    canvas,
    tiled: true,
    draw(pieces, span, ink) {
      const pen = prepare(canvas, span);
      if (!pen) return;
      const { context, width, height } = pen;
      const lanes = sound.channels;
      context.fillStyle = ink.line;
      for (let lane = 0; lane < lanes; lane++) context.fillRect(0, ((lane + 0.5) / lanes) * height, width, 1);
      context.fillStyle = ink.accent;
      const scale = (0.47 * height) / lanes / peak;
      for (const piece of pieces) {
        const { columns, data } = piece.tile;
        const values = floats(data);
        for (let lane = 0; lane < lanes; lane++) {
          const middle = ((lane + 0.5) / lanes) * height;
          const low = values.subarray(2 * lane * columns, (2 * lane + 1) * columns);
          const high = values.subarray((2 * lane + 1) * columns, (2 * lane + 2) * columns);
          band(pen, piece, low, high, (value) => middle - value * scale);
        }
      }
      drawMarks(pen, marks(), span, ink);
    },
    read(timeS, height, tile) {
      if (!tile) return "";
      const lane = Math.min(sound.channels - 1, Math.max(0, Math.floor((1 - height) * sound.channels)));
      const values = floats(tile.data);
      const column = columnAt(tile, timeS);
      const low = values[2 * lane * tile.columns + column] ?? Number.NaN;
      const high = values[(2 * lane + 1) * tile.columns + column] ?? Number.NaN;
      const size = Math.max(Math.abs(low), Math.abs(high));
      return Number.isNaN(size) ? "" : `peak ${size > 0 ? `${short(20 * Math.log10(size))} dBFS` : "−∞ dBFS"}`;
    },
  };
}

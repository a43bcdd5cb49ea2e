// The outline of a sound under a curve, so that breakpoints are set by what is heard there.
import { type ReactNode, createContext, useContext } from "react";

export interface Waveform {
  duration_s?: number;
  lows?: number[];
  highs?: number[];
}

/** Of the node's first sound; empty where there is none, as on panels. */
export const WaveformContext = createContext<Waveform>({});

export function useWaveform(): { durationS: number; lows: number[]; highs: number[] } {
  const { duration_s: durationS, lows, highs } = useContext(WaveformContext);
  const sound = typeof durationS === "number" && Number.isFinite(durationS) && durationS > 0;
  return { durationS: sound ? durationS : 0, lows: numbers(lows), highs: numbers(highs) };
}

interface OutlineProps {
  lows: number[];
  highs: number[];
  x: (part: number) => number;
  middle: number;
  reach: number;
}

/** `x` maps a part of the sound, 0 to 1. The drawing is scaled to the loudest, since it shows where, not how loud. */
export function Outline({ lows, highs, x, middle, reach }: OutlineProps): ReactNode {
  const count = Math.min(lows.length, highs.length);
  if (count === 0) return null;
  const peak = Math.max(1e-6, ...lows.map(Math.abs), ...highs.map(Math.abs));
  const at = (index: number, level: number): string =>
    `${x((index + 0.5) / count).toFixed(1)},${(middle - (level / peak) * reach).toFixed(1)}`;
  const upper = highs.slice(0, count).map((level, index) => at(index, level));
  const lower = lows.slice(0, count).map((level, index) => at(index, level));
  return <polygon className="sch-outline" points={[...upper, ...lower.reverse()].join(" ")} aria-hidden="true" />;
}

function numbers(values: unknown): number[] {
  return Array.isArray(values) ? values.map((value) => (Number.isFinite(value) ? Math.min(1, Math.max(-1, Number(value))) : 0)) : [];
}

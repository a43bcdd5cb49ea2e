// The timeline: what is heard when. The sound of a source that began at `atS` of the audio clock with `fromS` of the sound,
// and that goes round within `loop`; so the playhead and the clicks are told by the same clock as the sound.
import { countUpTo } from "./words.ts";

export interface Loop {
  startS: number;
  endS: number;
}

export interface Timeline {
  atS: number;
  fromS: number;
  endS: number;
  loop: Loop | null;
}

/** What is heard between two instants of the clock: parts of the sound, each with the instant at which it begins. */
export function heard(line: Timeline, sinceS: number, untilS: number): { startS: number; endS: number; atS: number }[] {
  const parts: { startS: number; endS: number; atS: number }[] = [];
  let clockS = Math.max(sinceS, line.atS);
  while (clockS < untilS - 1e-9 && parts.length < 10_000) {
    const startS = placeAt(line, clockS);
    const turnS = line.loop && startS < line.loop.endS ? line.loop.endS : line.endS;
    const lengthS = Math.min(turnS - startS, untilS - clockS);
    if (lengthS <= 0) break;
    parts.push({ startS, endS: startS + lengthS, atS: clockS });
    clockS += lengthS;
  }
  return parts;
}

/** The place in the sound at an instant of the clock. */
export function placeAt(line: Timeline, clockS: number): number {
  const placeS = line.fromS + Math.max(0, clockS - line.atS);
  const { loop } = line;
  if (!loop || line.fromS >= loop.endS || placeS < loop.endS) return Math.min(placeS, line.endS);
  const lengthS = loop.endS - loop.startS;
  // Rounding must not put the end of one turn before the beginning of the next.
  const within = (placeS - loop.endS + 1e-9) % lengthS;
  return loop.startS + Math.max(0, within - 1e-9);
}

export interface Click {
  atS: number;
  strong: boolean;
}

/** The clicks between two instants of the clock; louder where a downbeat is within 50 ms. */
export function clicksBetween(line: Timeline, sinceS: number, untilS: number, times: Float64Array, strong: Float64Array): Click[] {
  return heard(line, sinceS, untilS).flatMap(({ startS, endS, atS }) => {
    const found: Click[] = [];
    for (let index = countUpTo(times, startS - 1e-9); index < times.length && times[index]! < endS - 1e-9; index++) {
      const timeS = times[index]!;
      const near = countUpTo(strong, timeS + 0.05) - countUpTo(strong, timeS - 0.05);
      found.push({ atS: atS + Math.max(0, timeS - startS), strong: near > 0 });
    }
    return found;
  });
}

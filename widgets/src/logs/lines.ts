// The lines that a view keeps, and which of them pass its filter.
import type { Line, Lines } from "../contract/logs.ts";

export const MAX_LINES = 10_000;

export interface Kept {
  lines: readonly Line[];
  /** Lines that were lost before they came here, and those that made room here. */
  dropped: number;
  cut: number;
}

export const EMPTY: Kept = { lines: [], dropped: 0, cut: 0 };

export interface Filter {
  text: string;
  level: Line["level"] | "all";
  plugin: string;
}

/** What a view keeps after a message; a line that came before is not kept twice. */
export function take(kept: Kept, message: Lines): Kept {
  const last = kept.lines.at(-1)?.number ?? 0;
  const fresh = message.lines.filter((line) => line.number > last);
  if (fresh.length === 0) return message.dropped === kept.dropped ? kept : { ...kept, dropped: message.dropped };
  const all = [...kept.lines, ...fresh];
  const lines = all.slice(-MAX_LINES);
  return { lines, dropped: message.dropped, cut: kept.cut + all.length - lines.length };
}

/** Words in any order and case; all must be there, in the text or the instance's name. */
export function passing(lines: readonly Line[], filter: Filter): readonly Line[] {
  const words = filter.text.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0 && filter.level === "all" && filter.plugin === "") return lines;
  return lines.filter((line) => {
    if (filter.level !== "all" && line.level !== filter.level) return false;
    if (filter.plugin !== "" && line.plugin !== filter.plugin) return false;
    if (words.length === 0) return true;
    const searched = `${line.instance} ${line.text}`.toLowerCase();
    return words.every((word) => searched.includes(word));
  });
}

export function plugins(lines: readonly Line[]): string[] {
  return [...new Set(lines.map((line) => line.plugin))].sort();
}

export function clock(time_s: number): string {
  const date = new Date(time_s * 1000);
  return Number.isNaN(date.getTime()) ? "–" : date.toTimeString().slice(0, 8);
}

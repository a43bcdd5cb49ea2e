// The time axis that all tracks share: which part is seen, and where its ticks are.

export interface Span {
  startS: number;
  endS: number;
}

/** The closest that one can look. */
export const SHORTEST_S = 0.002;

/** Zoom by `factor` (below 1 is in) around a time, staying within the sound. */
export function zoom(span: Span, durationS: number, factor: number, aroundS: number): Span {
  const length = Math.min(durationS, Math.max(Math.min(SHORTEST_S, durationS), (span.endS - span.startS) * factor));
  const part = (aroundS - span.startS) / (span.endS - span.startS);
  return settle(aroundS - part * length, length, durationS);
}

/** Move by a time, staying within the sound. */
export function pan(span: Span, durationS: number, byS: number): Span {
  return settle(span.startS + byS, span.endS - span.startS, durationS);
}

/** Keep a playhead in sight: turn the page when it leaves. */
export function follow(span: Span, durationS: number, headS: number): Span {
  if (headS >= span.startS && headS <= span.endS) return span;
  return settle(headS, span.endS - span.startS, durationS);
}

function settle(startS: number, length: number, durationS: number): Span {
  const start = Math.min(Math.max(0, startS), Math.max(0, durationS - length));
  return { startS: start, endS: start + length };
}

/** Round times with at least `apart` pixels between them. */
export function ticks(span: Span, width: number, apart = 72): { timeS: number; text: string }[] {
  const length = span.endS - span.startS;
  if (length <= 0 || width <= 0) return [];
  const rough = (length / width) * apart;
  const step = niceStep(rough);
  const found: { timeS: number; text: string }[] = [];
  for (let index = Math.ceil(span.startS / step - 1e-9); index * step <= span.endS + 1e-9; index++) {
    found.push({ timeS: index * step, text: writeTime(index * step, step) });
  }
  return found;
}

function niceStep(rough: number): number {
  const minutes = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1200, 1800, 3600];
  if (rough > 0.5) return minutes.find((step) => step >= rough) ?? Math.ceil(rough / 3600) * 3600;
  const magnitude = 10 ** Math.floor(Math.log10(rough));
  return ([1, 2, 5, 10].find((step) => step * magnitude >= rough) ?? 10) * magnitude;
}

/** `1:05` for a minute and five seconds, `0.25` within a second; as exact as `step` asks. */
export function writeTime(exactS: number, step = 1): string {
  const decimals = Math.max(0, Math.min(4, Math.ceil(-Math.log10(step) - 1e-9)));
  // Rounded first: 59.97 s is a minute, not 60 seconds.
  const timeS = Number(exactS.toFixed(decimals));
  const whole = Math.floor(timeS + 1e-9);
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  const seconds = timeS - hours * 3600 - minutes * 60;
  const text = seconds.toFixed(decimals);
  const padded = (text.split(".")[0] ?? "").length < 2 ? `0${text}` : text;
  if (hours > 0) return `${hours}:${String(minutes).padStart(2, "0")}:${padded}`;
  return `${minutes}:${padded}`;
}

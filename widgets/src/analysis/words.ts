// Words: numbers as musicians and physicists write them.
const NOTES = ["C", "C♯", "D", "D♯", "E", "F", "F♯", "G", "G♯", "A", "A♯", "B"];

/** Four digits, a true minus sign. */
export function short(value: number): string {
  const size = Math.abs(value);
  const text = size !== 0 && (size < 0.001 || size >= 1e6) ? value.toExponential(1) : String(Number(value.toPrecision(size >= 1000 ? 5 : 3)));
  return text.replace("-", "−");
}

/** `A4 +12 ct`: the nearest note of equal temperament at A4 = 440 Hz; empty where no ear hears one. */
export function noteOf(hertz: number): string {
  if (!(hertz >= 16) || hertz > 20000) return "";
  const exact = 69 + 12 * Math.log2(hertz / 440);
  const nearest = Math.round(exact);
  const cents = Math.round(100 * (exact - nearest));
  const name = `${NOTES[nearest % 12]}${Math.floor(nearest / 12) - 1}`;
  return cents === 0 ? name : `${name} ${cents > 0 ? "+" : "−"}${Math.abs(cents)} ct`;
}

/**
 * Where a time lies among beats: `bar 3.2` with downbeats, `beat 7` without; empty before the first.
 * A beat that a downbeat stands within 50 ms of is the first of its bar.
 */
export function barOf(timeS: number, beats: Float64Array, downbeats: Float64Array): string {
  const bar = countUpTo(downbeats, timeS + 1e-9);
  if (bar > 0) {
    const begin = downbeats[bar - 1]!;
    const beat = countUpTo(beats, timeS + 1e-9) - countUpTo(beats, begin + 0.05) + 1;
    return beats.length > 0 ? `bar ${bar}.${Math.max(1, beat)}` : `bar ${bar}`;
  }
  if (downbeats.length > 0) return "";
  const beat = countUpTo(beats, timeS + 1e-9);
  return beat > 0 ? `beat ${beat}` : "";
}

/** How many of sorted times are not after one. */
export function countUpTo(times: Float64Array, timeS: number): number {
  let [low, high] = [0, times.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle]! <= timeS) low = middle + 1;
    else high = middle;
  }
  return low;
}

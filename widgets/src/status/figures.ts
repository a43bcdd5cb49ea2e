// Figures as text, and as points of a line.

export function count(value: number): string {
  return value >= 1e6 ? `${(value / 1e6).toFixed(1)} M` : String(value);
}

export function rate(value: number): string {
  return value === 0 ? "0" : value < 10 ? value.toFixed(1) : value.toFixed(0);
}

export function share(value: number): string {
  return `${(100 * value).toFixed(0)} %`;
}

export function memory(bytes: number): string {
  return bytes >= 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;
}

export function duration(seconds: number): string {
  if (seconds <= 0) return "–";
  return seconds < 1 ? `${(seconds * 1000).toFixed(1)} ms` : `${seconds.toFixed(2)} s`;
}

/** A line's points in a box: the newest at the right edge, zero at the bottom, `least` the smallest full scale. */
export function points(values: readonly number[], width: number, height: number, length: number, least: number): string {
  const full = values.reduce((most, value) => (Number.isFinite(value) ? Math.max(most, value) : most), least);
  return values
    .map((value, index) => {
      const x = width * (1 - (values.length - 1 - index) / (length - 1));
      const y = height - 1 - (height - 2) * (Number.isFinite(value) && value > 0 ? value / full : 0);
      return `${x.toFixed(1)},${y.toFixed(1)}`;
    })
    .join(" ");
}

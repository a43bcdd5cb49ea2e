// Magma: perceptually uniform, readable in print and by the colour-blind. 33 of matplotlib's 256 colours, interpolated.

const ANCHORS =
  "0000040303120a0822130d341d114729115a36106b440f7651127c5d177f6a1c81762181832681902a819c2e7faa337db73779c43c75d0416fdc4869" +
  "e75263ef5d5ef56b5cf9795dfc8961fd9869fea772feb67cfec488fed395fde2a3fcf0b2fcfdbf";

const COUNT = ANCHORS.length / 6;

/** The byte that says: no value here. */
export const NO_DATA = 255;

/** RGBA for each byte, as one 32-bit word in the machine's order; no value is transparent. */
export const MAGMA: Uint32Array = table();

function table(): Uint32Array {
  const bytes = new Uint8Array(256 * 4);
  for (let value = 0; value < NO_DATA; value++) {
    const at = (value / 254) * (COUNT - 1);
    const index = Math.min(COUNT - 2, Math.floor(at));
    for (let part = 0; part < 3; part++) {
      const from = anchor(index, part);
      bytes[value * 4 + part] = Math.round(from + (anchor(index + 1, part) - from) * (at - index));
    }
    bytes[value * 4 + 3] = 255;
  }
  return new Uint32Array(bytes.buffer);
}

function anchor(index: number, part: number): number {
  const at = index * 6 + part * 2;
  return Number.parseInt(ANCHORS.slice(at, at + 2), 16);
}

/** Paint rows of bytes, the first row at the bottom. */
export function paint(values: Uint8Array, rows: number, columns: number): Uint32Array {
  const pixels = new Uint32Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    const from = row * columns;
    const to = (rows - 1 - row) * columns;
    for (let column = 0; column < columns; column++) pixels[to + column] = MAGMA[values[from + column]!]!;
  }
  return pixels;
}

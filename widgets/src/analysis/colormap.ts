// Colour maps that grow evenly in lightness: readable in print and by the colour-blind. 33 of matplotlib's 256 colours
// each, interpolated. Viridis, magma: S. van der Walt and N. Smith; cividis: Nuñez, Anderton and Renslow, PLOS ONE 2018.

const ANCHORS = {
  magma:
    "0000040303120a0822130d341d114729115a36106b440f7651127c5d177f6a1c81762181832681902a819c2e7faa337db73779c23b75cf4070db476ae5" +
    "5064ee5b5ef4695cf9785dfb8761fd9668fea571feb47bfec287fed194fde0a1fceeb0fcfdbf",
  viridis:
    "440154470d6048186a482374472d7b4537814240863e49893b528b375b8d33638d2f6b8e2c728e297a8e26828e23898e21918c1f978b1f9f8821a68527" +
    "ad8131b57b3dbc744cc26c5cc8636ece5881d34d95d840aadc32c0df25d5e21aeae51afde725",
  cividis:
    "00224e00285b002e6a0533711a386f273e6e32436d3b496c434e6c4b546c535a6d5a5f6e61656f686a716f70737676767d7c788381798b8778928d789a" +
    "9376a29975aaa073b3a670bbad6dc3b369ccba64d4c15fddc858e6d051efd748f8df3cfee838",
  grey: "000000ffffff",
} as const;

export type ColorMap = keyof typeof ANCHORS;
export const COLOR_MAPS = Object.keys(ANCHORS) as ColorMap[];

/** The byte that says: no value here. */
export const NO_DATA = 255;

/**
 * RGBA for each byte, as one 32-bit word in the machine's order; no value is transparent.
 * Bytes up to `low` have the first colour, from `high` on the last.
 */
export function tableOf(map: ColorMap, low = 0, high = 254): Uint32Array {
  const bytes = new Uint8Array(256 * 4);
  const anchors = ANCHORS[map];
  const last = anchors.length / 6 - 1;
  for (let value = 0; value < NO_DATA; value++) {
    const at = Math.min(1, Math.max(0, (value - low) / Math.max(1e-6, high - low))) * last;
    const index = Math.min(last - 1, Math.floor(at));
    for (let part = 0; part < 3; part++) {
      const from = anchor(anchors, index, part);
      bytes[value * 4 + part] = Math.round(from + (anchor(anchors, index + 1, part) - from) * (at - index));
    }
    bytes[value * 4 + 3] = 255;
  }
  return new Uint32Array(bytes.buffer);
}

function anchor(anchors: string, index: number, part: number): number {
  const at = index * 6 + part * 2;
  return Number.parseInt(anchors.slice(at, at + 2), 16);
}

/** Paint rows of bytes, the first row at the bottom. */
export function paint(values: Uint8Array, rows: number, columns: number, table: Uint32Array): Uint32Array {
  const pixels = new Uint32Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    const from = row * columns;
    const to = (rows - 1 - row) * columns;
    for (let column = 0; column < columns; column++) pixels[to + column] = table[values[from + column]!]!;
  }
  return pixels;
}

// What Vega draws on, in a worker: it looks for a page's canvas and image, which aren't there. Stands in for `vega-canvas` in
// this bundle (`bundle.mjs`).

export function canvas(width: number, height: number): OffscreenCanvas {
  return new OffscreenCanvas(width, height);
}

export const domCanvas = canvas;

export function image(): typeof Picture {
  return Picture;
}

/** The bytes behind an address that holds them. */
const HELD = /^data:(image\/(?:png|jpeg));base64,/;

/** A picture within a specification, which is drawn from where it has been decoded to. */
class Picture extends OffscreenCanvas {
  complete = false;
  onload = (): void => {};
  onerror = (): void => {};

  constructor() {
    super(1, 1);
  }

  set src(url: string) {
    decoded(url).then((bitmap) => {
      this.width = bitmap.width;
      this.height = bitmap.height;
      this.getContext("2d")!.drawImage(bitmap, 0, 0);
      bitmap.close();
      this.complete = true;
      this.onload();
    }).catch(() => this.onerror());
  }
}

async function decoded(url: string): Promise<ImageBitmap> {
  const [head, type] = HELD.exec(url) ?? [];
  if (head === undefined || type === undefined) throw new Error("a picture is within the specification");
  const text = atob(url.slice(head.length));
  return createImageBitmap(new Blob([Uint8Array.from(text, (letter) => letter.charCodeAt(0))], { type }));
}

// What draws Vega-Lite: a worker for each drawing, one after the other, which is ended when it has drawn, when it takes too long,
// or when nobody wants to see it any more. The page itself never computes what a stranger has written.
import type { AskDrawer, ToPage } from "../contract/bundle.ts";
import type { Answer, Ask } from "../vega/words.ts";

/** Where the worker's script is; it is asked for when there is something to draw. */
export type Drawer = () => Promise<string>;

export interface Drawn {
  png: ArrayBuffer;
  width_px: number;
}

const DEADLINE_S = 15;

let before: Promise<unknown> = Promise.resolve();

/**
 * Have something drawn.
 *
 * @throws Error why it can't be, in words for people
 */
export async function drawn(drawer: Drawer, ask: Ask, signal: AbortSignal): Promise<Drawn> {
  const address = await drawer(); // a kernel that never answers keeps nobody else waiting
  const mine = before.then(() => once(address, ask, signal));
  before = mine.catch(() => {});
  return mine;
}

function once(address: string, ask: Ask, signal: AbortSignal): Promise<Drawn> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(new Error("nobody looks at it"));
    const worker = new Worker(address, { type: "module" });
    const settle = (answer: Answer): void => {
      clearTimeout(timer);
      worker.terminate();
      signal.removeEventListener("abort", leave);
      if ("flaw" in answer) reject(new Error(answer.flaw));
      else resolve(answer);
    };
    const leave = (): void => settle({ flaw: "nobody looks at it" });
    const timer = setTimeout(() => settle({ flaw: `it takes longer than ${DEADLINE_S} s` }), DEADLINE_S * 1000);
    signal.addEventListener("abort", leave);
    worker.addEventListener("message", ({ data }: MessageEvent<Answer>) => settle(data));
    worker.addEventListener("error", ({ message }) => settle({ flaw: message || "this page lets no worker run, which would draw it" }));
    worker.postMessage(ask);
  });
}

/** To the kernel, and what it says. */
export interface Line {
  send(message: AskDrawer): void;
  /** @returns the undo */
  listen(callback: (content: unknown, buffers: DataView[]) => void): () => void;
}

/** The page has it, whichever widget has asked for it. */
let address = "";
const asked = new WeakMap<Line, Promise<string>>();

/** The script as the kernel has it. */
export function kernelsDrawer(line: Line): Drawer {
  return () => {
    if (address) return Promise.resolve(address);
    if (!asked.has(line)) asked.set(line, ask(line));
    return asked.get(line)!;
  };
}

function ask(line: Line): Promise<string> {
  return new Promise((resolve) => {
    const unlisten = line.listen((content, [script]) => {
      if ((content as ToPage | null)?.kind !== "drawer" || !script) return;
      unlisten();
      address ||= URL.createObjectURL(new Blob([script as DataView<ArrayBuffer>], { type: "text/javascript" }));
      resolve(address);
    });
    line.send({ kind: "drawer" });
  });
}

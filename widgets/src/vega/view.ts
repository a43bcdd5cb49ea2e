// A stranger's Vega-Lite as a view that has no page: its expressions are interpreted, never compiled to code; it fetches nothing
// and links nowhere. The host has made it anew from what it allows (`definition/vega`); here it is taken as if nobody had.
import { type Loader, View, parse } from "vega";
import { expressionInterpreter } from "vega-interpreter";
import { type TopLevelSpec, compile } from "vega-lite";

import { themed } from "./theme.ts";
import { fitted } from "./width.ts";
import type { Colors } from "./words.ts";

/** What is drawn with the pictures that are in a specification, and with nothing else that it names. */
const HELD = /^data:image\/(?:png|jpeg);base64,[A-Za-z0-9+/=]+$/;

const refuse = (): Promise<never> => Promise.reject(new Error("a drawing fetches nothing"));
const LOADER = {
  load: refuse,
  http: refuse,
  file: refuse,
  sanitize: (uri: string, { context }: { context?: string } = {}) => (context === "image" && HELD.test(uri) ? Promise.resolve({ href: uri }) : refuse()),
} as unknown as Loader;

/**
 * @param text the specification, as JSON
 * @returns a view that has run
 * @throws what is wrong with it
 */
export async function viewOf(text: string, width_px: number, colors: Colors): Promise<View> {
  const spec: unknown = JSON.parse(text);
  if (typeof spec !== "object" || spec === null || Array.isArray(spec)) throw new Error("it is no specification");
  const flaws: string[] = [];
  const logger = listening(flaws);
  const { spec: vega } = compile(fitted(spec as Record<string, unknown>, width_px) as unknown as TopLevelSpec, { logger, config: themed(spec, width_px, colors) });
  // biome-ignore lint: its types know nothing of `ast`
  const view = new View((parse as any)(vega, undefined, { ast: true }), { expr: expressionInterpreter, loader: LOADER, logger, renderer: "none" } as never);
  await view.runAsync();
  if (flaws.length > 0) throw new Error(flaws[0]);
  return view;
}

/** What Vega says goes nowhere but for what it fails of: that it hands to its log. */
function listening(flaws: string[]) {
  const logger = {
    level: () => logger,
    error: (...words: readonly unknown[]) => (flaws.push(words.map((word) => (word instanceof Error ? word.message : String(word))).join(" ")), logger),
    warn: () => logger,
    info: () => logger,
    debug: () => logger,
  };
  return logger as never;
}

// What people mean by a few letters: names that begin with them, then words that do, then what has them in it, then what
// has them in that order.
import type { Entry } from "../contract/flow.ts";

export interface Offer {
  key: string;
  label: string;
  detail: string;
  group: string;
  entry?: Entry;
  kind?: "input" | "comment";
  type?: string;
}

export function offersOf(palette: readonly Entry[]): Offer[] {
  const plugins = palette.map((entry) => ({
    key: `plugin ${entry.plugin}`,
    label: entry.label || entry.plugin,
    detail: entry.description ?? "",
    group: entry.category || entry.plugin_type || "Plugins",
    entry,
  }));
  plugins.sort((a, b) => a.group.localeCompare(b.group) || a.label.localeCompare(b.label));
  const inputs = ["audio", "number", "string", "any"].map((type) => ({
    key: `input ${type}`,
    label: type === "any" ? "Input" : `${type[0]!.toUpperCase()}${type.slice(1)} input`,
    detail: type === "audio" ? "a file or a sound of Python's" : "a value, given here or at each run",
    group: "Sources",
    kind: "input" as const,
    type,
  }));
  const comment = { key: "comment", label: "Comment", detail: "a note to who reads the flow", group: "Notes", kind: "comment" as const };
  return [...inputs, ...plugins, comment];
}

/** The offers that fit, the best first; all of them, in their order, if nothing is asked. */
export function ranked(offers: readonly Offer[], asked: string): Offer[] {
  const words = asked.toLowerCase().trim();
  if (words === "") return [...offers];
  return offers
    .map((offer, index) => ({ offer, index, score: score(offer, words) }))
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score || a.index - b.index)
    .map(({ offer }) => offer);
}

function score(offer: Offer, asked: string): number {
  const label = offer.label.toLowerCase();
  const id = offer.entry?.plugin.toLowerCase() ?? "";
  const detail = offer.detail.toLowerCase().slice(0, 2000);
  if (label.startsWith(asked) || id.startsWith(asked)) return 100;
  if (`${label} ${id.replace(/_/g, " ")}`.split(/\s+/).some((word) => word.startsWith(asked))) return 80;
  if (label.includes(asked) || id.includes(asked)) return 60;
  if (offer.group.toLowerCase().startsWith(asked)) return 50;
  if (asked.split(/\s+/).every((word) => `${label} ${id} ${offer.group.toLowerCase()} ${detail}`.includes(word))) return 40;
  return asked.length > 1 && inOrder(label, asked) ? 20 : 0;
}

function inOrder(text: string, letters: string): boolean {
  let from = 0;
  for (const letter of letters) {
    from = text.indexOf(letter, from) + 1;
    if (from === 0) return false;
  }
  return true;
}

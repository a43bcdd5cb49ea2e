// The keys of the canvas, for the canvas and for its help sheet. Ctrl+S, Shift+Enter and Ctrl+Enter are the notebook's.

export type Deed =
  | "search" | "undo" | "redo" | "delete" | "duplicate" | "all" | "group" | "ungroup" | "bypass" | "layout" | "fit" | "in" | "out"
  | "run" | "runTo" | "result" | "outline" | "palette" | "map" | "comment" | "help" | "full" | "leave"
  | "moveLeft" | "moveRight" | "moveUp" | "moveDown";

interface Shortcut {
  deed: Deed;
  /** As `written` gives them. */
  keys: readonly string[];
  words: string;
}

export const SHORTCUTS: readonly Shortcut[] = [
  { deed: "search", keys: ["/"], words: "add a node" },
  { deed: "undo", keys: ["Ctrl+z"], words: "undo" },
  { deed: "redo", keys: ["Ctrl+Shift+z", "Ctrl+y"], words: "redo" },
  { deed: "all", keys: ["Ctrl+a"], words: "select all" },
  { deed: "duplicate", keys: ["Ctrl+d"], words: "duplicate" },
  { deed: "delete", keys: ["Delete", "Backspace"], words: "delete" },
  { deed: "group", keys: ["Ctrl+g"], words: "group" },
  { deed: "ungroup", keys: ["Ctrl+Shift+g"], words: "ungroup" },
  { deed: "bypass", keys: ["b"], words: "pass by, or not" },
  { deed: "comment", keys: ["c"], words: "comment" },
  { deed: "layout", keys: ["l"], words: "lay out" },
  { deed: "fit", keys: ["f", "0"], words: "show all" },
  { deed: "in", keys: ["+", "="], words: "nearer" },
  { deed: "out", keys: ["-"], words: "further" },
  { deed: "run", keys: ["r"], words: "run" },
  { deed: "runTo", keys: ["Shift+r"], words: "run to what is selected" },
  { deed: "result", keys: ["Enter"], words: "open the result of what is selected" },
  { deed: "moveLeft", keys: ["ArrowLeft", "Shift+ArrowLeft"], words: "move what is selected" },
  { deed: "moveRight", keys: ["ArrowRight", "Shift+ArrowRight"], words: "" },
  { deed: "moveUp", keys: ["ArrowUp", "Shift+ArrowUp"], words: "" },
  { deed: "moveDown", keys: ["ArrowDown", "Shift+ArrowDown"], words: "" },
  { deed: "outline", keys: ["o"], words: "outline" },
  { deed: "palette", keys: ["p"], words: "palette" },
  { deed: "map", keys: ["m"], words: "map" },
  { deed: "full", keys: ["Shift+f"], words: "full screen" },
  { deed: "help", keys: ["?"], words: "these keys" },
  { deed: "leave", keys: ["Escape"], words: "close, or select nothing" },
];

const DEEDS = new Map(SHORTCUTS.flatMap((shortcut) => shortcut.keys.map((key) => [key, shortcut.deed] as const)));

interface Pressed {
  key: string;
  ctrlKey: boolean;
  metaKey: boolean;
  shiftKey: boolean;
  altKey: boolean;
}

/** What a key does on the canvas; null if it isn't the canvas's. */
export function deedOf(event: Pressed): Deed | null {
  if (event.altKey) return null;
  return DEEDS.get(written(event)) ?? null;
}

function written(event: Pressed): string {
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const letter = /^[a-z]$/.test(key) || event.key.length > 1;
  return `${event.ctrlKey || event.metaKey ? "Ctrl+" : ""}${event.shiftKey && letter ? "Shift+" : ""}${key}`;
}

/** Whether a key belongs to the entry that has the focus. */
export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
}

/** A key as people know it. */
export function shown(key: string): string {
  return key
    .replace("Arrow", "")
    .split("+")
    .map((part) => (part.length === 1 ? part.toUpperCase() : part))
    .filter((part) => part !== "")
    .join("+");
}

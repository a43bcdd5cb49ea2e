// The table's rows: kept from message to message, with their past, and sorted as asked.
import type { Past, Row, ToPage } from "../contract/status.ts";

export const SECONDS = 120;

export interface Kept {
  row: Row;
  past: Past;
}

export interface Board {
  rows: ReadonlyMap<string, Kept>;
  cut: number;
}

export const EMPTY: Board = { rows: new Map(), cut: 0 };

export type Key = "name" | "state" | "calls" | "calls_per_s" | "failures" | "p50_s" | "cpu_share" | "memory_bytes" | "level";

export interface Order {
  key: Key;
  down: boolean;
}

/** The board after a message. A tick without a row for an instance means: as before, for another second. */
export function take(board: Board, message: ToPage): Board {
  if (message.kind === "table") {
    return { rows: new Map(message.rows.map((row) => [row.id, { row, past: message.past[row.id] ?? none() }])), cut: message.cut };
  }
  if (message.kind !== "tick") return board;
  const changed = new Map(message.rows.map((row) => [row.id, row]));
  const gone = new Set(message.gone);
  const rows = new Map<string, Kept>();
  for (const [id, kept] of board.rows) {
    if (gone.has(id)) continue;
    const row = changed.get(id) ?? kept.row;
    rows.set(id, { row, past: longer(kept.past, row) });
    changed.delete(id);
  }
  for (const [id, row] of changed) rows.set(id, { row, past: longer(none(), row) });
  return { rows, cut: message.cut };
}

/** In order; what is alike keeps its place. */
export function sorted(board: Board, order: Order): Kept[] {
  const sign = order.down ? -1 : 1;
  return [...board.rows.values()].sort((a, b) => sign * compare(a.row, b.row, order.key));
}

/** Begin with what is usually wanted on top: the largest figure, the first name. */
export function turned(order: Order, key: Key): Order {
  if (order.key === key) return { key, down: !order.down };
  return { key, down: !["name", "state", "level"].includes(key) };
}

export function name(row: Row): string {
  return row.instance || row.plugin;
}

function compare(a: Row, b: Row, key: Key): number {
  if (key === "name") return natural(name(a), name(b));
  if (key === "state" || key === "level") return natural(a[key], b[key]);
  return a[key] - b[key];
}

const collator = new Intl.Collator("en", { numeric: true });

function natural(a: string, b: string): number {
  return collator.compare(a, b);
}

function none(): Past {
  return { calls_per_s: [], cpu_share: [], memory_bytes: [] };
}

function longer(past: Past, row: Row): Past {
  return {
    calls_per_s: [...past.calls_per_s, row.calls_per_s].slice(-SECONDS),
    cpu_share: [...past.cpu_share, row.cpu_share].slice(-SECONDS),
    memory_bytes: [...past.memory_bytes, row.memory_bytes].slice(-SECONDS),
  };
}

// Undo and redo. A step keeps what it changed, node by node and edge by edge, and not the whole: so that undoing it takes
// nothing away of what came in meanwhile from Python or from elsewhere.
import { type FlowDocument, type FlowEdge, type FlowNode, isRecord, same } from "./document.ts";

const MOST = 200;
/** Steps of one kind that follow each other this soon are one: a held arrow key, a spun wheel. */
const TOGETHER_MS = 900;

interface Pair<T> {
  before: T | undefined;
  after: T | undefined;
}

interface Step {
  nodes: Map<string, Pair<FlowNode>>;
  edges: Map<string, Pair<FlowEdge>>;
  tag: string;
  atMs: number;
}

export class History {
  private past: Step[] = [];
  private future: Step[] = [];

  get canUndo(): boolean {
    return this.past.length > 0;
  }

  get canRedo(): boolean {
    return this.future.length > 0;
  }

  /** Remember a step. Those with the same `tag` soon after each other are undone together. */
  push(before: FlowDocument, after: FlowDocument, tag = "", nowMs = Date.now()): void {
    const step: Step = { nodes: pairs(before.nodes, after.nodes), edges: pairs(before.edges, after.edges), tag, atMs: nowMs };
    if (step.nodes.size === 0 && step.edges.size === 0) return;
    this.future = [];
    const last = this.past.at(-1);
    if (last && tag !== "" && last.tag === tag && nowMs - last.atMs < TOGETHER_MS) {
      join(last.nodes, step.nodes);
      join(last.edges, step.edges);
      last.atMs = nowMs;
      return;
    }
    this.past.push(step);
    if (this.past.length > MOST) this.past.shift();
  }

  undo(document: FlowDocument): FlowDocument {
    const step = this.past.pop();
    if (!step) return document;
    this.future.push(step);
    return applied(document, step, "before", "after");
  }

  redo(document: FlowDocument): FlowDocument {
    const step = this.future.pop();
    if (!step) return document;
    this.past.push(step);
    return applied(document, step, "after", "before");
  }
}

function pairs<T extends { id: string }>(before: readonly T[], after: readonly T[]): Map<string, Pair<T>> {
  const old = new Map(before.map((item) => [item.id, item]));
  const changed = new Map<string, Pair<T>>();
  for (const item of after) {
    const was = old.get(item.id);
    old.delete(item.id);
    if (was !== item && !same(was, item)) changed.set(item.id, { before: was, after: item });
  }
  for (const [id, item] of old) changed.set(id, { before: item, after: undefined });
  return changed;
}

function join<T>(into: Map<string, Pair<T>>, later: Map<string, Pair<T>>): void {
  for (const [id, pair] of later) {
    const first = into.get(id);
    into.set(id, first ? { before: first.before, after: pair.after } : pair);
  }
}

function applied(document: FlowDocument, step: Step, to: "before" | "after", from: "before" | "after"): FlowDocument {
  const nodes = swapped(document.nodes, step.nodes, to, from);
  const there = new Set(nodes.map((node) => node.id));
  const edges = swapped(document.edges, step.edges, to, from).filter((e) => there.has(e.source) && there.has(e.target));
  return { ...document, nodes, edges };
}

function swapped<T extends { id: string }>(
  items: readonly T[], pairs: Map<string, Pair<T>>, to: "before" | "after", from: "before" | "after",
): T[] {
  const rest = new Map(pairs);
  const result = items.flatMap((item) => {
    const pair = rest.get(item.id);
    rest.delete(item.id);
    if (!pair) return [item];
    const wanted = pair[to];
    if (wanted === undefined) return [];
    return [merged(pair[from], item, wanted) as T];
  });
  for (const pair of rest.values()) {
    const wanted = pair[to];
    // What somebody else has taken away meanwhile stays away, unless this step took it away itself.
    if (wanted !== undefined && pair[from] === undefined) result.push(wanted);
  }
  return result;
}

/** What `theirs` made of `base`, done to `mine`. */
export function merged(base: unknown, mine: unknown, theirs: unknown): unknown {
  if (same(mine, theirs) || same(theirs, base)) return mine;
  if (same(mine, base) || !isRecord(mine) || !isRecord(theirs)) return theirs;
  const before = isRecord(base) ? base : {};
  const result: Record<string, unknown> = {};
  for (const key of new Set([...Object.keys(mine), ...Object.keys(theirs)])) {
    const value = merged(before[key], mine[key], theirs[key]);
    if (value !== undefined) result[key] = value;
  }
  return result;
}

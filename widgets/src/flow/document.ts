// The document of a flow, as React Flow's JSON, and what a gesture makes of it. Documents are never changed, only replaced;
// what a gesture doesn't touch stays the same object, so that nothing is drawn again without need.

export interface Position {
  x: number;
  y: number;
}

export type Kind = "plugin" | "input" | "comment" | "group";

/** A node as it is saved. Keys that nobody here knows stay as they are. */
export interface FlowNode {
  id: string;
  type: Kind;
  position: Position;
  data: Record<string, unknown>;
  parentId?: string;
  width?: number;
  height?: number;
}

export interface FlowEdge {
  id: string;
  source: string;
  sourceHandle: string;
  target: string;
  targetHandle: string;
}

export interface Viewport extends Position {
  zoom: number;
}

export interface Graph {
  nodes: FlowNode[];
  edges: FlowEdge[];
}

export interface FlowDocument extends Graph {
  viewport: Viewport;
}

/** What the one output of an input node is called. */
export const VALUE = "value";
export const INPUT_TYPES = "audio array number integer string boolean list object midi events figure bytes any".split(" ");
export const EMPTY: FlowDocument = { nodes: [], edges: [], viewport: { x: 0, y: 0, zoom: 1 } };
/** How far a moved or copied node is put from where it was. */
export const STEP = 32;

export type Change = (document: FlowDocument) => FlowDocument;

export function nodeOf(document: Graph, id: string): FlowNode | undefined {
  return document.nodes.find((node) => node.id === id);
}

export function parametersOf(node: FlowNode): Record<string, unknown> {
  return isRecord(node.data["parameters"]) ? node.data["parameters"] : {};
}

/** What people call a node. */
export function labelOf(node: FlowNode): string {
  const { label, name, plugin } = node.data;
  return String(label || name || plugin || (node.type === "group" ? "" : node.id));
}

export function pluginOf(node: FlowNode): string {
  return node.type === "plugin" ? String(node.data["plugin"] ?? "") : "";
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** `wish`, or with a number behind it if that is taken, as Python does it. */
export function unused(wish: string, taken: ReadonlySet<string>): string {
  if (!taken.has(wish)) return wish;
  let number = 2;
  while (taken.has(`${wish}_${number}`)) number += 1;
  return `${wish}_${number}`;
}

export function idsOf(things: readonly { id: string }[]): Set<string> {
  return new Set(things.map((thing) => thing.id));
}

/** A node of this kind with an id of its own. */
export function fresh(document: Graph, kind: Kind, data: Record<string, unknown>, position: Position): FlowNode {
  const word = kind === "plugin" ? String(data["plugin"]) : kind === "input" ? String(data["name"]) : kind;
  const wish = word.replace(/[^\p{L}\p{N}_]+/gu, "_").slice(0, 64) || kind;
  return { id: unused(wish, idsOf(document.nodes)), type: kind, position: rounded(position), data };
}

export const addNode = (node: FlowNode): Change => (document) => ({ ...document, nodes: [...document.nodes, node] });

/** Take nodes and edges away. What lay in a group that goes lies in the flow, where it lay. */
export function remove(nodes: ReadonlySet<string>, edges: ReadonlySet<string> = new Set()): Change {
  return (document) => {
    const groups = new Map(document.nodes.filter((n) => n.type === "group" && nodes.has(n.id)).map((n) => [n.id, n]));
    return {
      ...document,
      nodes: document.nodes.flatMap((node) => {
        if (nodes.has(node.id)) return [];
        const group = node.parentId === undefined ? undefined : groups.get(node.parentId);
        return [group ? outOf(group, node) : node];
      }),
      edges: document.edges.filter((edge) => !edges.has(edge.id) && !nodes.has(edge.source) && !nodes.has(edge.target)),
    };
  };
}

function outOf(group: FlowNode, node: FlowNode): FlowNode {
  const { parentId: _, ...rest } = node;
  const position = { x: node.position.x + group.position.x, y: node.position.y + group.position.y };
  return { ...rest, position, ...(group.parentId ? { parentId: group.parentId } : {}) };
}

/** Change the data of a node; `undefined` takes a key away. */
export function setData(id: string, data: Record<string, unknown>): Change {
  return replace(id, (node) => {
    const merged = { ...node.data, ...data };
    return { ...node, data: Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== undefined)) };
  });
}

/** Set parameters; `undefined` gives one its default again. */
export function setParameters(id: string, values: Record<string, unknown>): Change {
  return replace(id, (node) => {
    const merged = { ...parametersOf(node), ...values };
    const parameters = Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== undefined));
    return { ...node, data: { ...node.data, parameters } };
  });
}

export function setSize(id: string, size: { width: number; height: number }, position?: Position): Change {
  return replace(id, (node) => ({
    ...node,
    width: Math.round(size.width),
    height: Math.round(size.height),
    position: position ? rounded(position) : node.position,
  }));
}

export function move(places: ReadonlyMap<string, Position>): Change {
  return (document) => ({
    ...document,
    nodes: document.nodes.map((node) => {
      const place = places.get(node.id);
      if (!place || !Number.isFinite(place.x) || !Number.isFinite(place.y)) return node;
      const position = rounded(place);
      return position.x === node.position.x && position.y === node.position.y ? node : { ...node, position };
    }),
  });
}

/** Draw an edge. An input takes one value: what fed it before feeds it no more. */
export function connect(edge: Omit<FlowEdge, "id">): Change {
  return (document) => {
    const same = (other: FlowEdge): boolean => other.target === edge.target && other.targetHandle === edge.targetHandle;
    const others = document.edges.filter((other) => !same(other));
    const wish = `${edge.source}.${edge.sourceHandle}-${edge.target}.${edge.targetHandle}`;
    return { ...document, edges: [...others, { id: unused(wish, idsOf(others)), ...edge }] };
  };
}

export function chain(...changes: Change[]): Change {
  return (document) => changes.reduce((before, change) => change(before), document);
}

export function replace(id: string, make: (node: FlowNode) => FlowNode): Change {
  return (document) => ({ ...document, nodes: document.nodes.map((node) => (node.id === id ? make(node) : node)) });
}

/** Where a node lies in the flow, whatever it lies in. */
export function placeOf(document: Graph, node: FlowNode): Position {
  let { x, y } = node.position;
  let here: FlowNode | undefined = node;
  for (let depth = 0; depth < 16 && here?.parentId !== undefined; depth += 1) {
    here = nodeOf(document, here.parentId);
    if (here) {
      x += here.position.x;
      y += here.position.y;
    }
  }
  return { x, y };
}

export function rounded(position: Position): Position {
  return { x: Math.round(position.x), y: Math.round(position.y) };
}

/** Equality of plain data. */
export function same(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length && a.every((item, index) => same(item, b[index]));
  if (!isRecord(a) || !isRecord(b)) return false;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && same(a[key], b[key]));
}

/** `now`, with the objects of `before` wherever they say the same. */
export function shared<T>(before: T, now: T): T {
  if (same(before, now)) return before;
  if (Array.isArray(before) && Array.isArray(now)) {
    const known = new Map(before.map((item, index) => [keyOf(item, index), item]));
    return now.map((item, index) => {
      const key = keyOf(item, index);
      return known.has(key) ? shared(known.get(key), item) : item;
    }) as T;
  }
  if (isRecord(before) && isRecord(now)) {
    return Object.fromEntries(Object.entries(now).map(([key, item]) => [key, shared(before[key], item)])) as T;
  }
  return now;
}

function keyOf(item: unknown, index: number): unknown {
  return isRecord(item) && typeof item["id"] === "string" ? item["id"] : index;
}

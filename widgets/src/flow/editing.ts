// Gestures over several nodes: copies, groups, alignment.
import {
  type Change, type FlowDocument, type FlowEdge, type FlowNode, type Graph, type Position, STEP,
  idsOf, isRecord, labelOf, placeOf, replace, rounded, unused,
} from "./document.ts";
import { readDocument } from "./hostile.ts";

/** The sizes of nodes as they are drawn. */
export type SizeOf = (node: FlowNode) => { width: number; height: number };

/** React Flow's JSON with this key is a flow of ours; the clipboard has the same. */
const OURS = "schillinger";
const MAX_CLIP = 8 * 1024 * 1024;
const MAX_PASTED = 2000;
const PAD = 24;
const HEAD = 40;

/** What is copied of a document: the nodes, what lies in those that are groups, and the edges between them. */
export function cut(graph: Graph, chosen: ReadonlySet<string>): Graph {
  const all = new Set(chosen);
  for (const node of graph.nodes) if (node.parentId !== undefined && all.has(node.parentId)) all.add(node.id);
  const nodes = graph.nodes.filter((node) => all.has(node.id)).map((node) => {
    if (node.parentId === undefined || all.has(node.parentId)) return node;
    const { parentId: _, ...rest } = node;
    return { ...rest, position: placeOf(graph, node) };
  });
  return { nodes, edges: graph.edges.filter((edge) => all.has(edge.source) && all.has(edge.target)) };
}

export function writeClip(graph: Graph): string {
  return JSON.stringify({ nodes: graph.nodes, edges: graph.edges, [OURS]: { format: 1 } }, null, 1);
}

/** A copied piece, or a whole flow's file, of any text; null if it is none. */
export function readClip(text: string): Graph | null {
  if (text.length > MAX_CLIP || !text.includes('"nodes"')) return null;
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    return null;
  }
  const ours = isRecord(raw) ? raw[OURS] : null;
  if (!isRecord(ours) || ours["format"] !== 1) return null;
  const { document } = readDocument(raw);
  if (document.nodes.length === 0 || document.nodes.length > MAX_PASTED) return null;
  return { nodes: document.nodes, edges: document.edges };
}

/** Put a piece in under ids of its own. @returns the change, and the ids of the new nodes */
export function paste(document: FlowDocument, piece: Graph, by: Position, feeding: FlowEdge[] = []): { change: Change; ids: Set<string> } {
  const taken = idsOf(document.nodes);
  const names = new Map<string, string>();
  for (const node of piece.nodes) {
    // What copies of copies are called: `gain_node_3`, not `gain_node_2_2`.
    const stem = taken.has(node.id) ? node.id.replace(/_\d+$/, "") || node.id : node.id;
    const name = unused(stem, taken);
    taken.add(name);
    names.set(node.id, name);
  }
  const nodes = piece.nodes.map((node) => {
    const { parentId, ...rest } = node;
    const parent = parentId === undefined ? undefined : names.get(parentId);
    const position = parent === undefined ? rounded({ x: node.position.x + by.x, y: node.position.y + by.y }) : node.position;
    return { ...rest, id: names.get(node.id)!, position, ...(parent === undefined ? {} : { parentId: parent }) };
  });
  const takenEdges = idsOf(document.edges);
  const edges = [...piece.edges, ...feeding].map((edge) => {
    const source = names.get(edge.source) ?? edge.source;
    const target = names.get(edge.target)!;
    const id = unused(`${source}.${edge.sourceHandle}-${target}.${edge.targetHandle}`, takenEdges);
    takenEdges.add(id);
    return { ...edge, id, source, target };
  });
  const change: Change = (now) => ({ ...now, nodes: [...now.nodes, ...nodes], edges: [...now.edges, ...edges] });
  return { change, ids: new Set(nodes.map((node) => node.id)) };
}

/** Copies beside the originals, fed by what feeds those. */
export function duplicate(document: FlowDocument, chosen: ReadonlySet<string>): { change: Change; ids: Set<string> } {
  const piece = cut(document, chosen);
  const inside = idsOf(piece.nodes);
  const feeding = document.edges.filter((edge) => inside.has(edge.target) && !inside.has(edge.source));
  return paste(document, piece, { x: STEP, y: STEP }, feeding);
}

/** Put nodes into a new frame. Groups don't lie in groups. */
export function group(document: FlowDocument, chosen: ReadonlySet<string>, sizeOf: SizeOf): { change: Change; id: string } | null {
  const members = document.nodes.filter((node) => chosen.has(node.id) && node.type !== "group");
  if (members.length === 0) return null;
  const boxes = members.map((node) => ({ ...placeOf(document, node), ...sizeOf(node) }));
  const left = Math.min(...boxes.map((box) => box.x)) - PAD;
  const top = Math.min(...boxes.map((box) => box.y)) - HEAD;
  const id = unused("group", idsOf(document.nodes));
  const frame: FlowNode = {
    id,
    type: "group",
    position: rounded({ x: left, y: top }),
    data: { label: "" },
    width: Math.round(Math.max(...boxes.map((box) => box.x + box.width)) + PAD - left),
    height: Math.round(Math.max(...boxes.map((box) => box.y + box.height)) + PAD - top),
  };
  const inside = idsOf(members);
  const change: Change = (now) => ({
    ...now,
    nodes: [frame, ...now.nodes.map((node) => (inside.has(node.id) ? into(now, node, frame) : node))],
  });
  return { change, id };
}

export function ungroup(chosen: ReadonlySet<string>): Change {
  return (document) => {
    const frames = new Set(document.nodes.filter((node) => node.type === "group" && chosen.has(node.id)).map((node) => node.id));
    if (frames.size === 0) return document;
    const nodes = document.nodes.filter((node) => !frames.has(node.id)).map((node) => {
      if (node.parentId === undefined || !frames.has(node.parentId)) return node;
      const { parentId: _, ...rest } = node;
      return { ...rest, position: rounded(placeOf(document, node)) };
    });
    return { ...document, nodes };
  };
}

/** Nodes that were moved lie in the frame that they lie over now, or in none. */
export function settle(moved: ReadonlySet<string>, sizeOf: SizeOf): Change {
  return (document) => {
    const frames = document.nodes.filter((node) => node.type === "group" && !moved.has(node.id));
    const stay = new Set(document.nodes.filter((node) => node.type === "group" && moved.has(node.id)).map((node) => node.id));
    let result = document;
    for (const node of document.nodes) {
      if (!moved.has(node.id) || node.type === "group" || (node.parentId !== undefined && stay.has(node.parentId))) continue;
      const size = sizeOf(node);
      const place = placeOf(document, node);
      const middle = { x: place.x + size.width / 2, y: place.y + size.height / 2 };
      const frame = frames.find((one) => covers(document, one, middle));
      if (frame?.id === node.parentId) continue;
      result = replace(node.id, (here) => (frame ? into(document, here, frame) : outside(document, here)))(result);
    }
    return parentsFirst(result);
  };
}

function covers(document: Graph, frame: FlowNode, point: Position): boolean {
  const place = placeOf(document, frame);
  const { width = 0, height = 0 } = frame;
  return point.x >= place.x && point.y >= place.y && point.x <= place.x + width && point.y <= place.y + height;
}

function into(document: Graph, node: FlowNode, frame: FlowNode): FlowNode {
  const [place, origin] = [placeOf(document, node), placeOf(document, frame)];
  return { ...node, parentId: frame.id, position: rounded({ x: place.x - origin.x, y: place.y - origin.y }) };
}

function outside(document: Graph, node: FlowNode): FlowNode {
  const { parentId: _, ...rest } = node;
  return { ...rest, position: rounded(placeOf(document, node)) };
}

function parentsFirst(document: FlowDocument): FlowDocument {
  const at = new Map(document.nodes.map((node, index) => [node.id, index]));
  if (document.nodes.every((node, index) => node.parentId === undefined || (at.get(node.parentId) ?? -1) < index)) return document;
  const frames = document.nodes.filter((node) => node.type === "group");
  return { ...document, nodes: [...frames, ...document.nodes.filter((node) => node.type !== "group")] };
}

export type Edge = "left" | "centre" | "right" | "top" | "middle" | "bottom";

/** Align nodes with each other. Within different frames they are aligned as they are seen. */
export function align(document: FlowDocument, chosen: ReadonlySet<string>, edge: Edge, sizeOf: SizeOf): Map<string, Position> {
  const nodes = document.nodes.filter((node) => chosen.has(node.id));
  const boxes = nodes.map((node) => ({ node, ...placeOf(document, node), ...sizeOf(node) }));
  const places = new Map<string, Position>();
  if (boxes.length < 2) return places;
  const left = Math.min(...boxes.map((box) => box.x));
  const right = Math.max(...boxes.map((box) => box.x + box.width));
  const top = Math.min(...boxes.map((box) => box.y));
  const bottom = Math.max(...boxes.map((box) => box.y + box.height));
  for (const box of boxes) {
    const x = edge === "left" ? left : edge === "right" ? right - box.width : edge === "centre" ? (left + right - box.width) / 2 : box.x;
    const y = edge === "top" ? top : edge === "bottom" ? bottom - box.height : edge === "middle" ? (top + bottom - box.height) / 2 : box.y;
    places.set(box.node.id, { x: box.node.position.x + x - box.x, y: box.node.position.y + y - box.y });
  }
  return places;
}

/** Let nodes be passed by, or run again: all of them the same. */
export function bypass(document: FlowDocument, chosen: ReadonlySet<string>): Change {
  const nodes = document.nodes.filter((node) => chosen.has(node.id) && node.type === "plugin");
  const on = nodes.some((node) => node.data["bypassed"] !== true);
  return (now) => {
    if (nodes.length === 0) return now;
    return {
      ...now,
      nodes: now.nodes.map((node) => {
        if (!chosen.has(node.id) || node.type !== "plugin" || (node.data["bypassed"] === true) === on) return node;
        const { bypassed: _, ...data } = node.data;
        return { ...node, data: on ? { ...data, bypassed: true } : data };
      }),
    };
  };
}

/** What it is called where it must not be taken for another of the same name. */
export function spoken(node: FlowNode): string {
  const label = labelOf(node) || node.type;
  return node.type === "plugin" && node.id !== label ? `${label} (${node.id})` : label;
}

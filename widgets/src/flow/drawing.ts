// React Flow's nodes and edges of a document. What hasn't changed stays the same object.
import type { Edge, Node } from "@xyflow/react";

import { isBroken } from "./compatible.ts";
import { type FlowDocument, type FlowNode, labelOf } from "./document.ts";
import { brief } from "./hostile.ts";
import type { Store } from "./store.ts";

const COMMENT = { width: 200, height: 80 };
const GROUP = { width: 320, height: 200 };

export function drawnNodes(document: FlowDocument, before: readonly Node[], chosen?: ReadonlySet<string>): Node[] {
  const known = new Map(before.map((node) => [node.id, node]));
  const groups = new Set(document.nodes.filter((node) => node.type === "group").map((node) => node.id));
  const nodes = document.nodes.map((node) => {
    const old = known.get(node.id);
    const selected = chosen ? chosen.has(node.id) : (old?.selected ?? false);
    if (old && old.data["node"] === node) return old.selected === selected ? old : { ...old, selected };
    return drawn(node, old, selected, groups);
  });
  // React Flow wants a frame before what lies in it.
  const placed = nodes.some((node) => node.parentId !== undefined)
    ? [...nodes.filter((node) => node.type === "group"), ...nodes.filter((node) => node.type !== "group")]
    : nodes;
  return sameItems(before, placed);
}

/** The array of before, if there is nothing new in it. */
function sameItems<T>(before: readonly T[], now: T[]): T[] {
  return before.length === now.length && now.every((item, index) => item === before[index]) ? (before as T[]) : now;
}

function drawn(node: FlowNode, old: Node | undefined, selected: boolean, groups: ReadonlySet<string>): Node {
  const size = node.type === "group" ? GROUP : node.type === "comment" ? COMMENT : null;
  const inside = node.type !== "group" && node.parentId !== undefined && groups.has(node.parentId);
  return {
    ...(old?.measured ? { measured: old.measured } : {}),
    id: node.id,
    type: node.type,
    position: node.position,
    data: { node },
    selected,
    ariaLabel: `${node.type} ${brief(labelOf(node), 100)}`,
    ...(size ? { width: node.width ?? size.width, height: node.height ?? size.height } : {}),
    ...(inside ? { parentId: node.parentId! } : {}),
    ...(node.type === "group" ? { zIndex: -1 } : {}),
  };
}

export function drawnEdges(store: Store, before: readonly Edge[]): Edge[] {
  const { document } = store;
  const known = new Map(before.map((edge) => [edge.id, edge]));
  const nodes = new Map(document.nodes.map((node) => [node.id, node]));
  const edges = document.edges.flatMap((edge): Edge[] => {
    const source = nodes.get(edge.source);
    const target = nodes.get(edge.target);
    if (!source || !target) return [];
    const type = store.endsOf(source).outputs?.get(edge.sourceHandle) ?? "any";
    const broken = isBroken(edge, source, target, store.definitionOf);
    const problem = store.problemsOf(`edge:${edge.id}`)[0];
    const passed = source.data["bypassed"] === true;
    const old = known.get(edge.id);
    const data = old?.data;
    if (old && data && data["edge"] === edge && data["type"] === type && data["broken"] === broken && data["problem"] === problem && data["passed"] === passed) {
      return [old];
    }
    return [{
      id: edge.id,
      source: edge.source,
      sourceHandle: edge.sourceHandle,
      target: edge.target,
      targetHandle: edge.targetHandle,
      type: "typed",
      data: { edge, type, broken, problem, passed },
      selected: old?.selected ?? false,
      ariaLabel: `${brief(labelOf(source), 60)} ${brief(edge.sourceHandle, 60)} to ${brief(labelOf(target), 60)} ${brief(edge.targetHandle, 60)}`,
    }];
  });
  return sameItems(before, edges);
}

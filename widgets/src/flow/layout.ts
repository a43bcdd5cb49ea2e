// Auto layout: from left to right, each node behind those that feed it (dagre, after Gansner et al. 1993). What lies in a
// group stays there, and the group is laid out as one.
import dagre from "@dagrejs/dagre";

import { type FlowDocument, type FlowNode, type Graph, type Position, placeOf } from "./document.ts";
import type { SizeOf } from "./editing.ts";
import type { Store } from "./store.ts";

/** What a node's result will take below it, in a few figures. */
const RESULT_ROOM = 64;

/** What the node of a plugin may take that hasn't been drawn yet: a few parameters, and a curve among them. */
const TALL = 440;
const AIR = 24;

/** The sizes to lay out for: a node that hasn't been run yet will grow. */
export function withRoom(store: Store, sizeOf: SizeOf): SizeOf {
  return (node) => {
    const size = sizeOf(node);
    const grows = node.type === "plugin" && !store.standingOf(node.id).has_result;
    return grows ? { ...size, height: size.height + RESULT_ROOM } : size;
  };
}

/** Places by id. Only `chosen` nodes are moved, if any are given: about the middle of where they were. */
export function layout(document: FlowDocument, sizeOf: SizeOf, chosen: ReadonlySet<string> = new Set()): Map<string, Position> {
  const some = chosen.size > 1;
  const outer = document.nodes.filter((node) => node.parentId === undefined && (!some || chosen.has(node.id)));
  const graph = new dagre.graphlib.Graph({ multigraph: true });
  graph.setGraph({ rankdir: "LR", nodesep: 28, ranksep: 72, marginx: 0, marginy: 0 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const node of outer) if (node.type !== "comment") graph.setNode(node.id, { ...sizeOf(node) });
  const home = new Map(document.nodes.map((node) => [node.id, node.parentId ?? node.id]));
  for (const edge of document.edges) {
    const [source, target] = [home.get(edge.source), home.get(edge.target)];
    if (source !== undefined && target !== undefined && source !== target && graph.hasNode(source) && graph.hasNode(target)) {
      graph.setEdge(source, target, {}, edge.id);
    }
  }
  dagre.layout(graph);
  const places = new Map<string, Position>();
  const laid = outer.filter((node) => graph.hasNode(node.id));
  for (const node of laid) {
    const { x, y } = graph.node(node.id) as Position;
    const size = sizeOf(node);
    places.set(node.id, { x: x - size.width / 2, y: y - size.height / 2 });
  }
  // Comments keep their distance from the node that they were nearest to.
  for (const comment of outer.filter((node) => node.type === "comment")) {
    const nearest = laid
      .map((node) => ({ node, far: Math.hypot(node.position.x - comment.position.x, node.position.y - comment.position.y) }))
      .sort((a, b) => a.far - b.far)[0]?.node;
    const to = nearest ? places.get(nearest.id)! : comment.position;
    const from = nearest?.position ?? comment.position;
    places.set(comment.id, { x: comment.position.x + to.x - from.x, y: comment.position.y + to.y - from.y });
  }
  return some ? aboutWhere(document, places) : places;
}

function aboutWhere(document: FlowDocument, places: Map<string, Position>): Map<string, Position> {
  const before = document.nodes.filter((node) => places.has(node.id)).map((node) => placeOf(document, node));
  const after = [...places.values()];
  const dx = Math.min(...before.map((place) => place.x)) - Math.min(...after.map((place) => place.x));
  const dy = Math.min(...before.map((place) => place.y)) - Math.min(...after.map((place) => place.y));
  return new Map([...places].map(([id, place]) => [id, { x: place.x + dx, y: place.y + dy }]));
}

/** The size to keep free for a node that nobody has measured. */
export function roomFor(node: FlowNode, size: ReturnType<SizeOf>): ReturnType<SizeOf> {
  return node.type === "plugin" ? { ...size, height: TALL } : size;
}

/** A place for a node where nothing lies: its own, or the nearest straight below or to the right of it. */
export function free(graph: Graph, node: FlowNode, sizeOf: SizeOf): Position {
  const { position: wish } = node;
  const { width, height } = sizeOf(node);
  const boxes = graph.nodes.map((other) => {
    const { x, y } = placeOf(graph, other);
    const size = sizeOf(other);
    return { left: x - AIR, top: y - AIR, right: x + size.width + AIR, bottom: y + size.height + AIR };
  });
  const isFree = ({ x, y }: Position): boolean =>
    boxes.every((box) => x >= box.right || y >= box.bottom || x + width <= box.left || y + height <= box.top);
  const far = ({ x, y }: Position): number => x - wish.x + y - wish.y;
  const places = boxes
    .flatMap((box) => [{ x: wish.x, y: box.bottom }, { x: box.right, y: wish.y }])
    .filter((place) => far(place) > 0)
    .sort((a, b) => far(a) - far(b));
  return [wish, ...places].find(isFree) ?? wish; // below all of them there is always one
}

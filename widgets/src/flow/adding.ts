// What an offer of the palette becomes in the document.
import { type FlowDocument, type FlowNode, type Position, VALUE, addNode, chain, connect, fresh, unused, type Change } from "./document.ts";
import { feeds } from "./compatible.ts";
import type { Offer } from "./rank.ts";
import type { Store } from "./store.ts";
import type { SearchAsk } from "./view.ts";

/** @returns the change and the new node */
export function added(store: Store, offer: Offer, place: Position, from?: SearchAsk["from"]): { change: Change; node: FlowNode } {
  const node = made(store.document, offer, place, from);
  const edge = from ? edgeTo(store, node, from) : null;
  return { change: edge ? chain(addNode(node), connect(edge)) : addNode(node), node };
}

function made(document: FlowDocument, offer: Offer, place: Position, from: SearchAsk["from"]): FlowNode {
  if (offer.entry) {
    const { plugin, version } = offer.entry;
    return fresh(document, "plugin", { plugin, ...(version ? { version } : {}), parameters: {} }, place);
  }
  if (offer.kind === "comment") return { ...fresh(document, "comment", { text: "" }, place), width: 200, height: 80 };
  const type = offer.type === "any" && from?.side === "input" ? from.type : (offer.type ?? "any");
  const names = new Set(document.nodes.filter((node) => node.type === "input").map((node) => String(node.data["name"])));
  const wish = from?.side === "input" ? from.port : type === "any" ? "input" : type;
  return fresh(document, "input", { name: unused(wish, names), type }, place);
}

function edgeTo(store: Store, node: FlowNode, from: NonNullable<SearchAsk["from"]>): Parameters<typeof connect>[0] | null {
  const ends = store.endsOf(node);
  if (from.side === "output") {
    const port = first(ends.inputs, (type) => feeds(from.type, type), from.type);
    return port === null ? null : { source: from.node, sourceHandle: from.port, target: node.id, targetHandle: port };
  }
  const port = node.type === "input" ? VALUE : first(ends.outputs, (type) => feeds(type, from.type), from.type);
  return port === null ? null : { source: node.id, sourceHandle: port, target: from.node, targetHandle: from.port };
}

function first(ports: Map<string, string> | null, fits: (type: string) => boolean, wanted: string): string | null {
  const fitting = [...(ports ?? [])].filter(([, type]) => fits(type));
  return (fitting.find(([, type]) => type === wanted) ?? fitting[0])?.[0] ?? null;
}

/** Whether a new node of this offer could be connected with a port; yes, where its ports aren't known. */
export function couldFit(store: Store, offer: Offer, from: NonNullable<SearchAsk["from"]>): boolean {
  if (offer.kind === "comment") return false;
  if (offer.kind === "input") return from.side === "input" && (offer.type === "any" || feeds(offer.type!, from.type));
  const definition = store.definitionOf(offer.entry!.plugin);
  if (!definition) return true;
  return from.side === "output"
    ? definition.inputs.some((port) => feeds(from.type, port.type))
    : definition.outputs.some((port) => feeds(port.type, from.type));
}

// What comes from outside, made safe to draw: documents of a file or the clipboard, definitions of strangers' plugins.
import type { Definition, Parameter, ParameterType, Port, PortType } from "../node/definition.ts";
import { type FlowDocument, type FlowEdge, type FlowNode, INPUT_TYPES, type Kind, isRecord } from "./document.ts";

const KINDS = ["plugin", "input", "comment", "group"];
const PARAMETERS = ["number", "integer", "boolean", "string", "choice", "breakpoints", "channels", "file"];
/** As Python takes them. */
const MAX_NODES = 10_000;
const MAX_EDGES = 50_000;
const MAX_ID = 400;
/** Further out than anybody looks. */
const FAR = 1e7;

/** A document with what can be drawn of it; what can't is left out, and how much that is is told. */
export function readDocument(raw: unknown): { document: FlowDocument; dropped: number } {
  const data = isRecord(raw) ? raw : {};
  const nodes: FlowNode[] = [];
  const edges: FlowEdge[] = [];
  const seen = new Set<string>();
  const rawNodes = Array.isArray(data["nodes"]) ? data["nodes"].slice(0, MAX_NODES) : [];
  const rawEdges = Array.isArray(data["edges"]) ? data["edges"].slice(0, MAX_EDGES) : [];
  for (const item of rawNodes) {
    const node = readNode(item);
    if (!node || seen.has(node.id)) continue;
    seen.add(node.id);
    nodes.push(node);
  }
  const seenEdges = new Set<string>();
  for (const item of rawEdges) {
    const edge = readEdge(item);
    if (!edge || seenEdges.has(edge.id) || !seen.has(edge.source) || !seen.has(edge.target)) continue;
    seenEdges.add(edge.id);
    edges.push(edge);
  }
  const view = isRecord(data["viewport"]) ? data["viewport"] : {};
  const viewport = { x: place(view["x"]), y: place(view["y"]), zoom: Math.min(4, Math.max(0.05, finite(view["zoom"], 1))) };
  const given = length(data["nodes"]) + length(data["edges"]);
  return { document: { nodes, edges, viewport }, dropped: given - nodes.length - edges.length };
}

function readNode(raw: unknown): FlowNode | null {
  if (!isRecord(raw) || !isId(raw["id"]) || !KINDS.includes(String(raw["type"]))) return null;
  const at = isRecord(raw["position"]) ? raw["position"] : {};
  const { parentId, width, height, ...rest } = raw;
  const node: FlowNode = {
    ...rest,
    id: raw["id"],
    type: raw["type"] as Kind,
    position: { x: place(at["x"]), y: place(at["y"]) },
    data: isRecord(raw["data"]) ? raw["data"] : {},
  };
  if (isId(parentId)) node.parentId = parentId;
  if (typeof width === "number" && width > 0 && width < FAR) node.width = width;
  if (typeof height === "number" && height > 0 && height < FAR) node.height = height;
  return node;
}

function readEdge(raw: unknown): FlowEdge | null {
  if (!isRecord(raw) || !isId(raw["id"]) || !isId(raw["source"]) || !isId(raw["target"])) return null;
  const sourceHandle = isId(raw["sourceHandle"]) ? raw["sourceHandle"] : "value";
  const targetHandle = isId(raw["targetHandle"]) ? raw["targetHandle"] : "";
  return { ...raw, id: raw["id"], source: raw["source"], sourceHandle, target: raw["target"], targetHandle };
}

function isId(value: unknown): value is string {
  // biome-ignore lint: these are the characters that can't be shown
  return typeof value === "string" && value.length > 0 && value.length <= MAX_ID && !/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/.test(value);
}

function place(value: unknown): number {
  return Math.min(FAR, Math.max(-FAR, finite(value, 0)));
}

function finite(value: unknown, otherwise: number): number {
  return typeof value === "number" && Number.isFinite(value) ? value : otherwise;
}

function length(value: unknown): number {
  return Array.isArray(value) ? value.length : 0;
}

const known = new WeakMap<object, Definition>();

/** A definition that can be drawn, whatever it says; null if there is none. */
export function readDefinition(raw: unknown): Definition | null {
  if (!isRecord(raw)) return null;
  const before = known.get(raw);
  if (before) return before;
  const definition: Definition = {
    type: text(raw["type"]),
    label: text(raw["label"]) || text(raw["type"]),
    description: text(raw["description"]),
    inputs: named(raw["inputs"]).map(readPort),
    outputs: named(raw["outputs"]).map(readPort),
    parameters: named(raw["parameters"]).map(readParameter),
    ui: raw["ui"],
  };
  known.set(raw, definition);
  return definition;
}

function named(value: unknown): Record<string, unknown>[] {
  const seen = new Set<unknown>();
  return (Array.isArray(value) ? value : []).filter((item): item is Record<string, unknown> => {
    if (!isRecord(item) || typeof item["name"] !== "string" || seen.has(item["name"])) return false;
    seen.add(item["name"]);
    return true;
  });
}

function readPort(raw: Record<string, unknown>): Port {
  return {
    name: text(raw["name"]),
    label: text(raw["label"]) || text(raw["name"]),
    type: (INPUT_TYPES.includes(String(raw["type"])) ? raw["type"] : "any") as PortType,
    unit: text(raw["unit"]),
    tooltip: text(raw["tooltip"]),
    required: raw["required"] !== false,
  };
}

function readParameter(raw: Record<string, unknown>): Parameter {
  const number = (value: unknown): number | null => (typeof value === "number" && Number.isFinite(value) ? value : null);
  const min = number(raw["min"]);
  const max = number(raw["max"]);
  const log = raw["scale"] === "log" && min !== null && min > 0;
  return {
    name: text(raw["name"]),
    label: text(raw["label"]) || text(raw["name"]),
    type: (PARAMETERS.includes(String(raw["type"])) ? raw["type"] : "string") as ParameterType,
    default: raw["default"],
    min,
    max,
    step: (number(raw["step"]) ?? 0) > 0 ? number(raw["step"]) : null,
    unit: text(raw["unit"]),
    options: (Array.isArray(raw["options"]) ? raw["options"] : []).map(text),
    automatable: raw["automatable"] === true,
    tooltip: text(raw["tooltip"]),
    scale: log ? "log" : "linear",
    accept: (Array.isArray(raw["accept"]) ? raw["accept"] : []).map(text),
    max_bytes: number(raw["max_bytes"]),
  };
}

/** Text, whatever it was. Long ones are clipped by the style and stay whole in the tooltip. */
function text(value: unknown): string {
  return typeof value === "string" ? value.slice(0, 20_000) : value === undefined || value === null ? "" : String(value);
}

/** For a tooltip: browsers lay out even what they don't show. */
export function brief(value: string, most = 2000): string {
  return value.length > most ? `${value.slice(0, most)}…` : value;
}

// Which output may feed which input, and why not: the same table as `schillinger_plugins/flow/feeding.py`.
import type { Definition } from "../node/definition.ts";
import { type FlowEdge, type FlowNode, type Graph, VALUE, labelOf, nodeOf, pluginOf } from "./document.ts";

const TAKES: Record<string, readonly string[]> = {
  array: ["list"],
  number: ["integer"],
  list: ["events"],
  object: ["figure"],
  midi: ["bytes"],
  events: ["list"],
  figure: ["object"],
  bytes: ["midi"],
};

const WHY: Record<string, readonly [string, string]> = {
  "number>integer": ["a number may have a fraction", "round it in a plugin of your own first"],
  "audio>array": ["audio has a sample rate, an array hasn't", "take an output of the type array"],
  "array>audio": ["an array has no sample rate", "take an output of the type audio"],
  "list>audio": ["a list has no sample rate", "take an output of the type audio"],
  "array>list": ["an array is no list", "turn it into one with .tolist() in a plugin of your own"],
  "string>audio": ["it would have the host open the file of that name", "name the file in an input of the type audio"],
  "boolean>number": ["true and false are no numbers", "take an output of the type number"],
  "boolean>integer": ["true and false are no numbers", "take an output of the type integer"],
};

export function feeds(output: string, input: string): boolean {
  return output === input || output === "any" || input === "any" || (TAKES[input] ?? []).includes(output);
}

/** Why an output doesn't feed an input, and what would. */
export function refusal(output: string, input: string): readonly [why: string, remedy: string] {
  const known = WHY[`${output}>${input}`];
  if (known) return known;
  const takers = [input, ...[...(TAKES[input] ?? [])].sort(), "any"];
  return [`${article(output)} is no ${input}`, `connect an output of the type ${takers.join(" or ")}`];
}

function article(word: string): string {
  return `${/^[aeiou]/.test(word) ? "an" : "a"} ${word}`;
}

/** The ports of a node, their types by name; null where any name is taken or nothing is known. */
export interface Ends {
  inputs: Map<string, string> | null;
  outputs: Map<string, string> | null;
}

export type DefinitionOf = (plugin: string) => Definition | null;

const UNKNOWN: Ends = { inputs: null, outputs: null };
const NONE: Ends = { inputs: new Map(), outputs: new Map() };

export function endsOf(node: FlowNode, definitionOf: DefinitionOf): Ends {
  if (node.type === "input") return { inputs: new Map(), outputs: new Map([[VALUE, String(node.data["type"] ?? "any")]]) };
  if (node.type !== "plugin") return NONE;
  const definition = definitionOf(pluginOf(node));
  return definition ? endsIn(definition) : UNKNOWN;
}

const known = new WeakMap<Definition, Ends>();

function endsIn(definition: Definition): Ends {
  const before = known.get(definition);
  if (before) return before;
  const open = definition.inputs.length === 0 && definition.parameters.length === 0;
  const ends = {
    inputs: open ? null : new Map(definition.inputs.map((port) => [port.name, port.type])),
    outputs: definition.outputs.length > 0 ? new Map(definition.outputs.map((port) => [port.name, port.type])) : null,
  };
  known.set(definition, ends);
  return ends;
}

export type Ask = Omit<FlowEdge, "id">;

/** Why an edge may not be drawn, in a sentence with what would do; null if it may. */
export function refuse(graph: Graph, ask: Ask, definitionOf: DefinitionOf): string | null {
  const source = nodeOf(graph, ask.source);
  const target = nodeOf(graph, ask.target);
  if (!source || !target) return "one of the nodes is gone";
  const outputs = endsOf(source, definitionOf).outputs;
  const inputs = endsOf(target, definitionOf).inputs;
  const output = outputs === null ? "any" : outputs.get(ask.sourceHandle);
  const input = inputs === null ? "any" : inputs.get(ask.targetHandle);
  if (output === undefined) return `${clip(labelOf(source))} has no output ${clip(ask.sourceHandle)}`;
  if (input === undefined) return `${clip(labelOf(target))} has no input ${clip(ask.targetHandle)}`;
  if (!feeds(output, input)) return refusal(output, input).join(" → ");
  if (ask.source === ask.target || reaches(graph, ask.target, ask.source)) {
    return "that closes a circle → no node can wait for what it gives itself";
  }
  return null;
}

/** Whether there is a way along the edges. */
export function reaches(graph: Graph, start: string, end: string): boolean {
  const after = new Map<string, string[]>();
  for (const edge of graph.edges) after.set(edge.source, [...(after.get(edge.source) ?? []), edge.target]);
  const seen = new Set([start]);
  const rest = [start];
  while (rest.length > 0) {
    const here = rest.pop()!;
    if (here === end) return true;
    for (const there of after.get(here) ?? []) {
      if (!seen.has(there)) {
        seen.add(there);
        rest.push(there);
      }
    }
  }
  return false;
}

/** Whether an edge leads from or to a port that isn't there, or between types that don't fit. */
export function isBroken(edge: FlowEdge, source: FlowNode, target: FlowNode, definitionOf: DefinitionOf): boolean {
  const outputs = endsOf(source, definitionOf).outputs;
  const inputs = endsOf(target, definitionOf).inputs;
  const output = outputs === null ? "any" : outputs.get(edge.sourceHandle);
  const input = inputs === null ? "any" : inputs.get(edge.targetHandle);
  return output === undefined || input === undefined || !feeds(output, input);
}

export interface Fit {
  node: FlowNode;
  port: string;
  type: string;
}

/** The ports that may be connected with this one, those of the same type first. */
export function fitting(graph: Graph, of: { node: string; port: string; side: "input" | "output" }, definitionOf: DefinitionOf): Fit[] {
  const fits: Fit[] = [];
  const own = nodeOf(graph, of.node);
  const side = of.side === "input" ? "inputs" : "outputs";
  const ends = own ? endsOf(own, definitionOf)[side] : NONE[side];
  const mine = ends === null ? "any" : ends.get(of.port);
  if (mine === undefined) return [];
  for (const node of graph.nodes) {
    const theirs = endsOf(node, definitionOf)[of.side === "input" ? "outputs" : "inputs"];
    if (!theirs || theirs.size === 0) continue;
    const circle = of.side === "input" ? reaches(graph, of.node, node.id) : reaches(graph, node.id, of.node);
    if (circle) continue;
    for (const [port, type] of theirs) {
      if (of.side === "input" ? feeds(type, mine) : feeds(mine, type)) fits.push({ node, port, type });
    }
  }
  return fits.sort((a, b) => Number(b.type === mine) - Number(a.type === mine));
}

/** Nodes in an order in which each comes after those that feed it, else in their own; those on a circle come last. */
export function ordered(graph: Graph): FlowNode[] {
  const nodes = graph.nodes.filter((node) => node.type === "plugin" || node.type === "input");
  const missing = new Map(nodes.map((node) => [node.id, new Set<string>()]));
  const after = new Map<string, Set<string>>();
  for (const { source, target } of graph.edges) {
    if (!missing.has(source) || !missing.has(target) || source === target) continue;
    missing.get(target)!.add(source);
    if (!after.has(source)) after.set(source, new Set());
    after.get(source)!.add(target);
  }
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const ready = nodes.filter((node) => missing.get(node.id)!.size === 0).reverse();
  const result: FlowNode[] = [];
  while (ready.length > 0) {
    const node = ready.pop()!;
    result.push(node);
    for (const later of after.get(node.id) ?? []) {
      const needs = missing.get(later)!;
      needs.delete(node.id);
      if (needs.size === 0) ready.push(byId.get(later)!);
    }
  }
  const done = new Set(result);
  return [...result, ...nodes.filter((node) => !done.has(node))];
}

function clip(word: string): string {
  return word.length > 40 ? `${word.slice(0, 39)}…` : word;
}

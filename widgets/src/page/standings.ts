// How it stands with each node, of what a run tells; and whether its result is of what the node is now.
import type { Standing } from "../contract/flow.ts";
import { type Graph, VALUE, isRecord, parametersOf } from "../flow/document.ts";
import type { Definition } from "../node/definition.ts";
import { textOf } from "./shown.ts";

export type Outputs = Record<string, unknown>;

const STATES: readonly string[] = ["queued", "running", "done", "cached", "failed", "blocked", "cancelled"] satisfies Standing["state"][];
const ENDED: readonly string[] = ["done", "cached", "failed", "blocked", "cancelled"];
const MAX_FIGURES = 4;

/** What each node's result depends on: its plugin and parameters, and those of all that leads to it. */
export function signatures(document: Graph): Record<string, string> {
  const found = new Map<string, string>();
  const of = (id: string, path: ReadonlySet<string>): string => {
    const known = found.get(id);
    if (known !== undefined) return known;
    const node = document.nodes.find((one) => one.id === id);
    if (!node || path.has(id)) return "";
    const deeper = new Set([...path, id]);
    const from = document.edges
      .filter((edge) => edge.target === id)
      .map((edge) => [edge.targetHandle, edge.sourceHandle || VALUE, of(edge.source, deeper)])
      .sort();
    const { plugin, version, bypassed, value, name } = node.data;
    const own = digest(JSON.stringify([node.type, plugin, version, bypassed === true, value, name, sorted(parametersOf(node)), from]));
    found.set(id, own);
    return own;
  };
  return Object.fromEntries(document.nodes.map((node) => [node.id, of(node.id, new Set())]));
}

/** 64 bits of a text: whole, that of a node would be twice as long as that of the one before it. Two are compared, and nobody gains by making them alike. */
function digest(text: string): string {
  let one = 0x811c9dc5;
  let other = 0x9747b28c;
  for (let at = 0; at < text.length; at += 1) {
    one = Math.imul(one ^ text.charCodeAt(at), 0x01000193);
    other = Math.imul(other ^ text.charCodeAt(at), 0x5bd1e995);
    other ^= other >>> 13;
  }
  return [one, other].map((half) => (half >>> 0).toString(16).padStart(8, "0")).join("");
}

function sorted(record: Record<string, unknown>): [string, unknown][] {
  return Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));
}

/**
 * @param nodes as a run has them
 * @param outputs of the nodes that gave something
 * @param then what the nodes were when the run began, `now` what they are
 */
export function standingsOf(
  nodes: unknown,
  outputs: Record<string, Outputs>,
  then: Record<string, string>,
  now: Record<string, string>,
  definitionOf: (node: string) => Definition | null,
): Record<string, Standing> {
  const told: Record<string, Standing> = {};
  for (const [id, at] of Object.entries(isRecord(nodes) ? nodes : {})) {
    if (!isRecord(at) || !STATES.includes(String(at["state"]))) continue;
    const state = at["state"] as Standing["state"];
    const own = Object.hasOwn(outputs, id) ? outputs[id] : undefined;
    told[id] = {
      state,
      progress: typeof at["progress"] === "number" ? at["progress"] : 0,
      message: typeof at["message"] === "string" ? at["message"] : "",
      wall_s: typeof at["wall_s"] === "number" ? at["wall_s"] : null,
      stale: ENDED.includes(state) && then[id] !== now[id],
      error: isRecord(at["problem"]) ? failureOf(at["problem"]) : {},
      summary: own ? figures(own, definitionOf(id)) : [],
      has_result: own !== undefined,
    };
  }
  return told;
}

function failureOf(problem: Record<string, unknown>): Record<string, string> {
  const names = { title: "type", detail: "message", remedy: "remedy", path: "path", traceback: "traceback" };
  return Object.fromEntries(
    Object.entries(names).flatMap(([key, name]) => (typeof problem[key] === "string" ? [[name, problem[key]]] : [])),
  );
}

/** The first plain outputs, for the face of the node. */
function figures(outputs: Outputs, definition: Definition | null): Standing["summary"] {
  return Object.entries(outputs)
    .filter(([, value]) => ["number", "string", "boolean"].includes(typeof value))
    .slice(0, MAX_FIGURES)
    .map(([name, value]) => {
      const port = definition?.outputs.find((one) => one.name === name);
      return { label: port?.label ?? name, text: textOf(value).slice(0, 60), unit: port?.unit ?? "" };
    });
}

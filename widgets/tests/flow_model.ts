// A model of a flow's widget as Python would keep it: what a page writes is taken, merged and sent back when `answer` is called.
import type { Model } from "../src/flow/store.ts";

type Callback = (...given: never[]) => void;

export interface FakeModel {
  model: Model;
  /** What the page has written of the document. */
  written: Record<string, unknown>[];
  sent: Record<string, unknown>[];
  put: (name: string, value: unknown) => void;
  say: (event: string, ...given: unknown[]) => void;
  /** Python's answer to the last write, or another document in its place. */
  answer: (other?: Record<string, unknown>) => void;
}

export function fakeModel(traits: Record<string, unknown> = {}): FakeModel {
  const state: Record<string, unknown> = { name: "study", layout: {}, document: doc([]), palette: [], definitions: {}, problems: [], standings: {}, ...traits };
  const callbacks = new Map<string, Set<Callback>>();
  const written: Record<string, unknown>[] = [];
  const sent: Record<string, unknown>[] = [];
  let revision = 1;
  const say = (event: string, ...given: unknown[]): void => {
    for (const callback of [...(callbacks.get(event) ?? [])]) (callback as (...all: unknown[]) => void)(...given);
  };
  const put = (name: string, value: unknown): void => {
    state[name] = value;
    say(`change:${name}`);
  };
  const model = {
    get: (name: string) => state[name],
    set: put,
    save_changes: () => void written.push(state["document"] as Record<string, unknown>),
    send: (message: Record<string, unknown>) => void sent.push(message),
    on: (name: string, callback: Callback) => void (callbacks.get(name) ?? callbacks.set(name, new Set()).get(name)!).add(callback),
    off: (name: string, callback: Callback) => void callbacks.get(name)?.delete(callback),
    widget_manager: { kernel: {} },
  } as unknown as Model;
  const answer = (other: Record<string, unknown> = {}): void => {
    const last = written.at(-1)!;
    revision += 1;
    put("document", { ...last, page: "", write: 0, revision, heard: { [String(last["page"])]: last["write"] }, ...other });
  };
  return { model, written, sent, put, say, answer };
}

export function doc(nodes: unknown[], edges: unknown[] = [], revision = 1): Record<string, unknown> {
  return { nodes, edges, viewport: { x: 0, y: 0, zoom: 1 }, revision, page: "", write: 0, heard: {} };
}

export function plugin(id: string, x = 0, y = 0, data: Record<string, unknown> = {}) {
  return { id, type: "plugin" as const, position: { x, y }, data: { plugin: "gain_node", parameters: {}, ...data } };
}

export function edge(source: string, target: string, sourceHandle = "audio", targetHandle = "audio") {
  return { id: `${source}-${target}`, source, sourceHandle, target, targetHandle };
}

const port = (name: string, type: string) => ({ name, label: name, type, unit: "", tooltip: "", required: true });

export const DEFINITIONS: Record<string, Record<string, unknown>> = {
  gain_node: {
    type: "gain_node", label: "Gain", description: "", ui: null,
    inputs: [port("audio", "audio")],
    outputs: [port("audio", "audio"), port("peak", "number")],
    parameters: [{ name: "gain_db", label: "Gain", type: "number", default: 0, min: -96, max: 24, unit: "dB" }],
  },
};
